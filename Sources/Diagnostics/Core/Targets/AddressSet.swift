import WireFormat

/// A set of addresses as ascending ranges, IPv4 before IPv6. Each address has an index in that order. Memory grows with
/// the number of ranges, not of addresses.
public struct AddressSet: Sendable, Equatable {
    /// The maximum number of addresses in one set.
    public static let maximumCount = 1 << 32
    /// The maximum number of targets of a sweep, which keeps a state for each.
    public static let maximumSweepCount = 1 << 24

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

    public var isEmpty: Bool { count == 0 }

    /// Adds ranges, each of one family.
    /// - Parameter limit: the maximum number of addresses in the set.
    public mutating func insert(
        _ ranges: [(first: IPAddress, last: IPAddress)], limit: Int = maximumCount
    ) throws(TooManyTargets) {
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
        try take(joined, limit)
    }

    public mutating func insert(_ address: IPAddress) throws(TooManyTargets) { try insert([(address, address)]) }

    /// Removes every address of another set.
    public mutating func subtract(_ other: AddressSet) {
        var rest: [Run] = []
        for run in runs {
            var lower = run.lower
            var isLeft = true
            let start = other.runs.index(notBefore: run.family, run.lower)
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
        try? take(rest, Self.maximumCount)
    }

    /// Removes every address from `first` to `last`; the range may exceed `maximumCount`.
    public mutating func remove(from first: IPAddress, through last: IPAddress) {
        guard first.family == last.family, first <= last else { return }
        var hole = AddressSet()
        hole.runs = [Run(family: first.family, lower: first.number, upper: last.number)]
        subtract(hole)
    }

    /// Removes every address that another set does not have.
    /// - Returns: the number of addresses removed.
    public mutating func formIntersection(_ other: AddressSet) -> Int {
        var rest = self
        rest.subtract(other)
        subtract(rest)
        return rest.count
    }

    /// Assigns indices to runs that are in order.
    private mutating func take(_ ordered: [Run], _ limit: Int) throws(TooManyTargets) {
        var placed = ordered
        var total = 0
        for index in placed.indices {
            guard placed[index].upper - placed[index].lower < UInt128(limit) else { throw TooManyTargets(limit: limit) }
            placed[index].firstIndex = total
            total += placed[index].count
            guard total <= limit else { throw TooManyTargets(limit: limit) }
        }
        runs = placed
        count = total
    }

    /// Returns the address at an index below `count`.
    public subscript(index: Int) -> IPAddress { runs.address(at: index) }

    /// Returns the index of an address; nil if the set does not contain it.
    public func index(of address: IPAddress) -> Int? { runs.index(of: address) }

    public func contains(_ address: IPAddress) -> Bool { index(of: address) != nil }

    /// The address families in the set.
    public var families: Set<IPAddress.Family> { Set(runs.map(\.family)) }
}

/// The refusal of targets beyond a maximum number.
public struct TooManyTargets: Error, Equatable, Sendable, CustomStringConvertible {
    /// The maximum.
    public var limit: Int

    public init(limit: Int) { self.limit = limit }

    public var description: String { "more than \(limit) targets" }
}

/// Searches in runs that do not overlap.
extension [AddressSet.Run] {
    /// Returns the position of the first run that does not end before an address, in runs in the order of their
    /// addresses.
    func index(notBefore family: IPAddress.Family, _ number: UInt128) -> Int {
        partition { $0.family == family ? $0.upper < number : family == .v6 }
    }

    /// Returns the index of an address, in runs in the order of their addresses; nil if no run contains it.
    func index(of address: IPAddress) -> Int? {
        let number = address.number
        let position = index(notBefore: address.family, number)
        guard position < count, self[position].family == address.family, self[position].lower <= number else {
            return nil
        }
        return self[position].firstIndex &+ Int(truncatingIfNeeded: number &- self[position].lower)
    }

    /// Returns the address at an index that one of the runs has, in runs in the order of their indices.
    func address(at index: Int) -> IPAddress {
        let run = self[partition { $0.firstIndex <= index } - 1]
        return IPAddress(run.family, number: run.lower &+ UInt128(index &- run.firstIndex))
    }

    /// Returns the position of the first run for which `isBefore` is false; it is true for all runs before that one.
    @inline(__always)
    private func partition(_ isBefore: (AddressSet.Run) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
