/* The HTTP server of libevent; MODE chooses the behavior. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

static const char *mode;

static void answer(struct evhttp_request *request, void *context) {
    const char *path = evhttp_request_get_uri(request), *body = "<html><body>hello</body></html>", *reason = "OK";
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    int status = 200, root = !strcmp(path, "/");
    const char *type = "text/html";
    if (!strcmp(mode, "hello") && !root) {
        evhttp_send_error(request, HTTP_NOTFOUND, NULL);
        return;
    }
    if (!strcmp(mode, "redirect")) status = 302, reason = "Found", body = "", evhttp_add_header(headers, "Location", "/elsewhere");
    else if (!strcmp(mode, "moved"))
        status = 301, reason = "Moved Permanently", body = "moved", evhttp_add_header(headers, "Location", "https://www.example/");
    else if (!strcmp(mode, "login"))
        status = 401, reason = "Unauthorized", body = "log in", evhttp_add_header(headers, "WWW-Authenticate", "Basic");
    else if (!strcmp(mode, "json")) {
        type = "application/json";
        body = root ? "{\"ok\":true}" : "{\"error\":1}";
        if (!root) status = 404, reason = "Not Found";
    } else if (!strcmp(mode, "errors") && !root) status = 404, reason = "Not Found", body = "<h1>Oh no</h1>";
    evhttp_add_header(headers, "Content-Type", type);
    if (getenv("BANNER")) evhttp_add_header(headers, "Server", getenv("BANNER"));
    struct evbuffer *buffer = evbuffer_new();
    evbuffer_add(buffer, body, strlen(body));
    evhttp_send_reply(request, status, reason, buffer);
    evbuffer_free(buffer);
}

int main(int count, char **words) {
    mode = getenv("MODE") ? getenv("MODE") : "hello";
    struct event_base *base = event_base_new();
    struct evhttp *server = evhttp_new(base);

    if (getenv("LIMITS")) evhttp_set_max_headers_size(server, 4096);
    evhttp_set_gencb(server, answer, NULL);
    if (evhttp_bind_socket(server, "127.0.0.1", atoi(words[1]))) return 1;
    return event_base_dispatch(base);
}
