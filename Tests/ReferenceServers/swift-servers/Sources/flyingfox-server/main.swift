import FlyingFox
import Foundation

// FlyingFox in several configurations.
let mode = ProcessInfo.processInfo.environment["MODE"] ?? "hello"
let banner = ProcessInfo.processInfo.environment["BANNER"]
let port = UInt16(CommandLine.arguments[1]) ?? 8080

@Sendable func response(
    _ status: HTTPStatusCode, _ type: String, _ text: String, _ more: [HTTPHeader: String] = [:]
) -> HTTPResponse {
    var headers = more
    headers[.contentType] = type
    if let banner { headers[HTTPHeader("Server")] = banner }
    return HTTPResponse(statusCode: status, headers: headers, body: Data(text.utf8))
}

@Sendable func everything(_ request: HTTPRequest) -> HTTPResponse {
    let isRoot = request.path == "/"
    switch mode {
    case "redirect": return response(.found, "text/plain", "", [.location: "/elsewhere"])
    case "moved":
        return response(.movedPermanently, "text/html", "<p>moved</p>", [.location: "https://www.example/"])
    case "login": return response(.unauthorized, "text/plain", "log in", [HTTPHeader("WWW-Authenticate"): "Basic"])
    case "always": return response(.ok, "text/html", "<html><body>hello</body></html>")
    case "json":
        return response(isRoot ? .ok : .notFound, "application/json", isRoot ? #"{"ok":true}"# : #"{"error":true}"#)
    default: return response(.notFound, "text/html", "<h1>Oh no</h1>")
    }
}

let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port))
switch mode {
case "hello", "errors":
    await server.appendRoute("GET /") { _ in
        response(.ok, "text/html; charset=utf-8", "<html><body>hello</body></html>")
    }
    if mode == "errors" { await server.appendRoute("*") { everything($0) } }
default: await server.appendRoute("*") { everything($0) }
}
try await server.run()
