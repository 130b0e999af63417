/// One extra bit per probe of a window. Memory is allocated when the first bit is set: a scan in which every first try
/// is answered, or none is, needs none.
struct SYNScanMarks: Sendable {
    private let places: Range<UInt64>
    private var words: [UInt64] = []

    init(_ places: Range<UInt64>) { self.places = places }

    /// Sets the bit of a probe in the window.
    mutating func insert(_ place: UInt64) {
        guard places.contains(place) else { return }
        if words.isEmpty { words = [UInt64](repeating: 0, count: (places.count &+ 63) / 64) }
        let offset = place &- places.lowerBound
        words[Int(truncatingIfNeeded: offset &>> 6)] |= 1 &<< (offset & 63)
    }

    func contains(_ place: UInt64) -> Bool {
        guard !words.isEmpty, places.contains(place) else { return false }
        let offset = place &- places.lowerBound
        return words[Int(truncatingIfNeeded: offset &>> 6)] & (1 &<< (offset & 63)) != 0
    }
}
