import PacketEngine
import WireFormat

/// Everything that is asked of one URL, a request after the other.
public struct ProbePlan: HTTPPlan {
    public typealias Event = ProbeEvent

    private enum Stage {
        case request
        case pause
        case methods
        case keepAlive
        case intermediaries
    }

    private let asked: HTTPURL
    private let configuration: ProbeConfiguration
    private var stage = Stage.request
    private var url: HTTPURL
    private var sequence = 0
    private var redirects: [RedirectHop] = []
    private var methodAfterRedirect: HTTPMethod?
    private var started = Instant(nanoseconds: 0)
    private var answer: ProbeAnswer?
    private var methods: MethodsExamination
    private var keepAlive: KeepAliveExamination
    private var intermediaries = IntermediariesExamination()

    /// - Parameter number: another one for each plan of a run: names of what cannot exist are made of it.
    public init(_ url: HTTPURL, _ configuration: ProbeConfiguration, number: Int) {
        asked = url
        self.url = url
        self.configuration = configuration
        var random = SeededGenerator(seed: configuration.seed &+ UInt64(number))
        methods = MethodsExamination(missing: "/" + String(random.next(), radix: 36) + String(random.next(), radix: 36))
        keepAlive = KeepAliveExamination(patience: configuration.keepAlivePatience ?? .zero)
    }

    public mutating func next(
        after result: HTTPResult, at now: Instant, _ report: (ProbeEvent) -> Void
    ) -> HTTPStep {
        if configuration.keptBytes > 0, case .fetched(let outcome) = result { report(.exchange(outcome)) }
        switch stage {
        case .request:
            guard case .fetched(let outcome) = result else {
                started = now
                return .fetch(request(mayReuse: configuration.sharesConnection))
            }
            if outcome.isReused, outcome.head == nil, outcome.failure != nil, outcome.failure != .stopped {
                // The server ended the connection before it saw the request.
                return .fetch(request(mayReuse: false))
            }
            var last = outcome
            if let next = redirect(&last) { return .fetch(next) }
            judge(last)
            return examine(.began, at: now, report)
        case .pause:
            stage = .request
            return next(after: .began, at: now, report)
        case .methods, .keepAlive, .intermediaries:
            return examine(result, at: now, report)
        }
    }

    public mutating func stop(_ report: (ProbeEvent) -> Void) {
        if let answer { report(.answer(answer)) }
        answer = nil
    }

    // MARK: Requests

    private func request(mayReuse: Bool) -> HTTPFetch {
        if let raw = configuration.raw {
            let line = HTTPHead(raw.rawBytes).start
            var method = HTTPMethod.get
            if case .request(let line) = line { method = HTTPMethod(String(decoding: line.method, as: UTF8.self)) }
            var fetch = HTTPFetch(origin: configuration.places.origin(of: url), method: method, bytes: raw)
            configuration.limit(&fetch)
            return fetch
        }
        var fetch = ProbeRequest(configuration, url, method: methodAfterRedirect).fetch(configuration, url)
        fetch.mayReuse = mayReuse
        fetch.keepsConnection = configuration.sharesConnection
        return fetch
    }

    /// The request that an answer sends us to; nil when there is none, and a failure where it should be followed.
    private mutating func redirect(_ outcome: inout HTTPOutcome) -> HTTPFetch? {
        guard configuration.redirects > 0, outcome.failure == nil, let status = outcome.status,
            [301, 302, 303, 307, 308].contains(status), let head = outcome.head,
            let location = head["Location"]
        else { return nil }
        let next: HTTPURL
        do throws(HTTPURL.Problem) {
            next = try url.resolving(location)
        } catch {
            outcome.failure = .redirect("Location cannot be followed: \(error)")
            return nil
        }
        guard redirects.count < configuration.redirects else {
            outcome.failure = .redirect("more than \(configuration.redirects) redirects")
            return nil
        }
        let hop = RedirectHop(url: url, status: status, location: location)
        if next == url || redirects.contains(where: { $0.url == next }),
            configuration.fields.allSatisfy({ $0.name.lowercased() != "cookie" })
        {
            outcome.failure = .redirect("the redirects go round in a circle")
            return nil
        }
        redirects.append(hop)
        // Another method than GET and HEAD becomes GET where that is what everybody does (RFC 9110, section 15.4).
        let method = outcome.fetch.method
        if status == 303 && method != .head || [301, 302].contains(status) && method == .post {
            methodAfterRedirect = .get
        }
        let isElsewhere = next.host != url.host || next.port != url.port || next.scheme != url.scheme
        let user = (url.user, url.password)
        url = next
        // What was meant for one server is not shown to another.
        if !isElsewhere, url.user == nil { (url.user, url.password) = user }
        return request(mayReuse: true)
    }

    // MARK: Judging

    private mutating func judge(_ outcome: HTTPOutcome) {
        var outcome = outcome
        if configuration.refusesErrors, outcome.failure == nil, let status = outcome.status, status >= 400 {
            outcome.failure = .status(status)
        }
        var answer = ProbeAnswer(
            asked: asked, url: url, sequence: sequence, redirects: redirects, outcome: outcome)
        if let head = outcome.head {
            let isSecure = outcome.tls != nil
            answer.findings.keepsConnection =
                head.keepsConnection && ![.untilClose, .invalid, .tunnel].contains(outcome.framing ?? .untilClose)
                && outcome.ending != .closed
            answer.findings.intermediaries = Intermediary.shown(by: head)
            answer.problems += head.problems().map { "\($0)" }
            answer.problems += answer.cookies.flatMap { $0.problems(isSecure: isSecure) }
        }
        answer.problems += outcome.problems.map { "\($0)" }
        if outcome.excess > 0 { answer.problems.append("\(outcome.excess) bytes come after the answer") }
        if let doubt = outcome.tls?.doubt { answer.problems.append("certificate: \(doubt)") }
        self.answer = answer
    }

    // MARK: Examining

    private mutating func examine(
        _ result: HTTPResult, at now: Instant, _ report: (ProbeEvent) -> Void
    ) -> HTTPStep {
        // The first answer is examined, further ones are measured alone.
        guard let outcome = answer?.outcome, outcome.head != nil, configuration.raw == nil, sequence == 0 else {
            return conclude(at: now, report)
        }
        var result = result
        if case .request = stage { stage = .methods }
        if case .methods = stage {
            if configuration.examinesMethods {
                let step = methods.next(after: result, url, configuration)
                guard case .finished = step else { return step }
                answer?.findings.methods = methods.finding
                if let traced = methods.traced { add(Intermediary.shown(byTrace: traced)) }
                result = .began
            }
            stage = .intermediaries
        }
        if case .intermediaries = stage {
            if configuration.examinesIntermediaries {
                let step = intermediaries.next(after: result, first: outcome, url, configuration)
                guard case .finished = step else { return step }
                add(intermediaries.found)
                result = .began
            }
            stage = .keepAlive
        }
        if configuration.keepAlivePatience != nil {
            var fetch = ProbeRequest(configuration, url, method: .head).fetch(configuration, url)
            fetch.mayReuse = true
            fetch.keepsConnection = true
            let step = keepAlive.next(after: result, fetch, at: now)
            guard case .finished = step else { return step }
            answer?.findings.keepAlive = keepAlive.finding
            answer?.findings.keepsConnection = keepAlive.finding.requests > 1
        }
        return conclude(at: now, report)
    }

    private mutating func add(_ found: [Intermediary]) {
        for intermediary in found where answer?.findings.intermediaries.contains(intermediary) == false {
            answer?.findings.intermediaries.append(intermediary)
        }
    }

    private mutating func conclude(at now: Instant, _ report: (ProbeEvent) -> Void) -> HTTPStep {
        if let answer { report(.answer(answer)) }
        answer = nil
        sequence += 1
        guard sequence < configuration.count else { return .finished }
        url = asked
        redirects = []
        methodAfterRedirect = nil
        stage = .pause
        return .wait(until: max(now, started + configuration.interval))
    }
}
