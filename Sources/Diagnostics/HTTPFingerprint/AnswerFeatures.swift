/// The features of one response as digests, computed once even if several tests received the same response.
struct AnswerFeatures: Hashable, Sendable {
    /// An aspect and its value. The same aspect of another test is another feature.
    struct Aspect: Hashable, Sendable {
        var key: UInt64
        var value: UInt64
    }

    /// The status; nil without a status line.
    let status: Int?
    /// The digest of the status, or of what replaces it.
    let statusValue: UInt64
    private(set) var aspects: [Aspect] = []
    /// The spelling of names, for all tests.
    private(set) var spellings: [Aspect] = []
    /// The relative order of two names in alphabetical order.
    private(set) var orders: [(key: UInt64, isAscending: Bool)] = []

    init(
        opening: String, names: [String], ending: AnswerShape.Ending, body: BodyShape, values: [AnswerShape.Value]
    ) {
        status = Self.status(opening)
        statusValue = StableDigest.of(status.map { "\($0)" } ?? opening)
        aspects.reserveCapacity(12)
        add(Self.opening, opening)
        add(Self.ending, ending.rawValue)
        switch body {
        case .none: add(Self.tags, "none")
        case .usual: add(Self.tags, "usual")
        case .text(let tags, let wordDigest):
            add(Self.tags, "\(tags)")
            add(Self.bodyWords, "\(wordDigest)")
        }
        guard status != nil else { return }
        add(Self.reason, Self.reason(opening))
        for value in values { add(StableDigest.of(value.name), Self.stable(value)) }
        add(Self.names, names.joined(separator: " "))
        let core = names.compactMap { name in CoreName.indices[name.lowercased()].map { (name, $0) } }
        add(Self.core, core.map(\.0).joined(separator: " "))
        add(Self.rest, names.map { $0.lowercased() }.filter { !CoreName.ofFronts.contains($0) }.joined(separator: " "))
        for (index, (name, first)) in core.enumerated() {
            spellings.append(Aspect(key: CoreName.spellingKeys[first], value: StableDigest.of(name)))
            for (_, second) in core[(index + 1)...] {
                orders.append((CoreName.orderKey(first, second), first < second))
            }
        }
    }

    private static func status(_ opening: String) -> Int? {
        guard opening.hasPrefix("HTTP/") else { return nil }
        let parts = opening.split(separator: " ", maxSplits: 2)
        return parts.count > 1 ? Int(parts[1]) : nil
    }

    /// The shape of a value without what varies from response to response: the order of the methods in Allow, which may
    /// be that of a set, and the number of equal interim responses, which front and origin send at any time.
    private static func stable(_ value: AnswerShape.Value) -> String {
        switch value.name {
        case "allow": value.shape.split(separator: ",").map { $0.filter { $0 != " " } }.sorted().joined(separator: ",")
        case "interim": Set(value.shape.split(separator: " ")).sorted().joined(separator: " ")
        default: value.shape
        }
    }

    private static func reason(_ opening: String) -> String {
        let parts = opening.split(separator: " ", maxSplits: 2)
        return parts.count > 2 ? String(parts[2]) : ""
    }

    private static let reason = StableDigest.of("reason")
    private static let rest = StableDigest.of("rest")
    private static let opening = StableDigest.of("opening")
    private static let ending = StableDigest.of("ending")
    private static let tags = StableDigest.of("tags")
    private static let bodyWords = StableDigest.of("words")
    private static let names = StableDigest.of("names")
    private static let core = StableDigest.of("core")

    private mutating func add(_ aspect: UInt64, _ value: String) {
        aspects.append(Aspect(key: aspect, value: StableDigest.of(value)))
    }

    static func == (left: AnswerFeatures, right: AnswerFeatures) -> Bool { left.aspects == right.aspects }

    func hash(into hasher: inout Hasher) { hasher.combine(aspects) }
}

/// Names whose order and position depend on the server more than on the content.
private enum CoreName {
    /// In alphabetical order.
    static let all = [
        "accept-ranges", "allow", "connection", "content-length", "content-type", "date", "etag", "keep-alive",
        "last-modified", "server", "transfer-encoding", "vary", "via",
    ]
    /// Names that a front adds, removes or moves; the others are those of the origin, behind most fronts.
    static let ofFronts = Set(all).union([
        "age", "cache-status", "proxy-connection", "x-cache", "x-cache-lookup", "x-squid-error", "x-varnish",
    ])
    static let indices = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($0.element, $0.offset) })
    static let spellingKeys = all.map { StableDigest.of("spelling", $0) }
    private static let orderKeys = all.flatMap { low in all.map { high in StableDigest.of("order", low, high) } }

    /// Returns the first of two names.
    static func orderKey(_ first: Int, _ second: Int) -> UInt64 {
        orderKeys[min(first, second) * all.count + max(first, second)]
    }
}
