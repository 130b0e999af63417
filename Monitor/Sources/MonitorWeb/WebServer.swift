import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import MonitorCore
import MonitorStore
import NIOCore
import SwiftNet

/// The page, the interface for programs, and the metrics, all read only.
public struct WebServer: Sendable {
    /// Where it listens.
    public enum Address: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case local(path: String)
    }

    public let recorder: Recorder
    public let access: Access
    public let retention: Retention
    public let version: String
    /// The time of the system's clock.
    public let clock: @Sendable () -> WallTime

    public init(
        recorder: Recorder, access: Access, retention: Retention, version: String,
        clock: @escaping @Sendable () -> WallTime
    ) {
        self.recorder = recorder
        self.access = access
        self.retention = retention
        self.version = version
        self.clock = clock
    }

    /// Serves until the task is canceled.
    /// - Parameter onRunning: called when the port is open, with its number; nil for a Unix socket.
    public func run(at address: Address, onRunning: @escaping @Sendable (Int?) async -> Void) async throws {
        let bind: BindAddress =
            switch address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .local(let path): .unixDomainSocket(path: path)
            }
        var logger = Logger(label: "swift-net-monitor")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [], idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: bind, serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port) }, logger: logger)
        try await application.run()
    }

    private static let mostConnections = 200

    var router: Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: SafetyMiddleware())
        router.add(middleware: AccessMiddleware(access: access))
        for path in ["/", "/events", "/target/{id}"] {
            router.get(RouterPath(path)) { _, _ in Self.asset(Assets.page, "text/html; charset=utf-8") }
        }
        router.get("/assets/style.css") { _, _ in Self.asset(Assets.style, "text/css; charset=utf-8") }
        router.get("/assets/icon.svg") { _, _ in Self.asset(Assets.icon, "image/svg+xml") }
        router.get("/assets/app.js") { _, _ in Self.asset(Assets.script, "text/javascript; charset=utf-8") }
        router.get("/healthz") { _, _ in health() }
        router.get("/metrics") { _, _ in
            let metrics = Metrics(
                recorder.snapshot, now: clock(), version: version, store: recorder.storeStatus)
            return Self.response(metrics.bytes, "text/plain; version=0.0.4; charset=utf-8")
        }
        addInterface(to: router)
        addLogin(to: router)
        return router
    }

    // MARK: The page

    private static func asset(_ bytes: ByteBuffer, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: bytes))
    }

    static func response(_ bytes: [UInt8], _ type: String) -> Response {
        Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func response(_ json: JSON) -> Response { response(json.bytes, "application/json") }

    /// Whether probes are recorded and history is kept.
    private func health() -> Response {
        switch recorder.storeStatus {
        case .failing(let message): .text("store: \(message)\n", .serviceUnavailable)
        case .ok, .none: .text("ok\n")
        }
    }

    // MARK: Login

    private func addLogin(to router: Router<BasicRequestContext>) {
        router.get("/login") { _, _ in Self.asset(Assets.login, "text/html; charset=utf-8") }
        router.post("/login") { request, _ in
            // Another site must not log a browser in.
            if let origin = request.headers[.origin], let host = request.head.authority {
                guard origin == "http://" + host || origin == "https://" + host else {
                    return Response.text("The form is not of this server.\n", .forbidden)
                }
            }
            let body = try await request.body.collect(upTo: 4_096)
            let token = Query(String(buffer: body))["token"] ?? ""
            guard let wanted = access.token, Access.isEqual(token, wanted) else {
                return .redirect(to: "/login?wrong=1")
            }
            var response = Response.redirect(to: "/")
            response.headers[.setCookie] =
                "\(Access.cookieName)=\(wanted); Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
            return response
        }
    }
}
