import PacketEngine

/// The recent send times of probes: for each of the last send calls its first and last probe, and its start and
/// duration. The time of a single probe is interpolated, so no per-probe state is needed.
struct SendLog: Sendable {
    /// The maximum number of calls kept: seconds at full speed, minutes at a moderate rate.
    private static let capacity = 1 << 17

    private struct Call: Sendable {
        /// Try and index of the first probe in one number that increases monotonically.
        var key: UInt64
        var lastKey: UInt64
        var start: Instant
        var span: Int64
    }

    private var calls: [Call] = []
    /// The total number of calls, which is the next call's number.
    private var count = 0

    private static func key(_ round: Int, _ index: UInt64) -> UInt64 { UInt64(round) << 56 | index }

    mutating func add(round: Int, from first: UInt64, through last: UInt64, start: Instant, span: Nanoseconds) {
        let call = Call(
            key: Self.key(round, first), lastKey: Self.key(round, last), start: start, span: max(span.count, 0))
        if calls.count < Self.capacity { calls.append(call) } else { calls[count % Self.capacity] = call }
        count += 1
    }

    /// Removes all entries, for probes whose indices start again.
    mutating func removeAll() {
        calls.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Returns the send time of a probe; nil if it is no longer known.
    func instant(round: Int, index: UInt64) -> Instant? {
        guard let call = call(round, index) else { return nil }
        let key = Self.key(round, index)
        guard key <= call.lastKey else { return nil }
        guard call.lastKey > call.key else { return call.start }
        let share = Double(key - call.key) / Double(call.lastKey - call.key)
        return call.start + Nanoseconds(Int64(share * Double(call.span)))
    }

    /// Returns a time by which a probe was certainly sent, and the last of the probes that were sent with it. An
    /// expired entry was sent before the oldest one kept.
    func latest(round: Int, index: UInt64) -> (instant: Instant, through: UInt64)? {
        guard let call = call(round, index) ?? oldest else { return nil }
        let isKnown = call.key <= Self.key(round, index)
        return (call.start + Nanoseconds(call.span), isKnown ? call.lastKey & (1 << 56 - 1) : index)
    }

    private var oldest: Call? {
        calls.count < Self.capacity ? calls.first : calls[count % Self.capacity]
    }

    /// Returns the last call that began with the probe or before it.
    private func call(_ round: Int, _ index: UInt64) -> Call? {
        let key = Self.key(round, index)
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
