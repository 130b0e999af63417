import PacketEngine

/// Hops that are silent behind the last router are asked once more, slowly, one after the other.
///
/// They may be the target: Linux answers one peer with one error a second
/// after a burst of six (icmp_ratelimit), which the probes that ran ahead, or
/// a trace just before, may have used up.
struct TailRetry: Sendable {
    static let interval = Nanoseconds.milliseconds(1_050)
    /// How long such a probe is waited for, at the least.
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
    /// When the next hop is to be asked.
    var due: Instant? { if case .due(let instant) = state { instant } else { nil } }
    /// The hop that is asked next, or was last.
    var hop: Int? { hops.first }

    mutating func begin(_ hops: Range<Int>, at instant: Instant) {
        self.hops = Array(hops)[...]
        state = hops.isEmpty ? .over : .due(instant)
    }

    /// The hop was asked.
    mutating func sent() { state = .underWay }

    /// What was asked is answered, or will not be.
    mutating func ended(isFound: Bool, next instant: Instant) {
        guard case .underWay = state else { return }
        hops = hops.dropFirst()
        state = isFound || hops.isEmpty ? .over : .due(instant)
    }
}
