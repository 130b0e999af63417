import WireFormat

/// The targets of a ping sweep without duplicates, in the order in which they were added, with their names. Memory
/// grows with the number of ranges, not of addresses.
public struct PingSweepTargetList: Sendable {
    /// Runs in the order of their indices.
    private var runs: [AddressSet.Run] = []
    /// The same runs in the order of their addresses, joined where the indices allow it.
    private var sorted: [AddressSet.Run] = []
    /// Names of targets given by name, by index.
    private var names: [Int: String] = [:]
    public private(set) var count = 0

    public init() {}

    private static let refusal = TooManyTargets(limit: AddressSet.maximumSweepCount)

    /// Adds one address unless the list contains it.
    /// - Parameter name: the target's name for output; nil for its address.
    public mutating func append(_ address: IPAddress, name: String? = nil) throws(TooManyTargets) {
        guard index(of: address) == nil else { return }
        if let name { names[count] = name }
        try append(address.family, address.number, address.number)
    }

    /// Adds every address from `first` to `last`, both of one family, that the list does not contain.
    public mutating func append(from first: IPAddress, through last: IPAddress) throws(TooManyTargets) {
        guard first.family == last.family, first.number <= last.number else { return }
        guard last.number - first.number < UInt128(Self.refusal.limit) else { throw Self.refusal }
        // Adds the gaps between the runs that exist.
        var start = first.number
        let existing = sorted[sorted.index(notBefore: first.family, start)...]
            .prefix { $0.family == first.family && $0.lower <= last.number }
        for run in existing {
            if run.lower > start { try append(first.family, start, run.lower - 1) }
            guard run.upper < last.number else { return }
            start = run.upper + 1
        }
        try append(first.family, start, last.number)
    }

    private mutating func append(_ family: IPAddress.Family, _ lower: UInt128, _ upper: UInt128) throws(TooManyTargets)
    {
        let run = AddressSet.Run(family: family, lower: lower, upper: upper, firstIndex: count)
        guard count + run.count <= Self.refusal.limit else { throw Self.refusal }
        let position = sorted.index(notBefore: family, lower)
        if position > 0, sorted[position - 1].isContinued(by: run) {
            sorted[position - 1].upper = upper
        } else {
            sorted.insert(run, at: position)
        }
        if let last = runs.last, last.isContinued(by: run) {
            runs[runs.count - 1].upper = upper
        } else {
            runs.append(run)
        }
        count += run.count
    }

    /// Returns the address of a target.
    public subscript(index: Int) -> IPAddress { runs.address(at: index) }

    /// Returns the index of an address; nil if it is not a target.
    public func index(of address: IPAddress) -> Int? { sorted.index(of: address) }

    /// Returns a target's name if it was given by name, otherwise its address.
    public func label(of index: Int) -> String { names[index] ?? self[index].description }
}

extension AddressSet.Run {
    /// Whether both the addresses and the indices of another run follow those of this one.
    fileprivate func isContinued(by next: AddressSet.Run) -> Bool {
        family == next.family && indices.upperBound == next.firstIndex && next.lower > upper && next.lower - upper == 1
    }
}
