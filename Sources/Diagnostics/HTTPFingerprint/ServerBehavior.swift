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

    /// The number of tests made.
    public var count: Int { answers.count { $0 != nil } }
}

extension HTTPFingerprintRequest {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })

    /// The number of the test, from 0.
    var index: Int { Self.indices[self] ?? 0 }
}
