import PacketEngine
import WireFormat

/// The configuration of all plans of a run, stored once: copies of it would take longer than the plans.
package final class SharedProbeConfiguration: Sendable {
    let configuration: HTTPProbeConfiguration

    package init(_ configuration: HTTPProbeConfiguration) {
        var configuration = configuration
        // A proxy forwards only requests of HTTP/1.
        if configuration.http2 == .assumed { configuration.overrides.proxies.alwaysTunnels = true }
        self.configuration = configuration
    }

    /// The number of series of requests to each URL.
    package var seriesCount: Int {
        configuration.count == 0 ? configuration.parallel : min(configuration.parallel, configuration.count)
    }
}

/// The sequence of requests to one URL.
public struct HTTPProbePlan: HTTPPlan {
    public typealias Event = HTTPProbeEvent
    public typealias Summary = HTTPProbeSummary

    private enum Stage {
        case request
        case pause
        case retry
        case methods
        case keepAlive
        case intermediaries
        case httpsRecords
    }

    /// The properties that make two requests of a chain equal; the head includes the cookies.
    private struct Visit: Hashable {
        var url: HTTPURL
        var head: [UInt8]
    }

    /// The URL, with the scheme that was found.
    private var asked: HTTPURL
    /// The URL to begin with; its scheme is only the first to try if `findsScheme`.
    private let original: HTTPURL
    private var findsScheme: Bool
    private var schemeTried: HTTPSchemeTry?
    private let number: Int
    private let shared: SharedProbeConfiguration
    private var configuration: HTTPProbeConfiguration { shared.configuration }
    /// The configuration without the fields withheld from the origin of `url`, and with the chain's cookies; nil if it is
    /// the shared one.
    private var changed: HTTPProbeConfiguration?
    private var current: HTTPProbeConfiguration {
        get { changed ?? shared.configuration }
        set { changed = newValue }
    }
    private var jar: CookieJar
    /// The number of retries of the current request, and of all requests of the chain.
    private var attempt = 0
    private var retries = 0
    private var chain = HTTPChainTotals()
    /// The number of times that each request of the chain was sent.
    private var visits: [Visit: Int] = [:]
    private var stage = Stage.request
    private var url: HTTPURL
    private var sequence: Int
    private let series: Int
    private var redirects: [RedirectHop] = []
    private var methodAfterRedirect: HTTPMethod?
    private var started = Instant(nanoseconds: 0)
    private var answer: HTTPProbeResponse?
    /// Nil unless the methods are tested.
    private var methods: MethodsExamination?
    private var keepAlive: KeepAliveExamination
    private var intermediaries = IntermediariesExamination()
    private var httpsRecords: HTTPSRecordsExamination?

    /// - Parameters:
    ///   - number: the plan's number in the run, which varies the names of resources that do not exist.
    ///   - series: the number of the first request; of parallel series each sends every `parallel`th request.
    ///   - hasScheme: whether the scheme of the URL is given; otherwise it is found by requests.
    public init(
        _ url: HTTPURL, _ configuration: HTTPProbeConfiguration, number: Int, series: Int = 0, hasScheme: Bool = true
    ) {
        self.init(url, SharedProbeConfiguration(configuration), number: number, series: series, hasScheme: hasScheme)
    }

    package init(
        _ url: HTTPURL, _ shared: SharedProbeConfiguration, number: Int, series: Int = 0, hasScheme: Bool = true
    ) {
        self.shared = shared
        let configuration = shared.configuration
        sequence = series
        self.series = series
        var url = url
        findsScheme = !hasScheme
        if findsScheme { url.scheme = SchemeDiscovery.first(url, configuration) }
        asked = url
        original = url
        self.number = number
        self.url = url
        jar = configuration.cookieJar ?? CookieJar()
        if configuration.examinesMethods {
            var random = SeededGenerator(seed: configuration.seed &+ UInt64(number))
            methods = MethodsExamination(
                missing: "/" + String(random.next(), radix: 36) + String(random.next(), radix: 36))
        }
        keepAlive = KeepAliveExamination(patience: configuration.keepAlivePatience ?? .zero)
    }

    public mutating func next(
        after result: HTTPResult, at now: Instant, _ report: (HTTPProbeEvent) -> Void
    ) -> HTTPStep {
        if configuration.keptBytes > 0, case .fetched(let outcome) = result { report(.exchange(outcome)) }
        switch stage {
        case .request:
            guard case .fetched(let outcome) = result else {
                return .fetch(begin(with: asked, at: now))
            }
            if outcome.isReused, outcome.head == nil, outcome.failure != nil, outcome.failure != .stopped {
                // The server closed the connection before it received the request.
                return .fetch(request(mayReuse: false))
            }
            // The user ended a series of requests: the one in progress did not fail.
            if outcome.failure == .stopped, sequence > series { return .finished }
            if findsScheme, schemeTried == nil, redirects.isEmpty,
                let (next, tried) = SchemeDiscovery.next(after: outcome, url, configuration.overrides)
            {
                report(.scheme(tried))
                schemeTried = tried
                var fetch = begin(with: next, at: now)
                fetch.reusesLookups = true
                return .fetch(fetch)
            }
            if let retry = retry(after: outcome, at: now) {
                report(.retry(retry))
                stage = .retry
                return .wait(until: now + retry.wait)
            }
            attempt = 0
            chain.add(outcome)
            var last = outcome
            if let next = redirect(&last, at: now) {
                if let hop = redirects.last { report(.redirect(hop)) }
                return .fetch(next)
            }
            judge(last, at: now)
            return examine(.began, at: now, report)
        case .pause:
            stage = .request
            return next(after: .began, at: now, report)
        case .retry:
            stage = .request
            return .fetch(request(mayReuse: configuration.sharesConnection))
        case .methods, .keepAlive, .intermediaries:
            return examine(result, at: now, report)
        case .httpsRecords:
            return queryRecords(after: result, at: now, report)
        }
    }

    public mutating func stop(_ report: (HTTPProbeEvent) -> Void) {
        if let answer { report(.answer(answer)) }
        answer = nil
    }

    // MARK: Requests

    /// Returns the first request of a chain.
    private mutating func begin(with first: HTTPURL, at now: Instant) -> HTTPFetch {
        started = now
        asked = first
        url = first
        if let user = configuration.user, url.user == nil { (url.user, url.password) = (user.name, user.password) }
        if let query = configuration.addedQuery { url.add(query: query) }
        if configuration.cookieJar != nil { addCookies(at: now) }
        let fetch = request(mayReuse: configuration.sharesConnection)
        count(fetch)
        return fetch
    }

    /// Seconds since 1970-01-01 00:00 UTC; nil if unknown.
    private func wall(at now: Instant) -> Int64? {
        configuration.wallClock.map { $0 &+ now.nanoseconds / 1_000_000_000 }
    }

    /// Returns the next attempt of a request that failed for a transient reason; nil if there is none.
    private mutating func retry(after outcome: HTTPOutcome, at now: Instant) -> HTTPRetry? {
        guard let wait = configuration.retry.wait(after: outcome, attempt: attempt, wall: wall(at: now)) else {
            return nil
        }
        attempt += 1
        retries += 1
        return HTTPRetry(url: url, outcome: outcome, number: attempt, wait: wait)
    }

    private func request(mayReuse: Bool) -> HTTPFetch {
        if let raw = configuration.raw {
            let line = HTTPHead(raw.rawBytes).start
            var method = HTTPMethod.get
            var isSimple = false
            if case .request(let line) = line {
                method = HTTPMethod(String(decoding: line.method, as: UTF8.self))
                // The response to an HTTP/0.9 request is the body alone (RFC 1945, section 6).
                isSimple = method == .get && line.version == nil && !line.target.isEmpty
            }
            var fetch = HTTPFetch(origin: configuration.overrides.origin(of: url), method: method, bytes: raw)
            configuration.limit(&fetch)
            limit(&fetch)
            fetch.demandsStatusLine = !isSimple
            return fetch
        }
        var fetch = HTTPProbeRequest(current, url, method: methodAfterRedirect).fetch(current, url)
        fetch.mayReuse = mayReuse
        // A redirect may lead to the same server.
        fetch.keepsConnection = configuration.sharesConnection || configuration.redirects > 0
        fetch.sharesConnection = configuration.sharesConnection
        limit(&fetch)
        return fetch
    }

    /// Sets the limits of a request for a scheme that may not be that of the server.
    private func limit(_ fetch: inout HTTPFetch) {
        if configuration.deliversBodies { fetch.delivery = delivery(of: fetch) }
        guard findsScheme, redirects.isEmpty else { return }
        // Both tries together connect within the time limit.
        fetch.connectTimeout = min(fetch.connectTimeout ?? fetch.timeout, Nanoseconds(fetch.timeout.count / 2))
        if url.scheme == .http { fetch.keptBody = max(fetch.keptBody, SchemeDiscovery.keptBody) }
    }

    /// Returns the delivery of the response's body.
    private func delivery(of fetch: HTTPFetch) -> HTTPBodyDelivery {
        var rules = HTTPBodyDelivery.Rules()
        rules.followsRedirects = configuration.redirects > 0
        rules.refusesErrors = configuration.refusesErrors
        rules.requiresDecoding = configuration.wantsCompression
        if attempt < configuration.retry.count { rules.repeatedStatuses = RetryRule.transientStatuses }
        // A port of TLS rejects requests without it by this status.
        if findsScheme, url.scheme == .http { rules.repeatedStatuses.append(400) }
        // The proxy may challenge the request.
        if fetch.absolutePrefix != nil { rules.repeatedStatuses.append(407) }
        return HTTPBodyDelivery(
            url: asked, number: number, attempt: retries + (schemeTried == nil ? 0 : 1),
            redirects: redirects.map(\.head), rules)
    }

    /// Counts a request of the chain.
    /// - Returns: the number of times it was sent, including this one.
    @discardableResult
    private mutating func count(_ fetch: HTTPFetch) -> Int {
        guard configuration.redirects > 0 else { return 1 }
        let head = HTTPHead(fetch.bytes.rawBytes).encoded()
        return visits[Visit(url: url, head: head), default: 0].increment()
    }

    /// Returns the request for a redirect; nil if there is none, and a failure if the redirect cannot be followed.
    private mutating func redirect(_ outcome: inout HTTPOutcome, at now: Instant) -> HTTPFetch? {
        guard outcome.failure == nil, let status = outcome.status, let head = outcome.head else { return nil }
        if configuration.redirects > 0 || configuration.cookieJar != nil {
            jar.take(head, from: url, at: now, wall: wall(at: now))
        }
        guard configuration.redirects > 0 else { return nil }
        guard HTTPHead.redirectStatuses.contains(status), let location = head["Location"] else { return nil }
        let next: HTTPURL
        do throws(HTTPURL.Problem) {
            next = try url.resolving(location)
        } catch {
            outcome.failure = .redirect("Location cannot be followed: \(error)")
            return nil
        }
        // A server may choose another server, but no socket of this system.
        if case .local = next.host, next.host != url.host {
            outcome.failure = .redirect("a redirect to a Unix domain socket is not followed")
            return nil
        }
        guard redirects.count < configuration.redirects else {
            outcome.failure = .redirect("more than \(configuration.redirects) redirects")
            return nil
        }
        let before = (url: url, method: methodAfterRedirect, changed: changed)
        // Methods other than GET and HEAD become GET where that is common practice (RFC 9110, section 15.4).
        let method = outcome.fetch.method
        if status == 303 && method != .head || [301, 302].contains(status) && method == .post {
            methodAfterRedirect = .get
        }
        let dropped = move(to: next)
        addCookies(at: now)
        var fetch = request(mayReuse: true)
        // A server may recognize its client by more than cookies: only the third occurrence is certainly a loop.
        guard count(fetch) <= 2 else {
            (url, methodAfterRedirect, changed) = before
            outcome.failure = .redirect(
                "redirect loop: the same request with the same cookies a third time")
            return nil
        }
        redirects.append(
            RedirectHop(url: before.url, status: status, location: location, dropped: dropped, head: head))
        if configuration.deliversBodies { fetch.delivery = delivery(of: fetch) }
        return fetch
    }

    /// Makes another URL the current one. Fields for one origin are not sent to another. A dropped field stays dropped
    /// even if the chain returns, because another server chose that path (Fetch, section 4.4).
    /// - Returns: the dropped fields.
    private mutating func move(to next: HTTPURL) -> [String] {
        let before = url
        url = next
        let isElsewhere = next.host != before.host || next.port != before.port || next.scheme != before.scheme
        guard isElsewhere, !configuration.trustsRedirects else {
            if url.user == nil { (url.user, url.password) = (before.user, before.password) }
            return []
        }
        var dropped: [String] = []
        for name in ["Authorization", "Cookie", "Proxy-Authorization", "Host"] {
            let isGiven = current.fields.contains { $0.value != nil && HTTPProbeRequest.isSame($0.name, name) }
            if isGiven || name == "Authorization" && before.user != nil { dropped.append(name) }
            if isGiven { current.fields.removeAll { $0.value != nil && HTTPProbeRequest.isSame($0.name, name) } }
        }
        return dropped
    }

    /// Adds the cookies of the chain to the next request.
    private mutating func addCookies(at now: Instant) {
        if current.cookies != nil { current.cookies = nil }
        let given = current.fields.filter { HTTPProbeRequest.isSame($0.name, "Cookie") }
        // An empty `-H Cookie:` disables cookies.
        guard given.allSatisfy({ $0.value != nil }) else { return }
        let own = given.compactMap(\.value).joined(separator: "; ")
        let all = jar.field(for: url, given: own.isEmpty ? nil : own, at: now)
        if all != (own.isEmpty ? nil : own) { current.cookies = .some(all ?? "") }
    }

    // MARK: Results

    private mutating func judge(_ outcome: HTTPOutcome, at now: Instant) {
        var outcome = outcome
        if configuration.refusesErrors, outcome.failure == nil, outcome.isError, let status = outcome.status {
            outcome.failure = .status(status)
        }
        // A body that is wanted decoded, as by curl --compressed.
        if configuration.wantsCompression, configuration.deliversBodies, outcome.failure == nil,
            outcome.problems.contains(where: { if case .unknownContentCoding = $0 { true } else { false } })
        {
            outcome.failure = .malformed
        }
        if let margin = configuration.expiryMargin, outcome.failure == nil, let wall = wall(at: now),
            let left = outcome.tls?.certificate?.secondsLeft(at: wall), left < margin.count / 1_000_000_000
        {
            outcome.failure = .expires(inSeconds: left)
        }
        var answer = HTTPProbeResponse(
            asked: asked, url: url, sequence: sequence, number: number, redirects: redirects,
            schemeTried: schemeTried, retries: retries, began: started, chain: chain,
            cookieJar: configuration.cookieJar == nil ? nil : jar, outcome: outcome)
        if let head = outcome.head {
            let isSecure = outcome.tls != nil
            answer.findings.keepsConnection =
                head.keepsConnection && ![.untilClose, .invalid, .tunnel].contains(outcome.framing ?? .untilClose)
                && outcome.ending != .closed
            answer.findings.intermediaries = Intermediary.shown(by: head)
            answer.problems += head.problems(isCut: outcome.failure?.isCut ?? false).map { "\($0)" }
            answer.problems += answer.cookies.flatMap { $0.problems(isSecure: isSecure) }
        }
        answer.problems += outcome.problems.map { "\($0)" }
        if outcome.excess > 0 { answer.problems.append("\(outcome.excess) bytes after the response") }
        if let facts = outcome.tls, facts.isVerified, let doubt = facts.doubt {
            answer.problems.append("certificate: \(doubt)")
        }
        self.answer = answer
    }

    // MARK: Additional tests

    private mutating func examine(
        _ result: HTTPResult, at now: Instant, _ report: (HTTPProbeEvent) -> Void
    ) -> HTTPStep {
        // The first response is tested further; the others are only timed.
        guard let outcome = answer?.outcome, outcome.head != nil, configuration.raw == nil, sequence == 0 else {
            return queryRecords(after: .began, at: now, report)
        }
        var result = result
        if case .request = stage { stage = .methods }
        if case .methods = stage {
            let (url, current) = (url, current)
            if let step = methods?.next(after: result, url, current) {
                guard case .finished = step else { return step }
                answer?.findings.methods = methods?.finding
                if let traced = methods?.traced { add(Intermediary.shown(byTrace: traced)) }
                result = .began
            }
            stage = .intermediaries
        }
        if case .intermediaries = stage {
            if configuration.examinesIntermediaries {
                let step = intermediaries.next(after: result, first: outcome, url, current)
                guard case .finished = step else { return step }
                add(intermediaries.found)
                result = .began
            }
            stage = .keepAlive
        }
        if configuration.keepAlivePatience != nil {
            var fetch = HTTPProbeRequest(current, url, method: .head).fetch(current, url)
            fetch.mayReuse = true
            fetch.keepsConnection = true
            let step = keepAlive.next(after: result, fetch, at: now)
            guard case .finished = step else { return step }
            answer?.findings.keepAlive = keepAlive.finding
            answer?.findings.keepsConnection = keepAlive.finding.requests > 1
        }
        return queryRecords(after: .began, at: now, report)
    }

    /// Queries the HTTPS records of the URL's host after the first response, or after a failure.
    private mutating func queryRecords(
        after result: HTTPResult, at now: Instant, _ report: (HTTPProbeEvent) -> Void
    ) -> HTTPStep {
        if configuration.queriesHTTPSRecords, sequence == 0, let answer {
            if case .httpsRecords = stage {
            } else {
                stage = .httpsRecords
                httpsRecords = HTTPSRecordsExamination(of: answer.outcome, url, configuration, at: now)
            }
            if let step = httpsRecords?.next(after: result) {
                guard case .finished = step else { return step }
                self.answer?.findings.httpsRecords = httpsRecords?.finding
            }
        }
        return conclude(at: now, report)
    }

    private mutating func add(_ found: [Intermediary]) {
        for intermediary in found where answer?.findings.intermediaries.contains(intermediary) == false {
            answer?.findings.intermediaries.append(intermediary)
        }
    }

    private mutating func conclude(at now: Instant, _ report: (HTTPProbeEvent) -> Void) -> HTTPStep {
        if let answer {
            report(.answer(answer))
            if findsScheme { if answer.outcome.hasResponse { findsScheme = false } else { asked = original } }
        }
        answer = nil
        schemeTried = nil
        sequence += configuration.parallel
        guard configuration.count == 0 || sequence < configuration.count else { return .finished }
        redirects = []
        changed = nil
        if configuration.cookieJar == nil { jar = CookieJar() }
        retries = 0
        chain = HTTPChainTotals()
        visits = [:]
        methodAfterRedirect = nil
        stage = .pause
        return .wait(until: max(now, started + configuration.interval))
    }
}

extension Int {
    /// Adds 1 and returns the sum.
    fileprivate mutating func increment() -> Int {
        self &+= 1
        return self
    }
}
