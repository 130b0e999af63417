/// The probes under way: neighbors in the order of the scan, and a bit for each that is decided.
struct SYNScanWindow: Sendable {
    /// The most probes of a window: eight megabytes of bits, and as much for each of the four marks that is in use.
    static let mostProbes: UInt64 = 1 << 26

    let places: Range<UInt64>
    private(set) var decided: [UInt64]
    private(set) var undecidedCount: UInt64
    /// An earlier run decided some of the probes: by which try and by what kind of answer is not known.
    let isResumed: Bool
    /// Probes that another try than the first decided, those that the last one did, those that an ICMP error did,
    /// and those of open ports.
    var later: SYNScanMarks
    var last: SYNScanMarks
    var errors: SYNScanMarks
    var open: SYNScanMarks

    /// - Parameter decided: bits from an earlier run; what is beyond them is undecided.
    init(_ places: Range<UInt64>, decided words: [UInt64] = []) {
        self.places = places
        let none = SYNScanMarks(places)
        (later, last, errors, open) = (none, none, none, none)
        let size = places.upperBound - places.lowerBound
        decided = [UInt64](repeating: 0, count: Int((size + 63) / 64))
        undecidedCount = size
        for (index, word) in words.enumerated() where index < decided.count {
            let isLast = index == decided.count - 1 && size % 64 != 0
            decided[index] = isLast ? word & (1 << (size % 64) - 1) : word
            undecidedCount -= UInt64(decided[index].nonzeroBitCount)
        }
        isResumed = undecidedCount < size
    }

    /// Decides a probe of the window; false when it was already.
    mutating func decide(_ place: UInt64) -> Bool {
        let offset = place &- places.lowerBound
        let index = Int(truncatingIfNeeded: offset &>> 6)
        let bit: UInt64 = 1 &<< (offset & 63)
        guard decided[index] & bit == 0 else { return false }
        decided[index] |= bit
        undecidedCount &-= 1
        return true
    }

    /// Whether a probe of the window is decided.
    func isDecided(_ place: UInt64) -> Bool {
        let offset = place &- places.lowerBound
        return decided[Int(truncatingIfNeeded: offset &>> 6)] & (1 &<< (offset & 63)) != 0
    }

    /// The first undecided probe from a place on.
    func next(from place: UInt64) -> UInt64? {
        guard place < places.upperBound else { return nil }
        var offset = place &- places.lowerBound
        var index = Int(truncatingIfNeeded: offset &>> 6)
        var word = ~decided[index] &>> (offset & 63)
        while word == 0 {
            index &+= 1
            guard index < decided.count else { return nil }
            offset = UInt64(index) &* 64
            word = ~decided[index]
        }
        let found = places.lowerBound &+ offset &+ UInt64(word.trailingZeroBitCount)
        return found < places.upperBound ? found : nil
    }

    /// The bits up to the last decided probe.
    var words: [UInt64] { Array(decided[..<((decided.lastIndex { $0 != 0 } ?? -1) + 1)]) }
}
