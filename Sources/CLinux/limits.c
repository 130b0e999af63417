#include "CLinux.h"

// Not in the header: with _GNU_SOURCE its types differ from those of Swift's own module of the C library.
#include <sys/resource.h>

unsigned long clinux_raise_descriptor_limit(void) {
    struct rlimit limit, raised;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (limit.rlim_cur < limit.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    return limit.rlim_cur;
}
