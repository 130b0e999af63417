import PacketEngine

/// What became of the last probes, up to 65,536 of them: as many as sequence
/// numbers can tell apart.
struct PingProbeWindow {
    enum State: UInt8 {
        /// Handed over, not yet on its way.
        case queued
        /// On its way, or its answer is.
        case pending
        case answered
        /// Answered after its time.
        case late
        /// Its time is up.
        case timedOut
        /// An ICMP error has ended it.
        case refused
        /// It could not be sent.
        case failed
    }

    struct Slot {
        var sentAt = Instant(nanoseconds: 0)
        var state = State.queued
        /// The time is the packet's own, not shared out among several.
        var isExact = true

        /// A reply came, in time or late.
        var isAnswered: Bool { state == .answered || state == .late }
    }

    static let maximumCapacity = 1 << 16

    /// A power of two of slots; a probe's is its number modulo their count.
    private var slots: [Slot]
    /// Number of the newest probe; the first is 1.
    private(set) var newest = 0

    init() { slots = [Slot](repeating: Slot(), count: 256) }

    /// Number of the oldest probe that is still known.
    var oldest: Int { max(1, newest &- slots.count &+ 1) }

    /// Makes room for the next probe.
    /// - Returns: the probe that leaves the window for it, if one does.
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

    /// The newest probe with this sequence number that is still known.
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
