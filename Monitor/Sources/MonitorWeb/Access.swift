import HTTPTypes
import Hummingbird

/// Who may read the page.
public struct Access: Sendable {
    /// What a reader must know; nil if everybody may read.
    public var token: String?
    /// The names of this server that browsers may use, beside addresses and `localhost`; not needed with a token.
    public var hosts: Set<String> = []

    public init(token: String? = nil, hosts: Set<String> = []) {
        self.token = token
        self.hosts = hosts
    }

    static let cookieName = "swift-net-monitor"

    /// Compares in a time that does not depend on the place of the first difference.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    func isAllowed(_ request: Request) -> Bool {
        guard let token else { return true }
        if let field = request.headers[.authorization] {
            let parts = field.split(separator: " ", maxSplits: 1)
            return parts.count == 2 && parts[0].lowercased() == "bearer" && Self.isEqual(String(parts[1]), token)
        }
        let cookies = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
        return cookies.contains { cookie in
            let parts = cookie.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed == Self.cookieName else { return false }
            return Self.isEqual(String(parts[1]), token)
        }
    }

    /// Whether a page of another site, whose name leads to this server, cannot have sent a request (DNS rebinding).
    func isKnown(host authority: String?) -> Bool {
        guard token == nil else { return true }
        guard let authority, let host = Self.host(of: authority) else { return false }
        if host == "localhost" || host.hasSuffix(".localhost") || hosts.contains(host) { return true }
        // Unlike a name, an address cannot be pointed at this server by another site.
        return host.hasPrefix("[") || host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Returns the host of an authority, without the port.
    private static func host(of authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            return String(authority[...end])
        }
        guard let host = authority.split(separator: ":", omittingEmptySubsequences: false).first, !host.isEmpty
        else { return nil }
        return host.lowercased()
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}

/// Refuses requests for other hosts, and those without the token.
struct AccessMiddleware<Context: RequestContext>: RouterMiddleware {
    let access: Access

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard access.isKnown(host: request.head.authority) else {
            return .text("This server does not know the host name of the request (see --host).\n", .misdirectedRequest)
        }
        let path = request.uri.path
        let isOpen = path == "/login" || path == "/healthz" || path == "/assets/style.css" || path == "/assets/icon.svg"
        if isOpen || access.isAllowed(request) { return try await next(request, context) }
        let wantsPage = request.headers[.accept]?.contains("text/html") ?? false
        guard wantsPage, request.method == .get else {
            var response = Response.text("A token is needed (Authorization: Bearer TOKEN).\n", .unauthorized)
            response.headers[.wwwAuthenticate] = "Bearer"
            return response
        }
        return .redirect(to: "/login")
    }
}

/// Gives every response the fields that keep browsers safe.
struct SafetyMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = .text("\(error.status)\n", error.status)
        }
        for (name, value) in Self.fields {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private static var fields: [(String, String)] {
        [
            ("Content-Security-Policy", Self.policy), ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ]
    }

    private static var policy: String {
        """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """
    }
}

extension Response {
    static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }
}
