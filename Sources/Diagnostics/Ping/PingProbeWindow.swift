import PacketEngine

/// The states of the most recent probes, up to 65,536: the number of distinct sequence numbers.
struct PingProbeWindow {
    enum State: UInt8 {
        /// Queued, not sent yet.
        case queued
        /// Sent, waiting for a reply.
        case pending
        case answered
        /// Answered after its timeout.
        case late
        /// Timed out.
        case timedOut
        /// Ended by an ICMP error.
        case refused
        /// Not sent because of a local error.
        case failed
    }

    struct Slot {
        var sentAt = Instant(nanoseconds: 0)
        var state = State.queued
        /// Whether the send time is the packet's own, not interpolated within a batch.
        var isExact = true

        /// Whether a reply was received, in time or late.
        var isAnswered: Bool { state == .answered || state == .late }
    }

    static let maximumCapacity = 1 << 16

    /// The slots, a power of two; a probe's slot is its number modulo their count.
    private var slots: [Slot]
    /// The number of the newest probe; the first is 1.
    private(set) var newest = 0

    init() { slots = [Slot](repeating: Slot(), count: 256) }

    /// The number of the oldest probe in the window.
    var oldest: Int { max(1, newest &- slots.count &+ 1) }

    /// Makes room for the next probe.
    /// - Returns: the probe that leaves the window, if there is one.
    mutating func append() -> Slot? {
        var expired: Slot?
        if newest >= slots.count {
            if slots.count < Self.maximumCapacity {
                grow()
            } else {
                expired = self[newest &+ 1 &- slots.count]
            }
        }
        newest &+= 1
        self[newest] = Slot()
        return expired
    }

    private mutating func grow() {
        var larger = [Slot](repeating: Slot(), count: slots.count * 2)
        for number in oldest...newest { larger[number & (larger.count - 1)] = self[number] }
        slots = larger
    }

    /// Returns the newest probe in the window with this sequence number.
    func number(ofSequence sequence: UInt16) -> Int? {
        let behind = Int(UInt16(truncatingIfNeeded: newest) &- sequence)
        let number = newest &- behind
        return number >= oldest ? number : nil
    }

    subscript(number: Int) -> Slot {
        get { slots[number & (slots.count &- 1)] }
        set { slots[number & (slots.count &- 1)] = newValue }
    }
}
