import PacketEngine

/// A host's limit of replies per second, as firewalls and kernels count it.
struct AnswerLimit {
    /// The kind of limit.
    enum Kind {
        /// A token bucket with a constant fill rate, full at first. Without a burst it holds one token, which it lacks at first.
        case bucket(rate: Double, burst: Double)
        /// A number per second of the clock.
        case perSecond(Int)
    }

    private let kind: Kind
    private var tokens: Double
    private var last: Instant?
    private var second: Int64 = -1

    init(_ kind: Kind) {
        self.kind = kind
        tokens = if case .bucket(_, let burst) = kind { burst } else { 0 }
    }

    mutating func allows(at now: Instant) -> Bool {
        switch kind {
        case .bucket(let rate, let burst):
            if let last { tokens = min(max(burst, 1), tokens + (now - last).seconds * rate) }
            last = now
        case .perSecond(let count):
            let current = (now - Instant(nanoseconds: 0)).count / 1_000_000_000
            if current != second { (second, tokens) = (current, Double(count)) }
        }
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
