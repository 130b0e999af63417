// The HTTP server of POCO; MODE chooses the behavior.
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <cstdlib>
#include <unistd.h>

using namespace Poco::Net;
static std::string mode;

struct Handler : HTTPRequestHandler {
    void handleRequest(HTTPServerRequest &request, HTTPServerResponse &response) override {
        if (getenv("BANNER")) response.set("Server", getenv("BANNER"));
        bool root = request.getURI() == "/";
        std::string type = "text/html", body = "<html><body>hello</body></html>";
        if (mode == "redirect") return response.redirect("/elsewhere");
        if (mode == "unauthorized") {
            response.requireAuthentication("private");
            response.send();
            return;
        }
        auto status = [&](HTTPResponse::HTTPStatus number) { response.setStatusAndReason(number); };
        if (mode == "moved") status(HTTPResponse::HTTP_MOVED_PERMANENTLY), response.set("Location", "https://www.example/"), body = "moved";
        else if (mode == "login") status(HTTPResponse::HTTP_UNAUTHORIZED), response.set("WWW-Authenticate", "Basic"), body = "log in";
        else if (mode == "json") {
            type = "application/json", body = root ? "{}" : "{\"error\":1}";
            if (!root) status(HTTPResponse::HTTP_NOT_FOUND);
        } else if (mode != "always" && mode != "chunked" && !root)
            status(HTTPResponse::HTTP_NOT_FOUND), body = mode == "errors" ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>";
        response.setContentType(type);
        if (mode == "chunked") {
            response.setChunkedTransferEncoding(true);
            response.send() << body;
        } else response.sendBuffer(body.data(), body.size());
    }
};

struct Factory : HTTPRequestHandlerFactory {
    HTTPRequestHandler *createRequestHandler(const HTTPServerRequest &request) override {
        // Without a handler, the library answers itself.
        return mode == "none" ? nullptr : new Handler;
    }
};

int main(int, char **words) {
    mode = getenv("MODE") ? getenv("MODE") : "hello";
    Poco::AutoPtr<HTTPServerParams> params = new HTTPServerParams;
    if (getenv("SOFTWARE")) params->setSoftwareVersion(getenv("SOFTWARE"));
    HTTPServer server(new Factory, ServerSocket(SocketAddress("127.0.0.1", std::stoi(words[1]))), params);
    server.start();
    for (;;) pause();
}
