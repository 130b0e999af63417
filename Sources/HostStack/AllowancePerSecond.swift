import PacketEngine

/// A rate limit per second, for replies that other hosts could trigger without limit.
package struct AllowancePerSecond: Sendable {
    private let limit: Int
    private var used = 0
    private var second: Instant?

    package init(_ limit: Int) { self.limit = limit }

    /// - Returns: whether another reply is allowed at `now`.
    package mutating func take(at now: Instant) -> Bool {
        if let second, now - second < .seconds(1) {
            guard used < limit else { return false }
            used += 1
            return true
        }
        second = now
        used = 1
        return limit > 0
    }
}
