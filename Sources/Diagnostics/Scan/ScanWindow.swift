/// The probes in flight: a contiguous part of the scan order, with one bit per finished probe.
struct ScanWindow: Sendable {
    /// The maximum number of probes per window: 8 MB of bits, and as much for each of the four marks in use.
    static let mostProbes: UInt64 = 1 << 26

    let indices: Range<UInt64>
    private(set) var decided: [UInt64]
    private(set) var undecidedCount: UInt64
    /// Whether an earlier run finished some of the probes; their try and kind of reply are unknown.
    let isResumed: Bool
    /// Probes finished by a later try than the first, by the last try, by an ICMP error, and probes of open ports.
    var later: ScanMarks
    var last: ScanMarks
    var errors: ScanMarks
    var open: ScanMarks

    /// - Parameter decided: the bits of an earlier run; probes beyond them are unfinished.
    init(_ indices: Range<UInt64>, decided bits: [UInt64] = []) {
        self.indices = indices
        let none = ScanMarks(indices)
        (later, last, errors, open) = (none, none, none, none)
        let size = indices.upperBound - indices.lowerBound
        decided = [UInt64](repeating: 0, count: Int((size + 63) / 64))
        undecidedCount = size
        for (slot, word) in bits.enumerated() where slot < decided.count {
            let isLast = slot == decided.count - 1 && size % 64 != 0
            decided[slot] = isLast ? word & (1 << (size % 64) - 1) : word
            undecidedCount -= UInt64(decided[slot].nonzeroBitCount)
        }
        isResumed = undecidedCount < size
    }

    /// Marks a probe of the window as finished. Returns false if it was finished already.
    mutating func decide(_ index: UInt64) -> Bool {
        let offset = index &- indices.lowerBound
        let slot = Int(truncatingIfNeeded: offset &>> 6)
        let bit: UInt64 = 1 &<< (offset & 63)
        guard decided[slot] & bit == 0 else { return false }
        decided[slot] |= bit
        undecidedCount &-= 1
        return true
    }

    /// Whether a probe of the window is finished.
    func isDecided(_ index: UInt64) -> Bool {
        let offset = index &- indices.lowerBound
        return decided[Int(truncatingIfNeeded: offset &>> 6)] & (1 &<< (offset & 63)) != 0
    }

    /// Returns the first unfinished probe from an index on.
    func next(from index: UInt64) -> UInt64? {
        guard index < indices.upperBound else { return nil }
        var offset = index &- indices.lowerBound
        var slot = Int(truncatingIfNeeded: offset &>> 6)
        var word = ~decided[slot] &>> (offset & 63)
        while word == 0 {
            slot &+= 1
            guard slot < decided.count else { return nil }
            offset = UInt64(slot) &* 64
            word = ~decided[slot]
        }
        let found = indices.lowerBound &+ offset &+ UInt64(word.trailingZeroBitCount)
        return found < indices.upperBound ? found : nil
    }

    /// Counts probes by their result. Those that an ICMP error finished are left out.
    /// - Parameter offsets: the distances of the probes from the start of the window.
    func counts(in offsets: Range<UInt64>) -> (answered: Int, later: Int, last: Int, unanswered: Int) {
        var counts = (answered: 0, later: 0, last: 0, unanswered: 0)
        guard let last = offsets.last else { return counts }
        for slot in Int(offsets.lowerBound / 64)...Int(last / 64) {
            var mask = UInt64.max
            if UInt64(slot) == offsets.lowerBound / 64 { mask &= .max << (offsets.lowerBound % 64) }
            if UInt64(slot) == last / 64 { mask &= .max >> (63 - last % 64) }
            counts.answered += (decided[slot] & ~errors[slot] & mask).nonzeroBitCount
            counts.later += (later[slot] & mask).nonzeroBitCount
            counts.last += (self.last[slot] & mask).nonzeroBitCount
            counts.unanswered += (~decided[slot] & mask).nonzeroBitCount
        }
        return counts
    }

    /// Returns the bits up to the last finished probe.
    /// - Parameter unreported: finished probes that are left out.
    func bits(without unreported: [UInt64]) -> [UInt64] {
        var bits = decided
        for index in unreported where indices.contains(index) {
            let offset = index - indices.lowerBound
            bits[Int(offset / 64)] &= ~(1 << (offset % 64))
        }
        return Array(bits[..<((bits.lastIndex { $0 != 0 } ?? -1) + 1)])
    }
}

/// One extra bit per probe of a window. Memory is allocated when the first bit is set: a scan in which every first try
/// is answered, or none is, needs none.
struct ScanMarks: Sendable {
    private let indices: Range<UInt64>
    private var bits: [UInt64] = []

    init(_ indices: Range<UInt64>) { self.indices = indices }

    /// Sets the bit of a probe in the window.
    mutating func insert(_ index: UInt64) {
        guard indices.contains(index) else { return }
        if bits.isEmpty { bits = [UInt64](repeating: 0, count: (indices.count &+ 63) / 64) }
        let offset = index &- indices.lowerBound
        bits[Int(truncatingIfNeeded: offset &>> 6)] |= 1 &<< (offset & 63)
    }

    /// The bits of 64 probes.
    subscript(slot: Int) -> UInt64 { bits.isEmpty ? 0 : bits[slot] }

    func contains(_ index: UInt64) -> Bool {
        guard !bits.isEmpty, indices.contains(index) else { return false }
        let offset = index &- indices.lowerBound
        return bits[Int(truncatingIfNeeded: offset &>> 6)] & (1 &<< (offset & 63)) != 0
    }
}
