/// What the response of a web server must be like, beyond being complete.
public struct HTTPExpectation: Hashable, Sendable {
    private let statuses: ClosedRange<Int>?
    private let match: [UInt8]?

    /// The bytes of a body that are searched.
    public static let bodyLimit = 1 << 20

    public init(_ settings: Check.Settings) {
        statuses = settings.statuses
        match = settings.match.map { Array($0.utf8) }
    }

    /// Whether the body is needed.
    public var needsBody: Bool { match != nil }
    /// Whether a status of 400 or more can be right.
    public var acceptsErrors: Bool { statuses != nil }

    /// Returns why a complete response is not the right one; nil if it is.
    public func objection(status: Int?, body: [UInt8]) -> String? {
        if let statuses, !(status.map { statuses.contains($0) } ?? false) {
            let expected =
                statuses.count == 1 ? "\(statuses.lowerBound)" : "\(statuses.lowerBound) to \(statuses.upperBound)"
            return "status \(status.map { "\($0)" } ?? "missing") (expected \(expected))"
        }
        if let match, !Self.contains(body, match) { return "the body does not have the expected text" }
        return nil
    }

    private static func contains(_ body: [UInt8], _ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        guard body.count >= text.count else { return false }
        return (0...body.count - text.count).contains { start in
            body[start] == first && body[start..<start + text.count].elementsEqual(text)
        }
    }
}
