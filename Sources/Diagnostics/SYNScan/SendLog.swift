import PacketEngine

/// When probes left, for the time that matters: the last calls that sent some,
/// each with the first and last probe and the time it took. A probe's own time is
/// computed from its place among them, so that nothing is kept for each of millions.
struct SendLog: Sendable {
    /// Calls that are remembered: seconds at full speed, minutes at a moderate one.
    private static let capacity = 1 << 17

    private struct Call: Sendable {
        /// Try and place of the first probe, in one number that never falls.
        var key: UInt64
        var lastKey: UInt64
        var start: Instant
        var span: Int64
    }

    private var calls: [Call] = []
    /// Calls ever made: the next one's number.
    private var count = 0

    private static func key(_ round: Int, _ place: UInt64) -> UInt64 { UInt64(round) << 56 | place }

    mutating func add(round: Int, from first: UInt64, through last: UInt64, start: Instant, span: Nanoseconds) {
        let call = Call(
            key: Self.key(round, first), lastKey: Self.key(round, last), start: start, span: max(span.count, 0))
        if calls.count < Self.capacity { calls.append(call) } else { calls[count % Self.capacity] = call }
        count += 1
    }

    /// Forgets all of it, for probes whose places begin anew.
    mutating func removeAll() {
        calls.removeAll(keepingCapacity: true)
        count = 0
    }

    /// When a probe left; nil when that is no longer known.
    func instant(round: Int, place: UInt64) -> Instant? {
        guard let call = call(round, place) else { return nil }
        let key = Self.key(round, place)
        guard key <= call.lastKey else { return nil }
        guard call.lastKey > call.key else { return call.start }
        let share = Double(key - call.key) / Double(call.lastKey - call.key)
        return call.start + Nanoseconds(Int64(share * Double(call.span)))
    }

    /// When a probe had left for certain, and the last of the probes that left with it.
    /// What is no longer known had left before the oldest that is.
    func latest(round: Int, place: UInt64) -> (instant: Instant, through: UInt64)? {
        guard let call = call(round, place) ?? oldest else { return nil }
        let isKnown = call.key <= Self.key(round, place)
        return (call.start + Nanoseconds(call.span), isKnown ? call.lastKey & (1 << 56 - 1) : place)
    }

    private var oldest: Call? {
        calls.count < Self.capacity ? calls.first : calls[count % Self.capacity]
    }

    /// The last call that began with the probe or before it.
    private func call(_ round: Int, _ place: UInt64) -> Call? {
        let key = Self.key(round, place)
        let offset = calls.count < Self.capacity ? 0 : count % Self.capacity
        var low = 0
        var high = calls.count
        while low < high {
            let middle = (low + high) / 2
            if calls[(offset + middle) % calls.count].key <= key { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? calls[(offset + low - 1) % calls.count] : nil
    }
}
