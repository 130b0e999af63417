#include "CPacketWalk.h"
#include <string.h>

static inline uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

struct c_layers c_walk(const uint8_t *bytes, size_t count) {
    struct c_layers layers = {0};
    layers.end = (uint32_t)count;
    if (count < 14) { layers.broken = 1; return layers; }
    size_t offset = 14;
    uint16_t type = be16(bytes + 12);
    while ((type == 0x8100 || type == 0x88a8) && layers.tags < 8) {
        if (count < offset + 4) { layers.broken = 1; return layers; }
        type = be16(bytes + offset + 2);
        offset += 4;
        layers.tags++;
    }
    layers.ether_type = type;
    layers.network = (uint32_t)offset;
    if (type == 0x0806) {
        if (count < offset + 8) { layers.broken = 1; return layers; }
        size_t length = 8 + 2 * ((size_t)bytes[offset + 4] + bytes[offset + 5]);
        if (count < offset + length) { layers.broken = 1; return layers; }
        layers.end = (uint32_t)(offset + length);
        return layers;
    }
    if (type == 0x0800) {
        if (count < offset + 20) { layers.broken = 1; return layers; }
        size_t header = (size_t)(bytes[offset] & 15) * 4;
        if (bytes[offset] >> 4 != 4 || header < 20 || count < offset + header) { layers.broken = 1; return layers; }
        size_t total = be16(bytes + offset + 2);
        size_t stop = total == 0 ? count : offset + (total > header ? total : header);
        layers.end = (uint32_t)(stop < count ? stop : count);
        uint16_t fragment = be16(bytes + offset + 6) & 0x3fff;
        layers.fragment = fragment != 0;
        layers.protocol = bytes[offset + 9];
        layers.transport = (uint32_t)(offset + header);
        if (fragment & 0x1fff) return layers;
    } else if (type == 0x86dd) {
        if (count < offset + 40 || bytes[offset] >> 4 != 6) { layers.broken = 1; return layers; }
        size_t stop = offset + 40 + be16(bytes + offset + 4);
        layers.end = (uint32_t)(stop < count ? stop : count);
        layers.protocol = bytes[offset + 6];
        layers.transport = (uint32_t)(offset + 40);
    } else {
        return layers;
    }
    size_t available = layers.end - layers.transport;
    switch (layers.protocol) {
    case 6: {
        if (available < 20) { layers.broken = 1; break; }
        size_t header = (size_t)(bytes[layers.transport + 12] >> 4) * 4;
        if (header < 20 || header > available) layers.broken = 1;
        break;
    }
    case 17: case 1: case 58: case 2:
        if (available < 8) layers.broken = 1;
        break;
    }
    return layers;
}

static uint64_t sum(const uint8_t *bytes, size_t count) {
    uint64_t total = 0;
    size_t offset = 0;
    for (; offset + 8 <= count; offset += 8) {
        uint64_t word;
        memcpy(&word, bytes + offset, 8);
        total += (word & 0xffffffff) + (word >> 32);
    }
    if (offset + 4 <= count) {
        uint32_t word;
        memcpy(&word, bytes + offset, 4);
        total += word;
        offset += 4;
    }
    if (offset + 2 <= count) {
        uint16_t word;
        memcpy(&word, bytes + offset, 2);
        total += word;
        offset += 2;
    }
    if (offset < count) total += bytes[offset];
    return total;
}

static uint16_t fold(uint64_t total) {
    total = (total & 0xffffffff) + (total >> 32);
    total = (total & 0xffff) + (total >> 16 & 0xffff) + (total >> 32);
    total = (total & 0xffff) + (total >> 16);
    return (uint16_t)((total & 0xffff) + (total >> 16));
}

int c_verify(const uint8_t *bytes, size_t count, struct c_layers layers) {
    int state = 0;
    if (layers.broken || layers.protocol == 0 || layers.end > count) return 3;
    size_t length = layers.end - layers.transport;
    uint64_t total = 0;
    if (layers.ether_type == 0x0800) {
        if (fold(sum(bytes + layers.network, layers.transport - layers.network)) == 0xffff) state |= 1;
        if (layers.protocol == 6 || layers.protocol == 17)
            total = sum(bytes + layers.network + 12, 8) + ((uint64_t)layers.protocol << 8)
                + (uint64_t)__builtin_bswap16((uint16_t)length);
    } else {
        state |= 1;
        total = sum(bytes + layers.network + 8, 32) + ((uint64_t)layers.protocol << 8)
            + (uint64_t)__builtin_bswap16((uint16_t)length);
    }
    if (fold(total + sum(bytes + layers.transport, length)) == 0xffff) state |= 2;
    return state;
}
