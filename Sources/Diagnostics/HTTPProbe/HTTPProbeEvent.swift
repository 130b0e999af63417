import PacketEngine
import SwiftNetTLS
import WireFormat

/// An answer on the way to the last one of a chain of redirects.
public struct RedirectHop: Sendable {
    public var url: HTTPURL
    public var status: Int
    public var location: String
    /// Fields that were not sent on, because they were given for another origin.
    public var dropped: [String] = []
}

/// What one request to a URL brought, with everything that was asked about it.
public struct HTTPProbeResponse: Sendable {
    /// The URL as it was given.
    public var asked: HTTPURL
    /// The URL of the last answer.
    public var url: HTTPURL
    /// From 0 on.
    public var sequence: Int
    public var redirects: [RedirectHop] = []
    public var outcome: HTTPOutcome
    public var findings = HTTPProbeFindings()
    /// What is wrong with the answer, or with where it leads.
    public var problems: [String] = []
}

/// What was found about a server beyond the answer itself.
public struct HTTPProbeFindings: Sendable {
    /// The connection stays open after the answer.
    public var keepsConnection = false
    public var keepAlive: KeepAliveFinding?
    public var methods: MethodsFinding?
    public var intermediaries: [Intermediary] = []

    init() {}
}

/// What follows from the answer itself, made when somebody wants to know.
extension HTTPProbeResponse {
    public var cache: CacheJudgment? { outcome.head.flatMap(CacheJudgment.init) }

    public var cookies: [SetCookie] { outcome.head?.values("Set-Cookie").compactMap { SetCookie($0) } ?? [] }

    public var security: SecurityFields? {
        outcome.head.map { SecurityFields($0, isSecure: outcome.tls != nil) }
    }
}

/// What `http-probe` tells, in the order in which it happens.
public enum HTTPProbeEvent: Sendable {
    /// A request and what came back: every one, those of examinations too, when their bytes are to be kept.
    case exchange(HTTPOutcome)
    /// A redirect that is followed.
    case redirect(RedirectHop)
    /// The result for a URL.
    case answer(HTTPProbeResponse)
}
