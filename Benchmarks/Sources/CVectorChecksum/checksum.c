#include "CVectorChecksum.h"
#include <string.h>

typedef uint32_t words __attribute__((vector_size(32)));
typedef uint64_t lanes __attribute__((vector_size(64)));

uint16_t c_vector_checksum(const void *bytes, size_t count) {
    const uint8_t *base = bytes;
    size_t offset = 0;
    lanes even = {0}, odd = {0};
    for (; offset + 64 <= count; offset += 64) {
        words first, second;
        memcpy(&first, base + offset, sizeof first);
        memcpy(&second, base + offset + 32, sizeof second);
        even += __builtin_convertvector(first, lanes);
        odd += __builtin_convertvector(second, lanes);
    }
    lanes all = even + odd;
    uint64_t sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += (all[lane] & 0xffffffff) + (all[lane] >> 32);
    for (; offset + 4 <= count; offset += 4) {
        uint32_t word;
        memcpy(&word, base + offset, sizeof word);
        sum += word;
    }
    for (; offset + 2 <= count; offset += 2) {
        uint16_t word;
        memcpy(&word, base + offset, sizeof word);
        sum += word;
    }
    if (offset < count) sum += base[offset];
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}
