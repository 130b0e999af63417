import PacketEngine
import WireFormat

/// The neighbor cache: which address has which machine, and how sure that is (RFC 4861, section 5.1).
struct NeighborCache: Sendable {
    /// How sure it is that a neighbor is there (RFC 4861, section 7.3.2).
    enum State: Hashable, Sendable {
        /// It was asked for so many times, and is asked for again at `due`.
        case incomplete(attempts: Int, due: Instant)
        /// It has answered not long ago.
        case reachable(MACAddress, until: Instant)
        /// It was there once; who uses it will have it asked.
        case stale(MACAddress)
        /// It is used, and will be asked at `due`.
        case delay(MACAddress, due: Instant)
        /// It was asked itself so many times, and is asked again at `due`.
        case probe(MACAddress, attempts: Int, due: Instant)

        var mac: MACAddress? {
            switch self {
            case .incomplete: nil
            case .reachable(let mac, _), .stale(let mac), .delay(let mac, _), .probe(let mac, _, _): mac
            }
        }

        /// When it becomes another by itself.
        var due: Instant? {
            switch self {
            case .incomplete(_, let due), .reachable(_, let due), .delay(_, let due), .probe(_, _, let due): due
            case .stale: nil
            }
        }
    }

    struct Entry: Sendable {
        var state: State
        var isRouter = false
        var lastUse: Instant
        /// Packets that wait for the answer.
        var queue: NeighborQueue
    }

    private(set) var entries: [IPv6Address: Entry] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    subscript(address: IPv6Address) -> Entry? {
        get { entries[address] }
        set { entries[address] = newValue }
    }

    /// Makes room for one more: who was not used for the longest gives way.
    /// - Returns: the entry that gave way, nil where none had to.
    mutating func makeRoom() -> (address: IPv6Address, entry: Entry)? {
        guard entries.count >= capacity,
            let oldest = entries.min(by: { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) })
        else { return nil }
        entries[oldest.key] = nil
        return (oldest.key, oldest.value)
    }
}
