#include "CLinux.h"

#include <linux/capability.h>
#include <sys/syscall.h>

// Capabilities and no_new_privs belong to a thread, and only the thread itself can drop them. The C library has the
// same task in setuid(2) and solves it with a signal of its own (SIGSETXID, nptl(7)), which no thread can block by
// sigprocmask(3). Between `clinux_thread_drop_begin` and `end`, that signal with our mark makes a thread drop its
// privileges; without the mark it goes to the C library's handler.
enum { SETXID_SIGNAL = 33, SIGNAL_SET_LENGTH = 8 };

// The kernel's struct sigaction. Flags, mask and restorer remain those of the C library.
struct disposition {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long rest[7];
};

static struct disposition original;
static const char mark;

int clinux_drop_thread_privileges(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, none) != 0) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void handle(int number, siginfo_t *information, void *context) {
    if (information->si_code == SI_QUEUE && information->si_value.sival_ptr == &mark) {
        int saved = errno;
        // Whether it succeeded is read from /proc.
        clinux_drop_thread_privileges();
        errno = saved;
    } else {
        original.handler(number, information, context);
    }
}

int clinux_thread_drop_begin(void) {
    if (syscall(SYS_rt_sigaction, SETXID_SIGNAL, NULL, &original, SIGNAL_SET_LENGTH) != 0) return -1;
    // The C library installs its handler with the first thread that it creates.
    if (original.handler == (void *)SIG_DFL || original.handler == (void *)SIG_IGN) {
        errno = ENOSYS;
        return -1;
    }
    struct disposition diverted = original;
    diverted.handler = handle;
    return syscall(SYS_rt_sigaction, SETXID_SIGNAL, &diverted, NULL, SIGNAL_SET_LENGTH);
}

int clinux_thread_drop_request(pid_t thread) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    information.si_signo = SETXID_SIGNAL;
    information.si_code = SI_QUEUE;
    information.si_pid = getpid();
    information.si_uid = getuid();
    information.si_value.sival_ptr = (void *)&mark;
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, SETXID_SIGNAL, &information);
}

// A request that arrives later is ignored by the C library's handler, which requires SI_TKILL.
void clinux_thread_drop_end(void) {
    syscall(SYS_rt_sigaction, SETXID_SIGNAL, &original, NULL, SIGNAL_SET_LENGTH);
}
