// Measures the kernel's cost: sends SYNs to 198.18.0.0/16 by one method and does nothing else.
//
//     syn-send INTERFACE sendmmsg|xdp COUNT     prints seconds and packets per second
//     syn-send INTERFACE hold SECONDS           keeps the interface's AF_XDP queue in use
#define _GNU_SOURCE
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { batch = 64, length = 54, chunk = 2048, chunks = 1024 };

static unsigned sum(const unsigned char *bytes, int count, unsigned sum) {
    for (int i = 0; i < count; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
    return sum;
}
static unsigned fold(unsigned sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}
static void fill(unsigned char *p, unsigned host) {
    unsigned sequence = host * 2654435761u;
    p[31] = 18, p[32] = host >> 8, p[33] = host;
    p[38] = sequence >> 24, p[39] = sequence >> 16, p[40] = sequence >> 8, p[41] = sequence;
    p[24] = p[25] = p[50] = p[51] = 0;
    unsigned check = fold(sum(p + 14, 20, 0));
    p[24] = check >> 8, p[25] = check;
    check = fold(sum(p + 34, 20, sum(p + 26, 8, 6 + 20)));
    p[50] = check >> 8, p[51] = check;
}
static const unsigned char template[length] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 18, 0, 0,
    0xf0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0};

static void by_sendmmsg(unsigned interface, long count) {
    int s = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = interface};
    if (bind(s, (void *)&address, sizeof address)) perror("bind"), exit(1);
    static unsigned char frames[batch][length];
    static struct mmsghdr headers[batch];
    static struct iovec pieces[batch];
    for (int i = 0; i < batch; i++) {
        memcpy(frames[i], template, length);
        pieces[i] = (struct iovec){frames[i], length};
        headers[i].msg_hdr.msg_iov = pieces + i, headers[i].msg_hdr.msg_iovlen = 1;
    }
    for (long next = 0; next < count; next += batch) {
        for (int i = 0; i < batch; i++) fill(frames[i], next + i);
        for (int sent = 0; sent < batch;) {
            int result = sendmmsg(s, headers + sent, batch - sent, 0);
            if (result > 0) sent += result;
        }
    }
}

static int xdp(unsigned interface, unsigned char **memory, struct xdp_mmap_offsets *offsets) {
    int s = socket(AF_XDP, SOCK_RAW, 0);
    *memory = mmap(0, chunk * chunks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct xdp_umem_reg region = {.addr = (unsigned long)*memory, .len = chunk * chunks, .chunk_size = chunk};
    int size = chunks, fillers = 64;
    socklen_t room = sizeof *offsets;
    struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = interface};
    if (setsockopt(s, SOL_XDP, XDP_UMEM_REG, &region, sizeof region)
        || setsockopt(s, SOL_XDP, XDP_UMEM_FILL_RING, &fillers, sizeof fillers)
        || setsockopt(s, SOL_XDP, XDP_UMEM_COMPLETION_RING, &size, sizeof size)
        || setsockopt(s, SOL_XDP, XDP_TX_RING, &size, sizeof size)
        || getsockopt(s, SOL_XDP, XDP_MMAP_OFFSETS, offsets, &room))
        perror("AF_XDP"), exit(1);
    // A closed socket releases the queue with a delay.
    for (int tries = 0; bind(s, (void *)&address, sizeof address); tries++) {
        if (tries == 300) perror("AF_XDP bind"), exit(1);
        usleep(10000);
    }
    return s;
}

static void by_xdp(unsigned interface, long count) {
    unsigned char *memory;
    struct xdp_mmap_offsets offsets;
    int s = xdp(interface, &memory, &offsets);
    char *tx = mmap(0, offsets.tx.desc + chunks * sizeof(struct xdp_desc), PROT_READ | PROT_WRITE, MAP_SHARED, s,
                    XDP_PGOFF_TX_RING);
    char *done = mmap(0, offsets.cr.desc + chunks * 8, PROT_READ | PROT_WRITE, MAP_SHARED, s,
                      XDP_UMEM_PGOFF_COMPLETION_RING);
    unsigned *producer = (void *)(tx + offsets.tx.producer), *consumer = (void *)(tx + offsets.tx.consumer);
    unsigned *finished = (void *)(done + offsets.cr.producer), *taken = (void *)(done + offsets.cr.consumer);
    struct xdp_desc *descriptors = (void *)(tx + offsets.tx.desc);
    for (int i = 0; i < chunks; i++) memcpy(memory + i * chunk, template, length);
    unsigned put = 0;
    for (long next = 0; next < count; next += batch) {
        // Chunks are used in turn: the chunk used 1,024 frames ago must have been sent.
        while (put + batch - __atomic_load_n(finished, __ATOMIC_ACQUIRE) > chunks) sendto(s, 0, 0, MSG_DONTWAIT, 0, 0);
        __atomic_store_n(taken, __atomic_load_n(finished, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
        for (int i = 0; i < batch; i++, put++) {
            unsigned slot = put % chunks;
            fill(memory + slot * chunk, next + i);
            descriptors[slot] = (struct xdp_desc){slot * chunk, length, 0};
        }
        __atomic_store_n(producer, put, __ATOMIC_RELEASE);
        while (__atomic_load_n(consumer, __ATOMIC_ACQUIRE) != put) sendto(s, 0, 0, MSG_DONTWAIT, 0, 0);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    unsigned interface = if_nametoindex(argv[1]);
    if (!strcmp(argv[2], "hold")) {
        unsigned char *memory;
        struct xdp_mmap_offsets offsets;
        xdp(interface, &memory, &offsets);
        puts("held"), fflush(stdout);
        return sleep(atoi(argv[3]));
    }
    long count = atol(argv[3]);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (!strcmp(argv[2], "xdp")) by_xdp(interface, count);
    else by_sendmmsg(interface, count);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
    printf("%.4f %.0f\n", seconds, count / seconds);
}
