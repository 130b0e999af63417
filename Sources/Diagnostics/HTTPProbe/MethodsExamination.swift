import PacketEngine
import WireFormat

/// The methods that a server allows, by its Allow field and by tests.
public struct MethodsFinding: Hashable, Sendable {
    /// A tested method and its result.
    public struct Trial: Hashable, Sendable {
        public var method: HTTPMethod
        /// The status; nil if there was no response.
        public var status: Int?
    }

    /// The methods in Allow (RFC 9110, section 10.2.1); nil without the field.
    public var allowed: [String]?
    public var trials: [Trial] = []

    /// The methods that are allowed as far as known: those in Allow and those that succeeded.
    public var methods: [String] {
        let working = trials.filter { $0.status.map { (200...399).contains($0) } == true }.map(\.method.name)
        guard let allowed else { return working }
        let refused = Set(trials.filter { [405, 501].contains($0.status ?? 0) }.map(\.method.name))
        return allowed.filter { !refused.contains($0) } + working.filter { !allowed.contains($0) }
    }
}

/// Sends OPTIONS, then tests each method; unsafe methods go to a path that does not exist.
struct MethodsExamination {
    private(set) var finding = MethodsFinding()
    /// The response to TRACE: our request as received (RFC 9110, section 9.3.8).
    private(set) var traced: [UInt8]?
    private var waiting: [HTTPMethod]
    private var current: HTTPMethod?
    private let missing: String

    /// - Parameter missing: the path that does not exist.
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
                // The server closed the connection meanwhile.
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
        while let method = waiting.popLast() {
            let next = fetch(method, url, configuration, mayReuse: true)
            // A proxy that forwards requests carries out CONNECT itself (RFC 9110, section 9.3.6).
            if method == .connect, next.absolutePrefix != nil { continue }
            current = method
            return .fetch(next)
        }
        return .finished
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
