import PacketEngine
import WireFormat

/// Which methods a server allows: by what it says, and by trying.
public struct MethodsFinding: Hashable, Sendable {
    /// One that was tried, and what came.
    public struct Trial: Hashable, Sendable {
        public var method: HTTPMethod
        /// Nil when there was no answer.
        public var status: Int?
    }

    /// What the server says in Allow (RFC 9110, section 10.2.1); nil when it says nothing.
    public var allowed: [String]?
    public var trials: [Trial] = []

    /// The methods that are allowed, as far as it can be told: those of the list, and those that worked.
    public var methods: [String] {
        let working = trials.filter { $0.status.map { (200...399).contains($0) } == true }.map(\.method.name)
        guard let allowed else { return working }
        let refused = Set(trials.filter { [405, 501].contains($0.status ?? 0) }.map(\.method.name))
        return allowed.filter { !refused.contains($0) } + working.filter { !allowed.contains($0) }
    }
}

/// Asks with OPTIONS and then tries each method; what could change something goes to a path that cannot exist.
struct MethodsExamination {
    private(set) var finding = MethodsFinding()
    /// What TRACE brought back: our request as it arrived (RFC 9110, section 9.3.8).
    private(set) var traced: [UInt8]?
    private var waiting: [HTTPMethod]
    private var current: HTTPMethod?
    private let missing: String

    /// - Parameter missing: the path that cannot exist.
    init(missing: String) {
        self.missing = missing
        waiting = [.options, .get, .head, .trace, .post, .put, .patch, .delete, .connect].reversed()
    }

    private static let changing: [HTTPMethod] = [.post, .put, .patch, .delete]

    mutating func next(
        after result: HTTPResult, _ url: HTTPURL, _ configuration: HTTPProbeConfiguration
    ) -> HTTPStep {
        if case .fetched(let outcome) = result, let current {
            if outcome.isReused, outcome.failure != nil, outcome.head == nil {
                // The server ended the connection meanwhile.
                return .fetch(fetch(current, url, configuration, mayReuse: false))
            }
            finding.trials.append(.init(method: current, status: outcome.status))
            if let head = outcome.head, !head.values("Allow").isEmpty {
                var allowed = finding.allowed ?? []
                for name in head.list("Allow") where !allowed.contains(name) { allowed.append(name) }
                finding.allowed = allowed
            }
            if current == .trace, outcome.status == 200 { traced = outcome.body.kept }
        }
        guard let method = waiting.popLast() else { return .finished }
        current = method
        return .fetch(fetch(method, url, configuration, mayReuse: true))
    }

    private func fetch(
        _ method: HTTPMethod, _ url: HTTPURL, _ configuration: HTTPProbeConfiguration, mayReuse: Bool
    ) -> HTTPFetch {
        var url = url
        let isChanging = Self.changing.contains(method)
        if isChanging { url.target = missing }
        let hasBody = isChanging && method != .delete
        var fetch = HTTPProbeRequest(configuration, url, method: method, body: hasBody ? [] : nil)
            .fetch(configuration, url)
        fetch.mayReuse = mayReuse
        fetch.keepsConnection = method != .connect
        fetch.keptBody = max(fetch.keptBody, 16 << 10)
        return fetch
    }
}
