import PacketEngine
import WireFormat

/// Which failures of a request are transient, and how long to wait before the next attempt, as in curl.
public struct RetryRule: Hashable, Sendable {
    /// The maximum number of further attempts, in `counts`.
    public var count = 0
    /// The wait before each attempt; nil for one that begins with 1 s and doubles, up to 10 minutes.
    public var delay: Nanoseconds?
    /// Whether a refused connection is a transient failure.
    public var includesRefusals = false
    /// Whether every failure is transient.
    public var includesEverything = false

    /// The limits of attempts.
    public static let counts = 0...1_000
    /// The statuses of transient failures.
    static let transientStatuses = [408, 429, 500, 502, 503, 504]
    private static let longestDelay = Nanoseconds.seconds(600)

    public init() {}

    /// Returns the wait before the next attempt; nil if the outcome is not transient, or no attempt is left.
    /// - Parameters:
    ///   - attempt: the number of retries so far.
    ///   - wall: seconds since 1970-01-01 00:00 UTC; nil if unknown.
    func wait(after outcome: HTTPOutcome, attempt: Int, wall: Int64?) -> Nanoseconds? {
        guard attempt < count, isTransient(outcome) else { return nil }
        if let asked = outcome.head.flatMap({ Self.retryAfter($0, wall: wall) }) { return asked }
        if let delay { return delay }
        return min(Nanoseconds.seconds(1 << Int64(min(attempt, 10))), Self.longestDelay)
    }

    private func isTransient(_ outcome: HTTPOutcome) -> Bool {
        switch outcome.failure {
        case .stopped: return false
        case .timeout: return true
        case .connection(.refused): return includesRefusals || includesEverything
        case .connection(.timedOut): return true
        case nil, .status:
            return outcome.status.map(Self.transientStatuses.contains) ?? includesEverything
        default: return includesEverything
        }
    }

    /// The wait that the server asks for: seconds or a date (RFC 9110, section 10.2.3), at most `longestDelay`.
    private static func retryAfter(_ head: HTTPHead, wall: Int64?) -> Nanoseconds? {
        guard let text = head["Retry-After"] else { return nil }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number that is too large asks for a long wait.
            return Int64(text).map { .seconds(min($0, 600)) } ?? longestDelay
        }
        guard let wall, let date = (try? HTTPDate(Array(text.utf8)))?.secondsSince1970 else { return nil }
        return min(.seconds(min(max(date - wall, 0), 600)), longestDelay)
    }
}
