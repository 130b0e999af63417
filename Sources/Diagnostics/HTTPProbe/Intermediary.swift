import WireFormat

/// A host between this client and the server, with the evidence.
public struct Intermediary: Hashable, Sendable {
    /// Its kind, as far as known (RFC 9110, section 3.7).
    public enum Kind: String, Sendable {
        case proxy
        case gateway
        case cache
        case tunnel
        case balancer
    }

    public var kind: Kind
    /// The evidence: a field, or a difference between responses.
    public var evidence: String

    /// Returns the intermediaries that the fields of a response show.
    static func shown(by head: HTTPHead) -> [Intermediary] {
        var found: [Intermediary] = []
        for via in head.list("Via") {
            // A pseudonym instead of a host may belong to a gateway as well as to a proxy.
            found.append(Intermediary(kind: .proxy, evidence: "Via: \(via)"))
        }
        for name in ["X-Cache", "X-Cache-Lookup", "X-Cache-Status", "CF-Cache-Status", "Cache-Status", "X-Varnish"] {
            if let value = head[name] { found.append(Intermediary(kind: .cache, evidence: "\(name): \(value)")) }
        }
        if let age = head["Age"] { found.append(Intermediary(kind: .cache, evidence: "Age: \(age)")) }
        for name in ["X-Served-By", "X-Backend", "X-Backend-Server", "X-Upstream", "X-Envoy-Upstream-Service-Time"] {
            if let value = head[name] { found.append(Intermediary(kind: .gateway, evidence: "\(name): \(value)")) }
        }
        for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Proxy-Connection", "Proxy-Authenticate"] {
            if let value = head[name] { found.append(Intermediary(kind: .proxy, evidence: "\(name): \(value)")) }
        }
        return found
    }

    /// Returns the intermediaries that added fields to our request, as TRACE returned it.
    static func shown(byTrace bytes: [UInt8]) -> [Intermediary] {
        let names = ["Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"]
        let head = HTTPHead(bytes.rawBytes)
        return names.flatMap { name in
            head.values(name).map { Intermediary(kind: .proxy, evidence: "TRACE shows \(name): \($0)") }
        }
    }
}

/// Finds intermediaries: repeats a request, requests a tunnel, and sends TRACE with Max-Forwards 0.
struct IntermediariesExamination {
    private(set) var found: [Intermediary] = []
    private var stage = 0

    mutating func next(
        after result: HTTPResult, first answer: HTTPOutcome, _ url: HTTPURL, _ configuration: HTTPProbeConfiguration
    ) -> HTTPStep {
        if case .fetched(let outcome) = result {
            switch stage {
            case 1: if let before = answer.head, let after = outcome.head { compare(before, after) }
            case 2:
                if let status = outcome.status, (200...299).contains(status) {
                    found.append(
                        Intermediary(kind: .tunnel, evidence: "CONNECT \(url.hostAndPort) returns \(status)"))
                }
            case 3:
                if outcome.status == 200 { found += Intermediary.shown(byTrace: outcome.body.kept) }
                compareServers(answer.head, outcome.head, "a request with Max-Forwards: 0")
            default: break
            }
        }
        stage += 1
        switch stage {
        case 1:
            return .fetch(HTTPProbeRequest(configuration, url, method: answer.fetch.method).fetch(configuration, url))
        case 2: return .fetch(HTTPProbeRequest(configuration, url, method: .connect).fetch(configuration, url))
        case 3:
            var request = HTTPProbeRequest(configuration, url, method: .trace)
            request.fields.append(HTTPField("Max-Forwards", "0"))
            var fetch = request.fetch(configuration, url)
            fetch.keptBody = max(fetch.keptBody, 16 << 10)
            return .fetch(fetch)
        default: return .finished
        }
    }

    private mutating func compare(_ before: HTTPHead, _ after: HTTPHead) {
        if let first = before["Age"].flatMap({ Int($0) }), let second = after["Age"].flatMap({ Int($0) }),
            second < first
        {
            found.append(Intermediary(kind: .balancer, evidence: "Age changed from \(first) to \(second)"))
        }
        for name in ["X-Cache", "X-Cache-Status", "CF-Cache-Status"] {
            if let first = before[name], let second = after[name], first != second {
                found.append(Intermediary(kind: .cache, evidence: "\(name) changed from \(first) to \(second)"))
            }
        }
        compareServers(before, after, "a repeated request")
        let names = before.fields.map { $0.name.lowercased() }
        let later = after.fields.map { $0.name.lowercased() }
        if names != later, Set(names) == Set(later) {
            found.append(
                Intermediary(kind: .balancer, evidence: "a repeated request returns the fields in another order"))
        }
    }

    private mutating func compareServers(_ before: HTTPHead?, _ after: HTTPHead?, _ what: String) {
        guard let first = before?["Server"], let second = after?["Server"], first != second else { return }
        found.append(
            Intermediary(kind: .balancer, evidence: "Server is \(first), but \(second) for \(what)"))
    }
}
