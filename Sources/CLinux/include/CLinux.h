// Declarations missing in the Swift overlay of the C library: packet and error-queue
// structures, netlink, socket filters, control messages. Declarations and
// inline wrappers of macros; what must run in a signal handler is in terminal.c and
// threads.c, and what must run between fork and exec in child.c.
#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

// Swift's own view of the C library, which the Synchronization module brings
// along, names the member of fd_set as programs without _GNU_SOURCE see it.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <stdio.h>
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

static inline struct cmsghdr *clinux_cmsg_first(const struct msghdr *message) { return CMSG_FIRSTHDR(message); }
static inline struct cmsghdr *clinux_cmsg_next(struct msghdr *message, struct cmsghdr *header) {
    return CMSG_NXTHDR(message, header);
}
static inline const void *clinux_cmsg_data(const struct cmsghdr *header) { return CMSG_DATA(header); }
static inline size_t clinux_cmsg_len(size_t length) { return CMSG_LEN(length); }

static inline int clinux_errno(void) { return errno; }
static inline void clinux_set_errno(int number) { errno = number; }
static inline int clinux_prctl(int option, unsigned long argument) { return prctl(option, argument, 0, 0, 0); }
static inline int clinux_ioctl(int descriptor, unsigned long request, void *argument) {
    return ioctl(descriptor, request, argument);
}
static inline int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

// Loads and stores of the words that a ring shares with the kernel, in the required memory order.
static inline unsigned int clinux_load_acquire(const unsigned int *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void clinux_store_release(unsigned int *word, unsigned int value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static const long clinux_XDP_PGOFF_TX_RING = XDP_PGOFF_TX_RING;
static const long clinux_XDP_UMEM_PGOFF_COMPLETION_RING = (long)XDP_UMEM_PGOFF_COMPLETION_RING;

// fcntl has a variable number of arguments.
static inline int clinux_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

// glibc declares these with transparent unions, which Swift cannot pass.
static inline int clinux_bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    return bind(descriptor, address, length);
}
static inline int clinux_connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    return connect(descriptor, address, length);
}
static inline int clinux_getsockname(int descriptor, struct sockaddr *address, socklen_t *length) {
    return getsockname(descriptor, address, length);
}
static inline ssize_t clinux_sendto(
    int descriptor, const void *bytes, size_t count, int flags, const void *address, socklen_t length) {
    return sendto(descriptor, bytes, count, flags, (const struct sockaddr *)address, length);
}
static inline ssize_t clinux_recvfrom(
    int descriptor, void *bytes, size_t count, int flags, struct sockaddr *address, socklen_t *length) {
    return recvfrom(descriptor, bytes, count, flags, address, length);
}
// The terminal of the standard streams: the alternate screen, without echo and
// line buffering; `leave`, and a fatal signal, restore it.
int clinux_terminal_is_foreground(void);
int clinux_terminal_enter(int is_full_screen);
void clinux_terminal_leave(void);

// Raises the soft limit of open descriptors to the hard one. Returns the limit.
unsigned long clinux_raise_descriptor_limit(void);
static inline void clinux_ignore_signal(int number) { signal(number, SIG_IGN); }

// Starts a program without capabilities, its standard output on `output` and its other standard streams
// on /dev/null. Returns the child's process identifier, or -1 with errno; the child exits with 126 or 127
// if the program cannot be started.
pid_t clinux_spawn_unprivileged(const char *path, char *const arguments[], int output);

// Empties the capability sets of the calling thread and sets no_new_privs. Returns 0, or -1 with errno.
int clinux_drop_thread_privileges(void);

// The same for other threads of the process: between `begin` and `end`, which one thread at a time may call, `request`
// makes a thread drop its privileges when it next runs. Each returns 0, or -1 with errno.
int clinux_thread_drop_begin(void);
int clinux_thread_drop_request(pid_t thread);
void clinux_thread_drop_end(void);

// Ends the process with the default action of the signal.
static inline void clinux_raise_by_default(int number) {
    sigset_t set;
    clinux_terminal_leave();
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static const int clinux_MSG_ERRQUEUE = MSG_ERRQUEUE;
static const int clinux_MSG_DONTWAIT = MSG_DONTWAIT;
static const int clinux_MSG_TRUNC = MSG_TRUNC;
static const unsigned int clinux_TIMESTAMPING =
    SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
static const unsigned short clinux_NLM_F_DUMP = NLM_F_DUMP;

#endif
