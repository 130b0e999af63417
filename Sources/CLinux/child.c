#include "CLinux.h"

#include <linux/capability.h>
#include <sys/syscall.h>

// Between fork and exec only async-signal-safe functions may run, which requires C.
pid_t clinux_spawn_unprivileged(const char *path, char *const arguments[], int output) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    sigset_t no_signals;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) return child;
    // The child ends with its parent, even if that is killed; the parent may have ended already.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent) _exit(126);
    // No capabilities; with no_new_privs exec grants none either, not even to root.
    if (geteuid() != getuid() && setuid(getuid()) != 0) _exit(126);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &header, none) != 0) _exit(126);
    int null = open("/dev/null", O_RDWR);
    if (dup2(output, STDOUT_FILENO) < 0) _exit(126);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDERR_FILENO);
    }
    sigemptyset(&no_signals);
    sigprocmask(SIG_SETMASK, &no_signals, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    execv(path, arguments);
    _exit(127);
}
