import Foundation
import Hummingbird

// Hummingbird, which uses SwiftNIO's HTTP, in several configurations.
let mode = ProcessInfo.processInfo.environment["MODE"] ?? "hello"
let banner = ProcessInfo.processInfo.environment["BANNER"]
let port = Int(CommandLine.arguments[1]) ?? 8080

func response(
    _ status: HTTPResponse.Status, _ type: String, _ text: String, _ more: HTTPFields = [:]
) -> Response {
    var fields = more
    fields[.contentType] = type
    if let banner { fields[.server] = banner }
    return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(string: text)))
}

struct Everything: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let isRoot = request.uri.path == "/"
        switch mode {
        case "redirect": return response(.found, "text/plain", "", [.location: "/elsewhere"])
        case "moved":
            return response(.movedPermanently, "text/html", "<p>moved</p>", [.location: "https://www.example/"])
        case "login": return response(.unauthorized, "text/plain", "log in", [.wwwAuthenticate: "Basic"])
        case "always": return response(.ok, "text/html", "<html><body>hello</body></html>")
        case "json":
            return response(isRoot ? .ok : .notFound, "application/json", isRoot ? #"{"ok":true}"# : #"{"error":true}"#)
        case "errors" where !isRoot: return response(.notFound, "text/html", "<h1>Oh no</h1>")
        default: return try await next(request, context)
        }
    }
}

let router = Router()
router.middlewares.add(Everything())
router.get("/") { _, _ in response(.ok, "text/html; charset=utf-8", "<html><body>hello</body></html>") }
let application = Application(
    router: router,
    configuration: .init(
        address: .hostname("127.0.0.1", port: port),
        serverName: ProcessInfo.processInfo.environment["NAME"]))
try await application.runService()
