import WireFormat

/// A set of targets in little memory: runs of consecutive addresses, each target with an index, and a lookup from
/// address to index.
public struct TargetSet: Sendable {
    /// A run of consecutive addresses.
    struct Run: Sendable {
        var family: IPAddress.Family
        var first: UInt128
        var count: Int
        /// The index of the first address.
        var index: Int

        var last: UInt128 { first + UInt128(count - 1) }
    }

    /// The maximum number of targets in one set.
    public static let maximumCount = 1 << 24

    /// Runs in the order of their indices.
    private var runs: [Run] = []
    /// The same runs, ordered by family and address, if there are more than one.
    private var sorted: [Run] = []
    /// Names of targets given by name, by index.
    private var names: [Int: String] = [:]
    public private(set) var count = 0

    public init() {}

    /// The reasons why targets cannot be added.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// More than `maximumCount`.
        case tooMany

        public var description: String { "more than \(TargetSet.maximumCount) targets" }
    }

    /// Adds one address unless the set contains it.
    /// - Parameter name: the target's name for output; nil for its address.
    public mutating func append(_ address: IPAddress, name: String? = nil) throws(Refusal) {
        guard index(of: address) == nil else { return }
        if let name { names[count] = name }
        try append(Run(family: address.family, first: address.number, count: 1, index: count))
    }

    /// Adds every address from `first` to `last`, both of one family, that the set does not contain.
    public mutating func append(from first: IPAddress, through last: IPAddress) throws(Refusal) {
        guard first.family == last.family, first.number <= last.number else { return }
        guard last.number - first.number < UInt128(Self.maximumCount) else { throw .tooMany }
        // Adds the gaps between the runs that exist.
        var start = first.number
        let candidates = sorted[max(position(of: first.family, start) - 1, 0)...]
            .drop { $0.family != first.family || $0.last < start }
            .prefix { $0.family == first.family && $0.first <= last.number }
        for run in candidates {
            if run.first > start { try append(first.family, start, run.first - 1) }
            start = run.last + 1
        }
        if start <= last.number { try append(first.family, start, last.number) }
    }

    private mutating func append(_ family: IPAddress.Family, _ first: UInt128, _ last: UInt128) throws(Refusal) {
        try append(Run(family: family, first: first, count: Int(last - first) + 1, index: count))
    }

    private mutating func append(_ run: Run) throws(Refusal) {
        guard count + run.count <= Self.maximumCount else { throw .tooMany }
        count += run.count
        let position = position(of: run.family, run.first)
        sorted.insert(run, at: position)
        if let last = runs.last, names[run.index] == nil, last.family == run.family, last.last + 1 == run.first {
            runs[runs.count - 1].count += run.count
            merge(at: position)
        } else {
            runs.append(run)
        }
    }

    /// Merges the run at `position` with the one before it if both addresses and indices are consecutive.
    private mutating func merge(at position: Int) {
        guard position > 0 else { return }
        let before = sorted[position - 1]
        let run = sorted[position]
        guard before.family == run.family, before.last + 1 == run.first, before.index + before.count == run.index else {
            return
        }
        sorted[position - 1].count += run.count
        sorted.remove(at: position)
    }

    /// The index in `sorted` of the first run that does not begin before this address.
    private func position(of family: IPAddress.Family, _ number: UInt128) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            let run = sorted[middle]
            let isBefore = run.family == family ? run.first < number : run.family == .v4
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Returns the address of a target.
    public subscript(index: Int) -> IPAddress {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].index <= index { low = middle } else { high = middle - 1 }
        }
        return IPAddress(runs[low].family, number: runs[low].first + UInt128(index - runs[low].index))
    }

    /// Returns the index of an address; nil if it is not a target.
    public func index(of address: IPAddress) -> Int? {
        let number = address.number
        let after = position(of: address.family, number)
        for position in [after, after - 1] where position >= 0 && position < sorted.count {
            let run = sorted[position]
            if run.family == address.family, run.first <= number, number <= run.last {
                return run.index + Int(number - run.first)
            }
        }
        return nil
    }

    /// Returns a target's name if it was given by name, otherwise its address.
    public func label(of index: Int) -> String { names[index] ?? self[index].description }
}
