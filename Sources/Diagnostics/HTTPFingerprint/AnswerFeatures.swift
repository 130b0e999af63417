/// What of one answer is compared, as digests: made once for an answer, however many tests were answered with it.
struct AnswerFeatures: Hashable, Sendable {
    /// An aspect and its value. The same aspect of another test is another feature.
    struct Aspect: Hashable, Sendable {
        var key: UInt64
        var value: UInt64
    }

    /// Nil where there was no status line.
    let status: Int?
    /// What stands for the status where there is none.
    let statusValue: UInt64
    private(set) var aspects: [Aspect] = []
    /// How names are spelled, whatever the test.
    private(set) var spellings: [Aspect] = []
    /// Two names of which the first, in the alphabet's order, came first or did not.
    private(set) var orders: [(key: UInt64, isAscending: Bool)] = []

    /// Names whose order and place the server decides more than what it serves.
    private static let core: Set<String> = [
        "accept-ranges", "allow", "connection", "content-length", "content-type", "date", "etag", "keep-alive",
        "last-modified", "server", "transfer-encoding", "vary", "via",
    ]

    init(_ answer: AnswerShape) {
        status = answer.status
        statusValue = StableDigest.of(answer.status.map { "\($0)" } ?? answer.opening)
        func add(_ aspect: String, _ value: String) {
            aspects.append(Aspect(key: StableDigest.of(aspect), value: StableDigest.of(value)))
        }
        add("opening", answer.opening)
        add("ending", answer.ending.rawValue)
        switch answer.body {
        case .none: add("tags", "none")
        case .usual: add("tags", "usual")
        case .text(let tags, let words):
            add("tags", "\(tags)")
            add("words", "\(words)")
        }
        guard status != nil else { return }
        for value in answer.values { add(value.name, value.shape) }
        add("names", answer.names.joined(separator: " "))
        let core = answer.names.filter { Self.core.contains($0.lowercased()) }
        add("core", core.joined(separator: " "))
        let names = core.map { (lower: $0.lowercased(), digest: StableDigest.of($0)) }
        for (index, first) in names.enumerated() {
            spellings.append(Aspect(key: StableDigest.of("spelling", first.lower), value: first.digest))
            for second in names[(index + 1)...] {
                let isAscending = first.lower < second.lower
                let (low, high) = isAscending ? (first.lower, second.lower) : (second.lower, first.lower)
                orders.append((StableDigest.of("order", low, high), isAscending))
            }
        }
    }

    static func == (left: AnswerFeatures, right: AnswerFeatures) -> Bool { left.aspects == right.aspects }

    func hash(into hasher: inout Hasher) { hasher.combine(aspects) }
}
