/// An exact count of each integer value. Memory grows with the range of the values, not with their number.
public struct ValueHistogram: Sendable {
    private static let pageBits = 10

    /// Counters of 1,024 consecutive values.
    private struct Page {
        /// The high bits of the values.
        var number: UInt64
        var slots = [UInt32](repeating: 0, count: 1 << ValueHistogram.pageBits)

        func value(_ slot: Int) -> UInt64 { number << UInt64(ValueHistogram.pageBits) | UInt64(slot) }
    }

    /// Pages in ascending order of their values.
    private var pages: [Page] = []
    public private(set) var count = 0

    init() {}

    mutating func add(_ value: UInt64) {
        let number = value >> UInt64(Self.pageBits)
        let slot = Int(value & (1 << UInt64(Self.pageBits) - 1))
        let index = index(of: number)
        if index == pages.count || pages[index].number != number { pages.insert(Page(number: number), at: index) }
        pages[index].slots[slot] &+= 1
        count += 1
    }

    /// The index of a page, or the index at which to insert it.
    private func index(of number: UInt64) -> Int {
        var (low, high) = (0, pages.count)
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Returns the nearest-rank percentile: the smallest value that at least `share` of all values do not exceed; nil
    /// if the histogram is empty.
    /// - Parameter share: 0 to 1.
    public func percentile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = max(1, min(count, Int((share * Double(count)).rounded(.up))))
        var seen = 0
        for page in pages {
            for (slot, times) in page.slots.enumerated() where times > 0 {
                seen += Int(times)
                if seen >= rank { return page.value(slot) }
            }
        }
        return nil
    }

    /// Returns the number of values below the first bound, between each two bounds, and from the last bound on.
    public func counts(bounds: [UInt64]) -> [Int] {
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        for page in pages {
            for (slot, times) in page.slots.enumerated() where times > 0 {
                let value = page.value(slot)
                counts[bounds.firstIndex { value < $0 } ?? bounds.count] += Int(times)
            }
        }
        return counts
    }
}
