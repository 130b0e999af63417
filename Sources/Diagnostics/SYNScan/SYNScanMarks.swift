/// One extra bit per probe of a window. Memory is allocated when the first bit is set: a scan in which every first try
/// is answered, or none is, needs none.
struct SYNScanMarks: Sendable {
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

    func contains(_ index: UInt64) -> Bool {
        guard !bits.isEmpty, indices.contains(index) else { return false }
        let offset = index &- indices.lowerBound
        return bits[Int(truncatingIfNeeded: offset &>> 6)] & (1 &<< (offset & 63)) != 0
    }
}
