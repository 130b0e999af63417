import PacketEngine
import SwiftNetTLS
import WireFormat

/// An intermediate response of a redirect chain.
public struct RedirectHop: Sendable {
    public var url: HTTPURL
    public var status: Int
    public var location: String
    /// Fields that were dropped because the redirect leads to another origin.
    public var dropped: [String] = []
    public var head: HTTPHead
}

/// A request that is repeated after a transient failure.
public struct HTTPRetry: Sendable {
    public var url: HTTPURL
    /// The failed attempt.
    public var outcome: HTTPOutcome
    /// The number of the next attempt, from 1, and the wait before it.
    public var number: Int
    public var wait: Nanoseconds
}

/// The sums of the requests and responses of a redirect chain.
public struct HTTPChainTotals: Hashable, Sendable {
    /// New connections.
    public var connections = 0
    /// The bytes of the requests, and those of the heads of the responses.
    public var requestBytes = 0
    public var headBytes = 0
    /// The time of the requests, without the waits before them.
    public var time = Nanoseconds.zero

    mutating func add(_ outcome: HTTPOutcome) {
        if !outcome.isReused, outcome.timings.connect != nil { connections += 1 }
        if outcome.isSent { requestBytes += outcome.fetch.bytes.count }
        time = time + outcome.timings.total
        headBytes += (outcome.interim + [outcome.head].compactMap(\.self)).reduce(0) { $0 + $1.byteCount }
    }
}

/// The results of one request to a URL.
public struct HTTPProbeResponse: Sendable {
    /// The URL as given.
    public var asked: HTTPURL
    /// The URL of the last response.
    public var url: HTTPURL
    /// Counted from 0.
    public var sequence: Int
    /// The number of the URL in the run, from 0.
    public var number: Int
    public var redirects: [RedirectHop] = []
    /// The request with the other scheme before this one, if the URL has none.
    public var schemeTried: HTTPSchemeTry?
    /// The number of repeated requests.
    public var retries = 0
    /// The number of attempts before the last one, as in `HTTPBodyDelivery`.
    public var attempt: Int { retries + (schemeTried == nil ? 0 : 1) }
    /// The start of the first request of the redirect chain.
    public var began: Instant
    /// The totals of the redirect chain.
    public var chain: HTTPChainTotals
    /// The cookies after the response, if they are kept.
    public var cookieJar: CookieJar?
    public var outcome: HTTPOutcome
    public var findings = HTTPProbeFindings()
    /// Problems of the response, or of the redirect.
    public var problems: [String] = []
}

/// Results of the additional tests.
public struct HTTPProbeFindings: Sendable {
    /// Whether the connection stays open after the response.
    public var keepsConnection = false
    public var keepAlive: KeepAliveFinding?
    public var methods: MethodsFinding?
    public var intermediaries: [Intermediary] = []
    /// The HTTPS records of the host; nil if they were not queried.
    public var httpsRecords: HTTPSRecordsFinding?

    init() {}
}

/// Properties derived from the response on demand.
extension HTTPProbeResponse {
    /// The title of an HTML page, on one line.
    public var title: String? {
        let body = outcome.body.decoded?.kept ?? outcome.body.kept
        return HTMLTitle.find(in: body, contentType: outcome.head?["Content-Type"])
    }

    public var cache: CacheJudgment? { outcome.head.flatMap(CacheJudgment.init) }

    /// The alternative services that the server offers (RFC 7838).
    public var alternativeServices: [AlternativeService] {
        outcome.head?.values("Alt-Svc").flatMap(AlternativeService.parse) ?? []
    }

    public var cookies: [SetCookie] { outcome.head?.values("Set-Cookie").compactMap { SetCookie($0) } ?? [] }

    public var security: SecurityFields? {
        outcome.head.map { SecurityFields($0, isSecure: outcome.tls != nil) }
    }
}

/// An event of `http-probe`, in order of time. It is passed on several times, and larger than a box with it.
public indirect enum HTTPProbeEvent: Sendable {
    /// A request and its response, including those of additional tests, if their bytes are kept.
    case exchange(HTTPOutcome)
    /// A request after which the other scheme is tried.
    case scheme(HTTPSchemeTry)
    /// A redirect that is followed.
    case redirect(RedirectHop)
    /// A transient failure, after which the request is repeated.
    case retry(HTTPRetry)
    /// The result for a URL.
    case answer(HTTPProbeResponse)
}

/// The summary of an `http-probe` run.
public struct HTTPProbeSummary: HTTPSummary {
    /// The number of URLs.
    public var targets: Int
    public var requests = 0
    public var answered = 0
    public var failed = 0
    /// Failed requests whose host name has no address or could not be looked up in time: these servers were not
    /// checked.
    public var unresolved = 0
    /// Responses by class of status code.
    public var problems = 0
    /// The times from the start of a request to the last byte of its response.
    public var trips = RoundTripStatistics()
    /// The times of each phase of the answered requests.
    public var phases: [HTTPPhase: RoundTripStatistics] = [:]
    /// The duration of the run, known at its end.
    public var elapsed = Nanoseconds.zero

    public init(targets: Int) { self.targets = targets }

    /// Whether every request was answered; unknown if a server was not checked.
    public var outcome: RunOutcome {
        unresolved > 0 ? .unknown : failed == 0 && answered > 0 ? .found : .notFound
    }

    public mutating func add(_ event: HTTPProbeEvent) {
        guard case .answer(let answer) = event else { return }
        requests += 1
        problems += answer.problems.count
        if let failure = answer.outcome.failure {
            failed += 1
            if failure.isNameFailure { unresolved += 1 }
        } else {
            answered += 1
            trips.add(answer.outcome.timings.total)
            for (phase, time) in answer.outcome.timings.phases {
                phases[phase, default: RoundTripStatistics()].add(time)
            }
        }
    }
}
