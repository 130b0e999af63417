/* libmicrohttpd; MODE chooses the behavior. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *mode;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
    static int seen;
    if (!*state) {
        *state = &seen;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    unsigned status = 200;
    const char *type = "text/html", *field = NULL, *value = NULL, *body = "<html><body>hello</body></html>";
    int root = !strcmp(path, "/");
    if (!strcmp(mode, "redirect")) status = 302, field = "Location", value = "/elsewhere", body = "";
    else if (!strcmp(mode, "moved")) status = 301, field = "Location", value = "https://www.example/", body = "<p>moved</p>";
    else if (!strcmp(mode, "login")) status = 401, field = "WWW-Authenticate", value = "Basic", body = "log in";
    else if (!strcmp(mode, "json")) type = "application/json", status = root ? 200 : 404, body = root ? "{}" : "{\"error\":1}";
    else if (!strcmp(mode, "demo")) {
        /* As its manual's examples answer: other methods end the connection, and there is no type. */
        if (strcmp(method, "GET")) return MHD_NO;
        type = NULL;
    } else if (strcmp(mode, "always") && !root) status = 404, body = !strcmp(mode, "errors") ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>";
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);
    if (type) MHD_add_response_header(response, "Content-Type", type);
    if (field) MHD_add_response_header(response, field, value);
    if (getenv("BANNER")) MHD_add_response_header(response, "Server", getenv("BANNER"));
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

int main(int count, char **words) {
    mode = getenv("MODE") ? getenv("MODE") : "hello";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int strict = getenv("STRICT") ? atoi(getenv("STRICT")) : 0;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_STRICT_FOR_CLIENT, strict, MHD_OPTION_END);
    if (!daemon) return 1;
    for (;;) pause();
}
