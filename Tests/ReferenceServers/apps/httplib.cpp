// cpp-httplib; MODE chooses the behavior.
#include <cstdlib>
#include <httplib.h>
#include <string>

int main(int, char **words) {
    std::string mode = getenv("MODE") ? getenv("MODE") : "hello";
    httplib::Server server;
    if (getenv("BANNER")) server.set_default_headers({{"Server", getenv("BANNER")}});
    auto page = [mode](const httplib::Request &request, httplib::Response &response) {
        if (mode == "redirect") return response.set_redirect("/elsewhere");
        if (mode == "moved") return response.set_redirect("https://www.example/", 301);
        if (mode == "login") {
            response.status = 401;
            response.set_header("WWW-Authenticate", "Basic");
            return response.set_content("log in", "text/plain");
        }
        response.set_content(mode == "json" ? "{\"ok\":true}" : "<html><body>hello</body></html>", mode == "json" ? "application/json" : "text/html");
    };
    bool everything = mode == "redirect" || mode == "moved" || mode == "login" || mode == "always";
    if (everything) server.Get(".*", page).Post(".*", page).Delete(".*", page);
    else server.Get("/", page);
    if (mode == "errors" || mode == "json")
        server.set_error_handler([mode](const httplib::Request &, httplib::Response &response) {
            response.set_content(mode == "json" ? "{\"error\":1}" : "<h1>Oh no</h1>", mode == "json" ? "application/json" : "text/html");
        });
    return !server.listen("127.0.0.1", atoi(words[1]));
}
