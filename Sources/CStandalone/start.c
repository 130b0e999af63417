#include "CStandalone.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

int cstandalone_argument_count(void) { return argument_count; }
const char *cstandalone_argument(int index) {
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

// Runs before the Swift runtime, which reads the command line and the path of the executable from /proc and
// aborts without that path; if /proc is not mounted, SWIFT_ROOT replaces it.
static void prepare(int count, char **values, char **environment) {
    char path;
    (void)environment;
    argument_count = count;
    arguments = values;
    if (readlink("/proc/self/exe", &path, 1) < 0) setenv("SWIFT_ROOT", "/", 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const preparation)(int, char **, char **) = prepare;
