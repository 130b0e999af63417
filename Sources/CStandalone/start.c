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

// Before the Swift runtime starts. It asks /proc for the command line, and for the path of the executable, without
// which it aborts; where /proc is not mounted SWIFT_ROOT takes the place of that path.
static void prepare(int count, char **values, char **environment) {
    char path;
    (void)environment;
    argument_count = count;
    arguments = values;
    if (readlink("/proc/self/exe", &path, 1) < 0) setenv("SWIFT_ROOT", "/", 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const preparation)(int, char **, char **) = prepare;
