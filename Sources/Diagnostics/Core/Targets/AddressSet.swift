import WireFormat

/// A set of addresses in memory that grows with its gaps, not with its size:
/// ranges in ascending order, IPv4 before IPv6, each address with its place in that order.
public struct AddressSet: Sendable, Equatable {
    /// The most addresses of one set.
    public static let maximumCount = 1 << 32

    /// Neighboring addresses of one family.
    public struct Run: Sendable, Equatable {
        public var family: IPAddress.Family
        var lower: UInt128
        var upper: UInt128
        /// Place of the first address.
        var place = 0

        public var first: IPAddress { IPAddress(family, number: lower) }
        public var last: IPAddress { IPAddress(family, number: upper) }
        public var count: Int { Int(clamping: upper - lower) &+ 1 }
        /// Places of its addresses.
        public var places: Range<Int> { place..<place + count }
    }

    /// Ascending, and never touching one another.
    public private(set) var runs: [Run] = []
    public private(set) var count = 0

    public init() {}

    /// Why addresses could not be added.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// More than `maximumCount`.
        case tooMany

        public var description: String { "more than \(AddressSet.maximumCount) addresses" }
    }

    public var isEmpty: Bool { count == 0 }

    /// Adds ranges, each of one family; what is there already stays as it is.
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

    /// Takes out every address of another set.
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
        // Fewer addresses than before cannot be too many.
        try? take(rest)
    }

    /// Takes out every address from `first` to `last`, which may be more than a set can hold.
    public mutating func remove(from first: IPAddress, through last: IPAddress) {
        guard first.family == last.family, first <= last else { return }
        var hole = AddressSet()
        hole.runs = [Run(family: first.family, lower: first.number, upper: last.number)]
        subtract(hole)
    }

    /// Gives runs that are in order their places.
    private mutating func take(_ ordered: [Run]) throws(Refusal) {
        var placed = ordered
        var place = 0
        for index in placed.indices {
            guard placed[index].upper - placed[index].lower < UInt128(Self.maximumCount) else { throw .tooMany }
            placed[index].place = place
            place += placed[index].count
            guard place <= Self.maximumCount else { throw .tooMany }
        }
        runs = placed
        count = place
    }

    /// The first run of which `isBefore` is false; it is true of all before that one.
    private func partition(_ isBefore: (Run) -> Bool) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(runs[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The address at a place below `count`.
    public subscript(place: Int) -> IPAddress {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].place <= place { low = middle } else { high = middle - 1 }
        }
        return IPAddress(runs[low].family, number: runs[low].lower &+ UInt128(place &- runs[low].place))
    }

    /// The place of an address; nil when it is not in the set.
    public func place(of address: IPAddress) -> Int? {
        let number = address.number
        let family = address.family
        let index = partition { $0.family == family ? $0.upper < number : family == .v6 }
        guard index < runs.count, runs[index].family == family, runs[index].lower <= number else { return nil }
        return runs[index].place &+ Int(truncatingIfNeeded: number &- runs[index].lower)
    }

    public func contains(_ address: IPAddress) -> Bool { place(of: address) != nil }

    /// The families that occur.
    public var families: Set<IPAddress.Family> { Set(runs.map(\.family)) }
}
