import SwiftNet

/// The members that responses and failures have in common.
private struct HTTPProbeTargetRow: Encodable {
    var url: String
    /// The original URL, if redirects led to another one.
    var askedUrl: String?
    /// The address, or the path of a Unix domain socket; null if there was no connection.
    @Null var addr: String?
    @Null var port: UInt16?
    private var proxy: ProxyRow?
    var seq: Int?
    /// The request with the other scheme, if the URL has none.
    var schemeTried: SchemeTry?
    var redirects: [Redirect]?

    struct SchemeTry: Encodable {
        var url: String
        @Null var kind: String?
        var message: String

        init(_ tried: HTTPSchemeTry) {
            url = "\(tried.url)"
            kind = tried.isTLSPort ? "tls_port" : tried.outcome.failure?.kind
            message = tried.reason
        }
    }

    struct Redirect: Encodable {
        var url: String
        var status: Int
        var location: String
        var dropped: [String]
    }

    init(_ answer: HTTPProbeResponse) {
        url = "\(answer.url)"
        if answer.url != answer.asked { askedUrl = "\(answer.asked)" }
        switch answer.outcome.endpoint {
        case .tcp(let address, _, let port): (addr, self.port) = ("\(address)", port)
        case .local(let path): addr = path
        case nil: port = answer.url.port
        }
        proxy = answer.outcome.fetch.origin.proxy.map { ProxyRow($0, answer.outcome) }
        if answer.sequence > 0 { seq = answer.sequence }
        schemeTried = answer.schemeTried.map(SchemeTry.init)
        guard !answer.redirects.isEmpty else { return }
        redirects = answer.redirects.map {
            Redirect(url: "\($0.url)", status: $0.status, location: $0.location, dropped: $0.dropped)
        }
    }
}

/// A response, complete or not.
struct HTTPProbeResponseRow: JSONRow {
    @Inlined private var target: HTTPProbeTargetRow
    @Null var httpVersion: String?
    @Null var status: Int?
    @Null var reason: String?
    var title: String?
    /// Pairs of name and value.
    var headers: [[String]]
    var trailers: [[String]]?
    var bodyBytes: Int
    var bodySha256: String
    var contentCoding: String?
    var decodedBytes: Int?
    var decodedSha256: String?
    var complete: Bool
    var retries: Int?
    private var attempts: [ConnectAttemptRow]
    private var timings: TimingsRow
    @Null private var tls: TLSRow?
    private var tcp: HandshakeRow?
    private var altSvc: [AlternativeServiceRow]?
    private var httpsRecord: HTTPSRecordRow?
    @Inlined private var findings: FindingsRow
    @Null private var cache: CacheRow?
    private var cookies: [CookieRow]
    private var security: OrderedMembers<Null<String>>?
    var problems: [String]

    init(_ answer: HTTPProbeResponse, _ handshake: HandshakeFacts?) {
        let outcome = answer.outcome
        target = HTTPProbeTargetRow(answer)
        if case .status(let line)? = outcome.head?.start {
            httpVersion = line.version.number
            status = line.code
            reason = String(decoding: line.reason, as: UTF8.self)
        }
        title = answer.title
        headers = outcome.head?.fields.map { [$0.name, $0.value] } ?? []
        if !outcome.trailers.isEmpty { trailers = outcome.trailers.map { [$0.name, $0.value] } }
        bodyBytes = outcome.body.length
        bodySha256 = hexadecimal(outcome.body.sha256)
        contentCoding = outcome.body.decoded?.coding
        decodedBytes = outcome.body.decoded?.length
        decodedSha256 = outcome.body.decoded.map { hexadecimal($0.sha256) }
        complete = outcome.failure?.leavesAnswerWhole ?? true
        if answer.retries > 0 { retries = answer.retries }
        attempts = outcome.attempts.map { ConnectAttemptRow($0, start: outcome.timings.start) }
        timings = TimingsRow(outcome.timings)
        tls = outcome.tls.map { TLSRow($0, start: outcome.timings.start) }
        tcp = handshake.map(HandshakeRow.init)
        let services = answer.alternativeServices
        if !services.isEmpty { altSvc = services.map(AlternativeServiceRow.init) }
        httpsRecord = answer.findings.httpsRecords.map(HTTPSRecordRow.init)
        findings = FindingsRow(answer.findings)
        cache = answer.cache.map(CacheRow.init)
        cookies = answer.cookies.map(CookieRow.init)
        security = answer.security.map { security in
            OrderedMembers(security.fields.map { ($0.name.lowercased(), Null(wrappedValue: $0.value)) })
        }
        problems = Array(answer.problems.prefix(HTTPProbeFailureRow.mostProblems))
        if let text = outcome.failureText, !problems.contains(text) { problems.append(text) }
    }
}

/// A request without a response.
struct HTTPProbeFailureRow: JSONRow {
    @Inlined private var target: HTTPProbeTargetRow
    @Null var kind: String?
    @Null var message: String?
    var retries: Int?
    private var attempts: [ConnectAttemptRow]
    private var timings: TimingsRow
    @Null private var tls: TLSRow?
    private var httpsRecord: HTTPSRecordRow?
    var problems: [String]

    /// The maximum number of problems of a response.
    static let mostProblems = 1_000

    init(_ answer: HTTPProbeResponse) {
        let outcome = answer.outcome
        target = HTTPProbeTargetRow(answer)
        kind = outcome.failure?.kind
        message = outcome.failureText
        if answer.retries > 0 { retries = answer.retries }
        attempts = outcome.attempts.map { ConnectAttemptRow($0, start: outcome.timings.start) }
        timings = TimingsRow(outcome.timings)
        tls = outcome.tls.map { TLSRow($0, start: outcome.timings.start) }
        httpsRecord = answer.findings.httpsRecords.map(HTTPSRecordRow.init)
        problems = Array(answer.problems.prefix(Self.mostProblems))
    }
}

struct HTTPProbeSummaryRow: JSONRow {
    var targets: Int
    var requests: Int
    var answered: Int
    var failed: Int
    var unresolved: Int
    var problems: Int
    var elapsedMs: Nanoseconds
    @Null var totalMs: RoundTripRow?
    @Null var percentiles: PercentileRow?
    var phases: OrderedMembers<RoundTripRow>?

    init(_ summary: HTTPProbeSummary) {
        targets = summary.targets
        requests = summary.requests
        answered = summary.answered
        failed = summary.failed
        unresolved = summary.unresolved
        problems = summary.problems
        elapsedMs = summary.elapsed
        totalMs = RoundTripRow(summary.trips)
        percentiles = PercentileRow(summary.trips)
        guard summary.trips.count > 1 else { return }
        phases = OrderedMembers(
            HTTPPhase.allCases.compactMap { phase in
                summary.phases[phase].flatMap { RoundTripRow($0) }.map { ("\(phase.member)_ms", $0) }
            })
    }
}

/// The proxy of a request, without user and password.
private struct ProxyRow: Encodable {
    var url: String
    /// Whether the proxy connected to the origin, instead of forwarding the request.
    var tunnel: Bool
    /// The status of its response to CONNECT, or the number of its SOCKS reply.
    @Null var status: Int?

    init(_ route: ProxyRoute, _ outcome: HTTPOutcome) {
        url = "\(route.proxy)"
        tunnel = route.tunnel != nil
        status = outcome.proxyStatus
    }
}

/// An attempt to connect to one address; its start is measured from that of the request.
private struct ConnectAttemptRow: Encodable {
    @Null var address: IPAddress?
    @Null var port: UInt16?
    @Null var socket: String?
    var startMs: Nanoseconds
    var timeMs: Nanoseconds
    var connected: Bool
    @Null var message: String?

    init(_ attempt: ConnectAttempt, start: Instant) {
        switch attempt.endpoint {
        case .tcp(let address, _, let port):
            self.address = address
            self.port = port
        case .local(let path): socket = path
        }
        startMs = attempt.began - start
        timeMs = attempt.time
        connected = attempt.result == .connected
        switch attempt.result {
        case .connected: break
        case .failed(let failure): message = failure.description
        case .abandoned: message = "no reply"
        }
    }
}

/// The durations of the phases; the first byte and the total are measured from the start.
private struct TimingsRow: Encodable {
    @Null var dnsMs: Nanoseconds?
    @Null var connectMs: Nanoseconds?
    var proxyMs: Nanoseconds?
    @Null var tlsMs: Nanoseconds?
    @Null var firstByteMs: Nanoseconds?
    var totalMs: Nanoseconds

    init(_ timings: HTTPTimings) {
        dnsMs = timings.name
        connectMs = timings.connect
        proxyMs = timings.proxy
        tlsMs = timings.secure
        firstByteMs = timings.firstByte
        totalMs = timings.total
    }
}

/// An alternative service of Alt-Svc; its host is null for that of the URL.
private struct AlternativeServiceRow: Encodable {
    var `protocol`: String
    @Null var host: String?
    var port: UInt16
    var maxAge: Int
    var persist: Bool

    init(_ service: AlternativeService) {
        `protocol` = service.protocolName
        host = service.host.isEmpty ? nil : service.host
        port = service.port
        maxAge = service.maximumAge
        persist = service.isPersistent
    }
}

/// The properties of the SYN-ACK.
private struct HandshakeRow: Encodable {
    var ttl: UInt8
    var window: UInt16
    var tcpOptions: [String]
    @Null var rttMs: Nanoseconds?

    init(_ handshake: HandshakeFacts) {
        ttl = handshake.hopLimit
        window = handshake.window
        tcpOptions = TCPOptions(handshake.options.rawBytes).names
        rttMs = handshake.roundTrip
    }
}

/// Findings beyond the response itself.
private struct FindingsRow: Encodable {
    var keepAlive: Bool
    var keepAliveMeasured: KeepAlive?
    @Null var methods: [String]?
    var allow: Null<[String]>?
    var methodsTried: [Trial]?
    var intermediaries: [Found]

    struct KeepAlive: Encodable {
        var requests: Int
        var endedByServer: Bool
        @Null var idleCloseMs: Nanoseconds?
        var watchedMs: Nanoseconds
    }

    /// A method and the status of its response.
    struct Trial: Encodable {
        var method: String
        var status: Int?

        func encode(to encoder: any Encoder) throws {
            var elements = encoder.unkeyedContainer()
            try elements.encode(method)
            if let status { try elements.encode(status) } else { try elements.encodeNil() }
        }
    }

    struct Found: Encodable {
        var kind: String
        var evidence: String
    }

    init(_ findings: HTTPProbeFindings) {
        keepAlive = findings.keepsConnection
        keepAliveMeasured = findings.keepAlive.map {
            KeepAlive(
                requests: $0.requests, endedByServer: $0.endedByCount, idleCloseMs: $0.idle, watchedMs: $0.watched)
        }
        methods = findings.methods?.methods
        allow = findings.methods.map { Null(wrappedValue: $0.allowed) }
        methodsTried = findings.methods?.trials.map { Trial(method: $0.method.name, status: $0.status) }
        intermediaries = findings.intermediaries.map { Found(kind: $0.kind.rawValue, evidence: $0.evidence) }
    }
}

/// Whether, and for how long, caches may store the response.
private struct CacheRow: Encodable {
    @Null var maxAge: Int?
    var noStore: Bool
    var noCache: Bool
    var `private`: Bool
    @Null var freshSeconds: Int64?
    @Null var source: String?
    var age: Int64
    var judgment: String

    init(_ judgment: CacheJudgment) {
        maxAge = judgment.control.maximumAge
        noStore = judgment.forbidsStoring
        noCache = judgment.mustValidate
        `private` = judgment.isPrivate
        freshSeconds = judgment.freshness
        source = judgment.source?.rawValue
        age = judgment.age
        self.judgment = judgment.text
    }
}

private struct CookieRow: Encodable {
    var name: String
    var value: String
    var secure: Bool
    var httpOnly: Bool
    @Null var sameSite: String?
    @Null var domain: String?
    @Null var path: String?
    @Null var expires: String?
    @Null var maxAge: String?

    init(_ cookie: SetCookie) {
        name = cookie.name
        value = cookie.value
        secure = cookie.isSecure
        httpOnly = cookie.isHTTPOnly
        sameSite = cookie.sameSite
        domain = cookie.domain
        path = cookie.path
        expires = cookie.expires
        maxAge = cookie.maximumAge
    }
}

extension HTTPPhase {
    /// The name of the phase in JSON, as in `timings`.
    fileprivate var member: String {
        switch self {
        case .name: "dns"
        case .connect: "connect"
        case .proxy: "proxy"
        case .secure: "tls"
        case .wait: "wait"
        case .receive: "receive"
        }
    }
}
