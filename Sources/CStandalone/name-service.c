// The C library's name service functions load modules of the system on which the program runs into the
// process. A static executable has another C library than those modules and would crash, so the shipped binary
// replaces the functions with these definitions, which report that nothing was found. Names are
// resolved by LinuxNet's Resolver.
//
// Documentation/Portability.md lists the callers. This is linked into the executable only, never into a
// library product.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stddef.h>

int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *list) {}

int getnameinfo(
    const struct sockaddr *address, socklen_t length, char *node, socklen_t node_length, char *service,
    socklen_t service_length, int flags) {
    return EAI_FAIL;
}

struct hostent *gethostbyname(const char *name) {
    h_errno = NO_RECOVERY;
    return NULL;
}

int gethostbyname_r(
    const char *name, struct hostent *entry, char *buffer, size_t length, struct hostent **result, int *error) {
    *result = NULL;
    *error = NO_RECOVERY;
    return ENOENT;
}

int gethostbyname2_r(
    const char *name, int family, struct hostent *entry, char *buffer, size_t length, struct hostent **result,
    int *error) {
    *result = NULL;
    *error = NO_RECOVERY;
    return ENOENT;
}

int gethostbyaddr_r(
    const void *address, socklen_t address_length, int family, struct hostent *entry, char *buffer, size_t length,
    struct hostent **result, int *error) {
    *result = NULL;
    *error = NO_RECOVERY;
    return ENOENT;
}

struct servent *getservbyname(const char *name, const char *protocol) { return NULL; }

int getservbyname_r(
    const char *name, const char *protocol, struct servent *entry, char *buffer, size_t length,
    struct servent **result) {
    *result = NULL;
    return ENOENT;
}

int getservbyport_r(
    int port, const char *protocol, struct servent *entry, char *buffer, size_t length, struct servent **result) {
    *result = NULL;
    return ENOENT;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t length, struct passwd **result) {
    *result = NULL;
    return ENOENT;
}

int getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t length, struct passwd **result) {
    *result = NULL;
    return ENOENT;
}

int getgrnam_r(const char *name, struct group *entry, char *buffer, size_t length, struct group **result) {
    *result = NULL;
    return ENOENT;
}

int getgrgid_r(gid_t group, struct group *entry, char *buffer, size_t length, struct group **result) {
    *result = NULL;
    return ENOENT;
}
