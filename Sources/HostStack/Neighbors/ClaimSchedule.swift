import PacketEngine

/// Frames that leave at their times, and the time from which an address is the host's own.
struct ClaimSchedule: Sendable {
    /// After the beginning.
    private var plan: [(after: Nanoseconds, frame: [UInt8])] = []
    /// Those of the plan that have left already.
    private var sent = 0
    /// From when on the address is used, after the beginning.
    var firstUse = Nanoseconds.zero
    private var start: Instant?
    private(set) var isDone = false

    mutating func add(_ frame: [UInt8], after: Nanoseconds) { plan.append((after, frame)) }

    /// When it has something to do; at once, before it has begun.
    var due: Instant? {
        guard let start else { return Instant(nanoseconds: 0) }
        return sent < plan.count ? start + plan[sent].after : isDone ? nil : start + firstUse
    }

    /// The frame that is due, if any.
    mutating func advance(at now: Instant) -> [UInt8]? {
        var start = start ?? now
        defer { self.start = start }
        let frame = sent < plan.count ? plan[sent] : nil
        if !isDone, frame.map({ $0.after >= firstUse }) ?? true, now >= start + firstUse { isDone = true }
        guard let frame, start + frame.after <= now else { return nil }
        // Where a frame was held up, what follows it is as far from it as it should be.
        start = now - frame.after
        sent += 1
        return frame.frame
    }

    /// A frame could not be sent: addresses that are not in use yet are checked from the beginning, after a while.
    mutating func sendingFailed(at now: Instant) {
        guard !isDone else { return }
        start = now + Self.retryInterval
        sent = 0
    }

    private static let retryInterval = Nanoseconds.seconds(1)

    /// Restarts after a link interruption, because earlier probes may not have been received. An address that is in use
    /// stays so and is only announced again, although RFC 5227, section 2.1, asks for new probes then.
    mutating func restart(at now: Instant) {
        guard isDone else {
            start = nil
            sent = 0
            return
        }
        start = now - firstUse
        sent = plan.firstIndex { $0.after >= firstUse } ?? plan.count
    }
}
