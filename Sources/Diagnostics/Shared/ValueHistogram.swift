/// How often each whole value has been seen, exactly, in memory that grows
/// with the spread of the values and not with their number.
public struct ValueHistogram: Sendable {
    private static let pageBits = 10

    /// Counters of 1,024 neighbouring values each, by the values' high bits.
    private var pages: [UInt64: [UInt32]] = [:]
    public private(set) var count = 0

    public init() {}

    public mutating func add(_ value: UInt64) {
        let page = value >> UInt64(Self.pageBits)
        let slot = Int(value & (1 << UInt64(Self.pageBits) - 1))
        pages[page, default: [UInt32](repeating: 0, count: 1 << Self.pageBits)][slot] &+= 1
        count += 1
    }

    /// The smallest value that at least the given share of all values does not
    /// exceed (the nearest-rank percentile); nil when nothing was added.
    /// - Parameter share: 0 to 1.
    public func percentile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = max(1, min(count, Int((share * Double(count)).rounded(.up))))
        var seen = 0
        for page in pages.keys.sorted() {
            for (slot, times) in (pages[page] ?? []).enumerated() where times > 0 {
                seen += Int(times)
                if seen >= rank { return page << UInt64(Self.pageBits) | UInt64(slot) }
            }
        }
        return nil
    }

    /// How many values lie in each of `bounds`' gaps: below the first bound, between two, from the last on.
    public func counts(bounds: [UInt64]) -> [Int] {
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        for (page, slots) in pages {
            for (slot, times) in slots.enumerated() where times > 0 {
                let value = page << UInt64(Self.pageBits) | UInt64(slot)
                counts[bounds.firstIndex { value < $0 } ?? bounds.count] += Int(times)
            }
        }
        return counts
    }
}
