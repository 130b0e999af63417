import PacketEngine
import WireFormat

/// Runs the tests of one server, each on its own connection and one after the other.
public struct HTTPFingerprintPlan: HTTPPlan {
    public typealias Event = HTTPFingerprintReport
    public typealias Summary = HTTPFingerprintSummary

    private let configuration: HTTPFingerprintConfiguration
    private let judge: ((HTTPFingerprintReport) -> HTTPFingerprintVerdict)?
    private let url: HTTPURL
    private let origin: HTTPOrigin
    private let missing: String
    private var report: HTTPFingerprintReport
    private var tests: ArraySlice<HTTPFingerprintRequest>
    private let fields: HTTPFingerprintFields
    private var tlsTests = TLSTest.allCases[...]
    private var started = Instant(nanoseconds: 0)
    private var pending: HTTPOutcome?
    /// Words in pages that identify the host rather than the product.
    private var privateWords: Set<String>
    private var usualBody = BodyShape.none
    private var usualTime = Nanoseconds.zero
    private var connectTime = Nanoseconds.zero
    /// Consecutive failures to connect, or to complete a response that the valid request completes.
    private var refusals = 0
    /// Whether the valid request timed out too.
    private var isSlow = false

    /// The number of consecutive failures after which the remaining tests are skipped.
    private static let refusalLimit = 3
    /// The number of responses by which a server that refused further connections is judged.
    private static let leastAnswers = 5

    /// - Parameters:
    ///   - number: the plan's number in the run, which varies the names of resources that do not exist.
    ///   - judge: identifies the server of a report; nil if servers are not to be identified.
    public init(
        _ url: HTTPURL, _ configuration: HTTPFingerprintConfiguration, number: Int,
        judge: ((HTTPFingerprintReport) -> HTTPFingerprintVerdict)? = nil
    ) {
        self.url = url
        self.configuration = configuration
        self.judge = judge
        tests = HTTPFingerprintRequest.cases(configuration.extent)[...]
        if url.scheme != .https || configuration.extent == .polite { tlsTests = [] }
        fields = HTTPFingerprintFields(
            configuration.fields,
            user: url.user.map { ($0, url.password ?? "") } ?? configuration.user)
        origin = configuration.overrides.origin(of: url)
        report = HTTPFingerprintReport(url: url, number: number)
        var random = SeededGenerator(seed: configuration.seed &+ UInt64(number))
        // It contains a digit wherever a page may repeat it, so that body shapes ignore it.
        missing = "/0" + String(random.next(), radix: 36) + "0"
        privateWords = ["localhost", "mozilla", "compatible", "swift-net"]
        for word in url.hostText.lowercased().split(whereSeparator: { !$0.isLetter && $0 != "-" && $0 != "." }) {
            privateWords.insert(String(word))
        }
    }

    public mutating func next(
        after result: HTTPResult, at now: Instant, _ emit: (HTTPFingerprintReport) -> Void
    ) -> HTTPStep {
        switch result {
        case .began: started = now
        case .waited, .queried: break
        case .watched(let closedAfter): take(isEndedAfter: closedAfter != nil)
        case .fetched(let outcome):
            guard let test = tests.first else {
                takeTLS(outcome)
                guard outcome.failure != .stopped else { return conclude(.stopped, at: now, emit) }
                break
            }
            report.requests += 1
            guard outcome.failure != .stopped else { return conclude(.stopped, at: now, emit) }
            pending = outcome
            if test == .get {
                isSlow = outcome.failure?.isTimeout ?? false
                usualTime = outcome.timings.total
                connectTime = outcome.timings.connect ?? .zero
                guard !isHopeless(outcome) else { return conclude(outcome.failure, at: now, emit) }
                report.banner = outcome.head?["Server"]
                report.claim = outcome.head.flatMap(ServerClaim.init)
                for word in (report.banner ?? "").lowercased().split(whereSeparator: { " /();,".contains($0) }) {
                    privateWords.insert(String(word))
                }
            }
            let isRefusal = outcome.ending == .none || isSlow && outcome.failure?.isTimeout ?? false
            refusals = isRefusal ? refusals + 1 : 0
            guard refusals < Self.refusalLimit else {
                guard report.behavior.count >= Self.leastAnswers else {
                    return conclude(outcome.failure, at: now, emit)
                }
                report.interruption = outcome.failure
                return conclude(nil, at: now, emit)
            }
            if outcome.ending == .kept, test.watchesConnection, (outcome.status ?? 0) >= 400 {
                let patience = max(HTTPFingerprintConfiguration.leastWatch, Nanoseconds(connectTime.count &* 3))
                return .watch(until: now + min(patience, HTTPFingerprintConfiguration.leastPatience))
            }
            take(isEndedAfter: false)
        }
        if let test = tests.first { return .fetch(fetch(test)) }
        if let test = tlsTests.first { return .fetch(fetch(test)) }
        return conclude(nil, at: now, emit)
    }

    public mutating func stop(_ emit: (HTTPFingerprintReport) -> Void) {
        report.failure = .stopped
        emit(report)
    }

    /// Whether the result of the valid request ends the run: there is no server, it does not respond, or it does not
    /// use HTTP.
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

    private mutating func takeTLS(_ outcome: HTTPOutcome) {
        guard let test = tlsTests.popFirst() else { return }
        report.requests += 1
        var behavior = report.tls ?? TLSBehavior()
        behavior.add(outcome, of: test)
        if !behavior.values.isEmpty { report.tls = behavior }
    }

    private mutating func conclude(
        _ failure: HTTPFailure?, at now: Instant, _ emit: (HTTPFingerprintReport) -> Void
    ) -> HTTPStep {
        report.failure = failure
        report.elapsed = now - started
        if failure == nil { report.verdict = judge?(report) }
        emit(report)
        return .finished
    }

    private func fetch(_ test: TLSTest) -> HTTPFetch {
        var fetch = fetch(HTTPFingerprintRequest.get)
        fetch.applicationProtocols = test.protocols
        fetch.demandsStatusLine = false
        fetch.keepsConnection = false
        fetch.timeout = min(
            max(Nanoseconds(usualTime.count &* 10), HTTPFingerprintConfiguration.leastPatience),
            configuration.timeout)
        // The frames of HTTP/2 are kept with the bytes.
        fetch.keptBytes = 1
        return fetch
    }

    private func fetch(_ test: HTTPFingerprintRequest) -> HTTPFetch {
        let bytes = test.bytes(
            url, missing: missing, isClassic: configuration.isClassic, fields: fields)
        var fetch = HTTPFetch(origin: origin, method: test.method, bytes: bytes)
        fetch.heldBody = test.heldBody
        fetch.endsSending = test == .earlyClose
        fetch.keepsConnection = true
        // The certificate is not verified: the identity of the host does not matter here.
        fetch.demandsTrust = false
        // The response to an invalid request may be anything; the response to the valid request must be HTTP.
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
