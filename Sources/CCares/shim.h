// c-ares's own names (ares_getaddrinfo(3), ares_process_fd(3)).
#ifndef CCARES_SHIM_H
#define CCARES_SHIM_H

#include <ares.h>

#endif
