#ifndef CVECTORCHECKSUM_H
#define CVECTORCHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// The Internet checksum in host order of a buffer: 32-bit words summed into 64-bit lanes.
uint16_t c_vector_checksum(const void *bytes, size_t count);

#endif
