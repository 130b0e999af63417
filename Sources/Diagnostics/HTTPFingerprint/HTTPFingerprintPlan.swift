import PacketEngine
import WireFormat

/// Makes the tests of one server, each on a connection of its own and one after the other.
public struct HTTPFingerprintPlan: HTTPPlan {
    public typealias Event = HTTPFingerprintReport
    public typealias Summary = HTTPFingerprintSummary

    private let configuration: HTTPFingerprintConfiguration
    private let judge: ((HTTPFingerprintReport) -> HTTPFingerprintVerdict)?
    private let url: HTTPURL
    private let origin: HTTPOrigin
    private let missing: String
    private var report: HTTPFingerprintReport
    private var tests = HTTPFingerprintRequest.allCases[...]
    private var started = Instant(nanoseconds: 0)
    private var pending: HTTPOutcome?
    /// Words of pages that are not the server's kind's.
    private var privateWords: Set<String>
    private var usualBody = BodyShape.none
    private var usualTime = Nanoseconds.zero
    private var connectTime = Nanoseconds.zero
    /// Connections in a row that could not be made, or that brought no whole answer where the right request has none.
    private var refusals = 0
    /// Not even the right request is answered in time.
    private var isSlow = false

    /// After so many a server has had enough of us.
    private static let refusalLimit = 3
    /// So many tests tell what a server is nearly as well as all of them do.
    private static let leastAnswers = 10

    /// - Parameters:
    ///   - number: another one for each plan of a run: names of what cannot exist are made of it.
    ///   - judge: names the server of a report; nil where servers are not to be named.
    public init(
        _ url: HTTPURL, _ configuration: HTTPFingerprintConfiguration, number: Int,
        judge: ((HTTPFingerprintReport) -> HTTPFingerprintVerdict)? = nil
    ) {
        self.url = url
        self.configuration = configuration
        self.judge = judge
        origin = configuration.places.origin(of: url)
        report = HTTPFingerprintReport(url: url)
        var random = SeededGenerator(seed: configuration.seed &+ UInt64(number))
        // With a digit in it wherever a page may repeat it.
        missing = "/0" + String(random.next(), radix: 36) + "0"
        privateWords = ["localhost", "mozilla", "compatible", "swift-net"]
        for word in url.hostText.lowercased().split(whereSeparator: { !$0.isLetter && $0 != "-" && $0 != "." }) {
            privateWords.insert(String(word))
        }
    }

    public mutating func next(
        after result: HTTPResult, at now: Instant, _ tell: (HTTPFingerprintReport) -> Void
    ) -> HTTPStep {
        switch result {
        case .began: started = now
        case .waited: break
        case .watched(let closedAfter): take(isEndedAfter: closedAfter != nil)
        case .fetched(let outcome):
            guard let test = tests.first else { break }
            report.requests += 1
            guard outcome.failure != .stopped else { return conclude(.stopped, at: now, tell) }
            pending = outcome
            if test == .get {
                isSlow = outcome.failure?.isTimeout ?? false
                usualTime = outcome.timings.total
                connectTime = outcome.timings.connect ?? .zero
                guard !isHopeless(outcome) else { return conclude(outcome.failure, at: now, tell) }
                report.banner = outcome.head?["Server"]
                for word in (report.banner ?? "").lowercased().split(whereSeparator: { " /();,".contains($0) }) {
                    privateWords.insert(String(word))
                }
            }
            let isRefusal = outcome.ending == .none || isSlow && outcome.failure?.isTimeout ?? false
            refusals = isRefusal ? refusals + 1 : 0
            guard refusals < Self.refusalLimit else {
                guard report.behavior.count >= Self.leastAnswers else {
                    return conclude(outcome.failure, at: now, tell)
                }
                report.interruption = outcome.failure
                return conclude(nil, at: now, tell)
            }
            if outcome.ending == .kept, test.watchesConnection, (outcome.status ?? 0) >= 400 {
                let patience = max(HTTPFingerprintConfiguration.leastWatch, Nanoseconds(connectTime.count &* 3))
                return .watch(until: now + min(patience, HTTPFingerprintConfiguration.leastPatience))
            }
            take(isEndedAfter: false)
        }
        guard let test = tests.first else { return conclude(nil, at: now, tell) }
        return .fetch(fetch(test))
    }

    public mutating func stop(_ tell: (HTTPFingerprintReport) -> Void) {
        report.failure = .stopped
        tell(report)
    }

    /// Whether what came of the right request ends the matter: there is no server, none that speaks,
    /// or one of another protocol.
    private func isHopeless(_ outcome: HTTPOutcome) -> Bool {
        switch outcome.failure {
        case .name, .connection, .secure, .untrusted, .notHTTP: true
        case .timeout: outcome.receivedCount == 0
        default: false
        }
    }

    private mutating func take(isEndedAfter: Bool) {
        guard let outcome = pending.take(), let test = tests.popFirst(), outcome.ending != .none else { return }
        var body = BodyShape(
            outcome.body.decoded?.kept ?? outcome.body.kept, length: outcome.body.length, without: privateWords)
        if test == .get {
            usualBody = body
        } else if body == usualBody, body != .none {
            body = .usual
        }
        report.behavior[test] = AnswerShape(outcome, body: body, isEndedAfter: isEndedAfter)
    }

    private mutating func conclude(
        _ failure: HTTPFailure?, at now: Instant, _ tell: (HTTPFingerprintReport) -> Void
    ) -> HTTPStep {
        report.failure = failure
        report.elapsed = now - started
        if failure == nil { report.verdict = judge?(report) }
        tell(report)
        return .finished
    }

    private func fetch(_ test: HTTPFingerprintRequest) -> HTTPFetch {
        let bytes = test.bytes(
            url, missing: missing, isClassic: configuration.isClassic)
        var fetch = HTTPFetch(origin: origin, method: test.method, bytes: bytes)
        fetch.heldBody = test.heldBody
        fetch.endsSending = test == .earlyClose
        fetch.keepsConnection = true
        // Who it is matters here, not whether it is to be believed.
        fetch.demandsTrust = false
        // To what is wrong a server of HTTP may answer anything; to the right request it answers HTTP.
        fetch.demandsStatusLine = test == .get
        fetch.timeout = configuration.timeout
        if test != .get {
            let usual = Nanoseconds(usualTime.count &* 10)
            fetch.timeout = min(
                max(usual, HTTPFingerprintConfiguration.leastPatience), HTTPFingerprintConfiguration.mostPatience,
                configuration.timeout)
        }
        fetch.limits.head = 64 << 10
        fetch.limits.body = 1 << 20
        fetch.keptBody = 64 << 10
        return fetch
    }
}
