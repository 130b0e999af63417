import PacketEngine

/// Frames that leave at their times, and the time from which an address is the host's own.
struct ClaimSchedule: Sendable {
    /// After the beginning.
    private var steps: [(after: Nanoseconds, frame: [UInt8])] = []
    /// From when on the address is used, after the beginning.
    var firstUse = Nanoseconds.zero
    private var start: Instant?
    private(set) var isDone = false

    mutating func add(_ frame: [UInt8], after: Nanoseconds) { steps.append((after, frame)) }

    /// When it has something to do; at once, before it has begun.
    var due: Instant? {
        guard let start else { return Instant(nanoseconds: 0) }
        return steps.first.map { start + $0.after } ?? (isDone ? nil : start + firstUse)
    }

    /// The frame that is due, if any.
    mutating func advance(at now: Instant) -> [UInt8]? {
        let start = start ?? now
        self.start = start
        if now >= start + firstUse { isDone = true }
        guard let step = steps.first, start + step.after <= now else { return nil }
        steps.removeFirst()
        return step.frame
    }
}
