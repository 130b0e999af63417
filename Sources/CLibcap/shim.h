// The same view of the C library's types as CLinux has.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

// Swift's own view of the C library, which the Synchronization module brings
// along, names the member of fd_set as programs without _GNU_SOURCE see it.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#include <sys/capability.h>
