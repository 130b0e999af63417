import PacketEngine
import WireFormat

/// The cache table: which address has which machine, and since when (RFC 826).
struct ARPCache: Sendable {
    /// How much is known of an address.
    enum State: Hashable, Sendable {
        /// It was asked for so many times, and is asked for again at `due`.
        case pending(attempts: Int, due: Instant)
        case resolved(MACAddress, expires: Instant)
        /// By hand; it neither expires nor gives way.
        case permanent(MACAddress)
    }

    struct Entry: Sendable {
        var state: State
        var lastUse: Instant
        /// Datagrams that wait for the answer.
        var queue: NeighborQueue
    }

    private(set) var entries: [IPv4Address: Entry] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    subscript(address: IPv4Address) -> Entry? {
        get { entries[address] }
        set { entries[address] = newValue }
    }

    /// Makes room for one more.
    /// - Returns: the entry that gave way, nil where none had to; all of the table may be permanent.
    mutating func makeRoom() -> (address: IPv4Address, entry: Entry)? {
        guard entries.count >= capacity else { return nil }
        var oldest: (key: IPv4Address, value: Entry)?
        for candidate in entries {
            if case .permanent = candidate.value.state { continue }
            guard let best = oldest else {
                oldest = candidate
                continue
            }
            if (candidate.value.lastUse, candidate.key) < (best.value.lastUse, best.key) { oldest = candidate }
        }
        guard let oldest else { return nil }
        entries[oldest.key] = nil
        return (oldest.key, oldest.value)
    }

    var isFull: Bool { entries.count >= capacity }
}
