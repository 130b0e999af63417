import WireFormat

/// A set of addresses as ascending ranges, IPv4 before IPv6. Each address has an index in that order. Memory grows with
/// the number of ranges, not of addresses.
public struct AddressSet: Sendable, Equatable {
    /// The maximum number of addresses in one set.
    public static let maximumCount = 1 << 32

    /// A run of consecutive addresses of one family.
    public struct Run: Sendable, Equatable {
        public var family: IPAddress.Family
        var lower: UInt128
        var upper: UInt128
        /// The index of the first address.
        var firstIndex = 0

        public var first: IPAddress { IPAddress(family, number: lower) }
        public var last: IPAddress { IPAddress(family, number: upper) }
        public var count: Int { Int(clamping: upper - lower) &+ 1 }
        /// The indices of its addresses.
        public var indices: Range<Int> { firstIndex..<firstIndex + count }
    }

    /// Ascending runs that neither overlap nor touch.
    public private(set) var runs: [Run] = []
    public private(set) var count = 0

    public init() {}

    /// The reasons why addresses cannot be added.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// More than `maximumCount`.
        case tooMany

        public var description: String { "more than \(AddressSet.maximumCount) addresses" }
    }

    public var isEmpty: Bool { count == 0 }

    /// Adds ranges, each of one family.
    public mutating func insert(_ ranges: [(first: IPAddress, last: IPAddress)]) throws(Refusal) {
        var all = runs
        for (first, last) in ranges where first.family == last.family && first <= last {
            all.append(Run(family: first.family, lower: first.number, upper: last.number))
        }
        all.sort { $0.family == $1.family ? $0.lower < $1.lower : $0.family == .v4 }
        var joined: [Run] = []
        for run in all {
            if let last = joined.last, last.family == run.family,
                run.lower <= last.upper || run.lower - last.upper == 1
            {
                joined[joined.count - 1].upper = max(last.upper, run.upper)
            } else {
                joined.append(run)
            }
        }
        try take(joined)
    }

    public mutating func insert(_ address: IPAddress) throws(Refusal) { try insert([(address, address)]) }

    /// Removes every address of another set.
    public mutating func subtract(_ other: AddressSet) {
        var rest: [Run] = []
        for run in runs {
            var lower = run.lower
            var isLeft = true
            let start = other.partition { $0.family == run.family ? $0.upper < run.lower : run.family == .v6 }
            for hole in other.runs[start...] {
                guard hole.family == run.family, hole.lower <= run.upper else { break }
                if hole.lower > lower { rest.append(Run(family: run.family, lower: lower, upper: hole.lower - 1)) }
                guard hole.upper < run.upper else {
                    isLeft = false
                    break
                }
                lower = hole.upper + 1
            }
            if isLeft { rest.append(Run(family: run.family, lower: lower, upper: run.upper)) }
        }
        // The set shrinks, so it cannot exceed the maximum.
        try? take(rest)
    }

    /// Removes every address from `first` to `last`; the range may exceed `maximumCount`.
    public mutating func remove(from first: IPAddress, through last: IPAddress) {
        guard first.family == last.family, first <= last else { return }
        var hole = AddressSet()
        hole.runs = [Run(family: first.family, lower: first.number, upper: last.number)]
        subtract(hole)
    }

    /// Assigns indices to runs that are in order.
    private mutating func take(_ ordered: [Run]) throws(Refusal) {
        var placed = ordered
        var total = 0
        for index in placed.indices {
            guard placed[index].upper - placed[index].lower < UInt128(Self.maximumCount) else { throw .tooMany }
            placed[index].firstIndex = total
            total += placed[index].count
            guard total <= Self.maximumCount else { throw .tooMany }
        }
        runs = placed
        count = total
    }

    /// Returns the index of the first run for which `isBefore` is false; it is true for all runs before that one.
    private func partition(_ isBefore: (Run) -> Bool) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(runs[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Returns the address at an index below `count`.
    public subscript(index: Int) -> IPAddress {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].firstIndex <= index { low = middle } else { high = middle - 1 }
        }
        return IPAddress(runs[low].family, number: runs[low].lower &+ UInt128(index &- runs[low].firstIndex))
    }

    /// Returns the index of an address; nil if the set does not contain it.
    public func index(of address: IPAddress) -> Int? {
        let number = address.number
        let family = address.family
        let run = partition { $0.family == family ? $0.upper < number : family == .v6 }
        guard run < runs.count, runs[run].family == family, runs[run].lower <= number else { return nil }
        return runs[run].firstIndex &+ Int(truncatingIfNeeded: number &- runs[run].lower)
    }

    public func contains(_ address: IPAddress) -> Bool { index(of: address) != nil }

    /// The address families in the set.
    public var families: Set<IPAddress.Family> { Set(runs.map(\.family)) }
}
