#ifndef CPACKETWALK_H
#define CPACKETWALK_H
#include <stddef.h>
#include <stdint.h>

/// Where the layers of an Ethernet frame lie, and what they are.
struct c_layers {
    uint32_t network, transport, end;
    uint16_t ether_type;
    uint8_t tags, protocol, fragment, broken;
};

/// Walks the layers of a frame, every access checked against its length.
struct c_layers c_walk(const uint8_t *bytes, size_t count);

/// Verifies the checksums of the frame that was walked: bit 0 the IPv4 header's, bit 1 the transport's.
int c_verify(const uint8_t *bytes, size_t count, struct c_layers layers);

/// Calls of malloc, calloc, realloc and posix_memalign by this process so far.
uint64_t c_allocation_count(void);

#endif
