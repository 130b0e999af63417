import WireFormat

/// A behaviour as pairs of a key and a value, both digests: what is compared.
struct BehaviorFeatures: Sendable {
    /// Sorted by key; a key is there once.
    private(set) var pairs: [(key: UInt64, value: UInt64)] = []

    /// Names whose order and place the server decides more than what it serves.
    private static let core: Set<String> = [
        "accept-ranges", "allow", "connection", "content-length", "content-type", "date", "etag", "keep-alive",
        "last-modified", "server", "transfer-encoding", "vary", "via",
    ]

    /// - Parameter names: collects what the keys mean, where somebody wants to know.
    init(_ behavior: ServerBehavior, names: ((UInt64, String) -> Void)? = nil) {
        var values: [UInt64: UInt64] = [:]
        func add(_ key: String, _ value: String) {
            let digest = StableDigest.of(key)
            names?(digest, key)
            values[digest] = StableDigest.of(value)
        }
        func addBody(_ body: BodyShape, of name: String) {
            switch body {
            case .none: add("\(name) tags", "none")
            case .usual: add("\(name) tags", "usual")
            case .text(let tags, let words):
                add("\(name) tags", "\(tags)")
                add("\(name) words", "\(words)")
            }
        }
        let usual = behavior[.get]?.status
        let missing = behavior[.missing]?.status
        var orders: [String: Set<String>] = [:]
        for test in FingerprintTest.allCases {
            guard let answer = behavior[test] else { continue }
            let name = test.rawValue
            let status = answer.status.map { "\($0)" } ?? answer.opening
            add("\(name) opening", answer.opening)
            add("\(name) status", status)
            add("\(name) ending", answer.ending.rawValue)
            // Whether the application saw the request, whatever it makes of requests.
            let relation =
                answer.status == nil
                ? status : answer.status == usual ? "as get" : answer.status == missing ? "as missing" : status
            add("\(name) relation", relation)
            guard answer.status != nil else {
                addBody(answer.body, of: name)
                continue
            }
            add("\(name) names", answer.names.joined(separator: " "))
            let core = answer.names.filter { Self.core.contains($0.lowercased()) }
            add("\(name) core", core.joined(separator: " "))
            addBody(answer.body, of: name)
            for value in answer.values { add("\(name) \(value.name)", value.shape) }
            let group = (answer.status ?? 0) >= 400 && relation != "as get" ? "error" : "answer"
            for (index, first) in core.enumerated() {
                add("spelling \(first.lowercased())", first)
                for second in core[(index + 1)...] {
                    let (low, high) = (first.lowercased(), second.lowercased())
                    orders["\(group) \(min(low, high)) \(max(low, high))", default: []].insert(low < high ? "<" : ">")
                }
            }
        }
        for (key, order) in orders { add(key, order.sorted().joined()) }
        pairs = values.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
    }
}
