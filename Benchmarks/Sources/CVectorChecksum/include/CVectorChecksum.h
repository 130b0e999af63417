#ifndef CVECTORCHECKSUM_H
#define CVECTORCHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// The Internet checksum of a buffer in host byte order: 32-bit words summed into 64-bit lanes.
uint16_t c_vector_checksum(const void *bytes, size_t count);

#endif
