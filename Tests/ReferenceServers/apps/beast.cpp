// Boost.Beast, as its examples of servers answer; MODE chooses the behavior.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <cstdlib>
#include <string>
#include <thread>

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

static std::string mode;

static http::response<http::string_body> answer(http::request<http::string_body> const &request) {
    std::string path(request.target());
    http::response<http::string_body> response{http::status::ok, request.version()};
    response.set(http::field::server, getenv("BANNER") ? getenv("BANNER") : BOOST_BEAST_VERSION_STRING);
    response.set(http::field::content_type, "text/html");
    response.keep_alive(request.keep_alive());
    auto error = [&](http::status status, std::string body) { response.result(status), response.body() = body; };
    response.body() = "<html><body>hello</body></html>";
    if (mode == "redirect") error(http::status::found, ""), response.set(http::field::location, "/elsewhere");
    else if (mode == "moved") error(http::status::moved_permanently, "moved"), response.set(http::field::location, "https://www.example/");
    else if (mode == "login") error(http::status::unauthorized, "log in"), response.set(http::field::www_authenticate, "Basic");
    else if (mode == "json") {
        if (path != "/") error(http::status::not_found, "{\"error\":1}");
        else response.body() = "{}";
        response.set(http::field::content_type, "application/json");
    } else if (mode != "always") {
        if (request.method() != http::verb::get && request.method() != http::verb::head) error(http::status::bad_request, "Unknown HTTP-method");
        else if (path.empty() || path[0] != '/' || path.find("..") != std::string::npos) error(http::status::bad_request, "Illegal request-target");
        else if (path != "/") error(http::status::not_found, mode == "errors" ? "<h1>Oh no</h1>" : "The resource '" + path + "' was not found.");
    }
    response.prepare_payload();
    if (request.method() == http::verb::head) response.body().clear();
    return response;
}

static void serve(tcp::socket socket) {
    beast::error_code error;
    beast::flat_buffer buffer;
    for (;;) {
        http::request<http::string_body> request;
        http::read(socket, buffer, request, error);
        if (error) break;
        auto response = answer(request);
        http::response_serializer<http::string_body> serializer{response};
        if (request.method() == http::verb::head) http::write_header(socket, serializer, error);
        else http::write(socket, serializer, error);
        if (error || response.need_eof()) break;
    }
    socket.shutdown(tcp::socket::shutdown_send, error);
}

int main(int, char **words) {
    mode = getenv("MODE") ? getenv("MODE") : "hello";
    boost::asio::io_context context{1};
    tcp::acceptor acceptor{context, {boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(atoi(words[1]))}};
    for (;;) {
        tcp::socket socket{context};
        acceptor.accept(socket);
        std::thread(serve, std::move(socket)).detach();
    }
}
