import WireFormat

/// A server's responses to the tests.
public struct ServerBehavior: Hashable, Sendable {
    /// One response per test, in order; nil for a test that was not made.
    public internal(set) var answers: [AnswerShape?]

    init() { answers = Array(repeating: nil, count: HTTPFingerprintRequest.allCases.count) }

    public subscript(test: HTTPFingerprintRequest) -> AnswerShape? {
        get { answers[test.index] }
        set { answers[test.index] = newValue }
    }

    /// Whether all tests got the same status line and field names: the server shows nothing but one response.
    var isUniform: Bool {
        let made = answers.compactMap(\.self)
        return made.allSatisfy { $0.opening == made[0].opening && $0.names == made[0].names }
    }

    /// Returns the behavior as if only some tests had been made.
    package func answers(to tests: some Sequence<HTTPFingerprintRequest>) -> ServerBehavior {
        var behavior = ServerBehavior()
        for test in tests { behavior[test] = self[test] }
        return behavior
    }

    /// The number of tests made.
    public var count: Int { answers.count { $0 != nil } }
}

extension HTTPFingerprintRequest {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })

    /// The number of the test, from 0.
    var index: Int { Self.indices[self] ?? 0 }
}

/// A behavior as pairs of key and value, both digests, for comparison.
struct BehaviorFeatures: Sendable {
    struct Pair: Sendable {
        var key: UInt64
        var value: UInt64
        /// The number of the test that shows the feature; nil if any test may show it.
        var test: Int?

        /// The value for a comparison with others of its key.
        var code: UInt32 { UInt32(truncatingIfNeeded: value ^ value >> 32) }
    }

    /// The features sorted by key; keys are unique.
    let pairs: [Pair]

    private static let statusAspect = StableDigest.of("status")
    private static let asUsual = StableDigest.of("as get")
    private static let asMissing = StableDigest.of("as missing")
    private static let errorGroup = StableDigest.of("error")

    init(_ behavior: ServerBehavior) {
        var own: [Pair] = []
        own.reserveCapacity(500)
        var shared: [UInt64: UInt64] = [:]
        let usual = behavior[.get]?.features
        let missing = behavior[.missing]?.features
        for (number, answer) in behavior.answers.enumerated() {
            guard let features = answer?.features else { continue }
            let test = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
            // Whether the application saw the request: a response equal to the usual one counts once, and the others
            // count by their difference from it.
            var model: (features: AnswerFeatures, mark: UInt64)?
            if features.status != nil {
                if let usual, number != HTTPFingerprintRequest.get.index, features.status == usual.status {
                    model = (usual, Self.asUsual)
                } else if let missing, number > HTTPFingerprintRequest.missing.index, features.status == missing.status
                {
                    model = (missing, Self.asMissing)
                }
            }
            func add(_ key: UInt64, _ value: UInt64) { own.append(Pair(key: key ^ test, value: value, test: number)) }
            add(Self.statusAspect, model?.mark ?? features.statusValue)
            var known = model?.features.aspects[...] ?? []
            for aspect in features.aspects {
                // Aspects are in a fixed order.
                if let index = known.firstIndex(where: { $0.key == aspect.key }) {
                    if known[index].value != aspect.value { add(aspect.key, aspect.value) }
                    known = known[(index + 1)...]
                } else {
                    add(aspect.key, aspect.value)
                }
            }
            for spelling in features.spellings { shared[spelling.key] = spelling.value }
            let isError = (features.status ?? 0) >= 400 && features.status != usual?.status
            for order in features.orders {
                shared[isError ? order.key ^ Self.errorGroup : order.key, default: 0] |= order.isAscending ? 1 : 2
            }
        }
        pairs = (own + shared.map { Pair(key: $0.key, value: $0.value) }).sorted { $0.key < $1.key }
    }
}
