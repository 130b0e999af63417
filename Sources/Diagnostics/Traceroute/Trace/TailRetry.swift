import PacketEngine

/// Retries the unresponsive hops after the last router, slowly, one after the other.
///
/// One of them may be the target: Linux sends one peer 1 error per second after a burst of 6 (icmp_ratelimit), which
/// the probes sent ahead, or a previous trace, may have used up.
struct TailRetry: Sendable {
    static let interval = Nanoseconds.milliseconds(1_050)
    /// The minimum time to wait for such a probe.
    static let patience = Nanoseconds.milliseconds(100)

    private enum State: Sendable {
        case notBegun
        case due(Instant)
        case underWay
        case over
    }

    private var state = State.notBegun
    private var hops: ArraySlice<Int> = []

    var hasBegun: Bool { if case .notBegun = state { false } else { true } }
    var isOver: Bool { if case .over = state { true } else { false } }
    /// When the next hop is to be probed.
    var due: Instant? { if case .due(let instant) = state { instant } else { nil } }
    /// The hop that is probed next, or was probed last.
    var hop: Int? { hops.first }

    mutating func begin(_ hops: Range<Int>, at instant: Instant) {
        self.hops = Array(hops)[...]
        state = hops.isEmpty ? .over : .due(instant)
    }

    /// Notes that the hop was probed.
    mutating func sent() { state = .underWay }

    /// Notes that the probe was answered or timed out.
    mutating func ended(isFound: Bool, next instant: Instant) {
        guard case .underWay = state else { return }
        hops = hops.dropFirst()
        state = isFound || hops.isEmpty ? .over : .due(instant)
    }
}
