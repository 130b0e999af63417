import PacketEngine

extension PingSweepEngine {
    /// The state of one target.
    struct Host {
        /// The send times of its last two probes.
        var lastSent = Instant(nanoseconds: 0)
        var sentBefore = Instant(nanoseconds: 0)
        /// One bit for each of the last 64 attempts, set if it was answered; bit 0 is the last.
        var answered: UInt64 = 0
        var attempts: UInt32 = 0
        /// The attempt whose send time is `lastSent`.
        var stampedAttempt: UInt32 = 0
        var received: UInt32 = 0
        /// One bit for each of the last 64 attempts, set if an ICMP error ended it or it was not sent.
        var ended: UInt64 = 0
        var state = State.waiting
        /// Whether `lastSent` is the packet's own time, not interpolated within a batch.
        var isExact = true

        /// Whether it is a neighbor that the kernel resolves when a probe is sent to it.
        var isResolvedByKernel = false
        /// Whether the kernel resolves its address and queues the probe meanwhile.
        var isResolving = false

        enum State: UInt8 {
            /// Its MAC address is being looked up.
            case sought
            /// Its MAC address is known; no probe was sent yet.
            case found
            case waiting
            /// Its result was reported.
            case decided
        }
    }
}

/// A queue of indices in one array that is compacted at intervals.
struct IndexQueue {
    private var storage: [UInt32] = []
    private var head = 0

    var first: Int? { head < storage.count ? Int(storage[head]) : nil }

    mutating func append(_ index: Int) { storage.append(UInt32(truncatingIfNeeded: index)) }

    mutating func removeFirst() {
        head += 1
        if head > 4096, head * 2 > storage.count {
            storage.removeFirst(head)
            head = 0
        }
    }
}
