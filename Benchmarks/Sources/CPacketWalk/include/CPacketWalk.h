#ifndef CPACKETWALK_H
#define CPACKETWALK_H
#include <stddef.h>
#include <stdint.h>

/// The offsets and types of an Ethernet frame's layers.
struct c_layers {
    uint32_t network, transport, end;
    uint16_t ether_type;
    uint8_t tags, protocol, fragment, broken;
};

/// Parses the layers of a frame; every access is checked against its length.
struct c_layers c_walk(const uint8_t *bytes, size_t count);

/// Verifies the checksums of the parsed frame: bit 0 is the IPv4 header's, bit 1 the transport's.
int c_verify(const uint8_t *bytes, size_t count, struct c_layers layers);

/// The number of calls of malloc, calloc, realloc and posix_memalign by this process.
uint64_t c_allocation_count(void);

#endif
