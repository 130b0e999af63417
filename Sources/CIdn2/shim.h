// libidn2's own names, and functions where it has macros.
#ifndef CIDN2_SHIM_H
#define CIDN2_SHIM_H

#include <idn2.h>

static const int cidn2_flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;

#endif
