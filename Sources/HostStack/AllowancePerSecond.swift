import PacketEngine

/// So many a second, and no more: of answers that others could have us send.
package struct AllowancePerSecond: Sendable {
    private let limit: Int
    private var used = 0
    private var second: Instant?

    package init(_ limit: Int) { self.limit = limit }

    /// - Returns: whether one more is allowed.
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
