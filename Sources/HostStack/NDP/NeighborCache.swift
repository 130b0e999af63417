import PacketEngine
import WireFormat

/// The neighbor cache: MAC addresses by IPv6 address, with their reachability (RFC 4861, section 5.1).
struct NeighborCache: Sendable {
    /// The reachability state of an entry (RFC 4861, section 7.3.2).
    enum State: Hashable, Sendable {
        /// `attempts` multicast solicitations have been sent; the next one is due at `due`.
        case incomplete(attempts: Int, due: Instant)
        /// Reachability was confirmed recently.
        case reachable(MACAddress, until: Instant)
        /// Reachability is not confirmed; the next packet starts the delay.
        case stale(MACAddress)
        /// A packet was sent; the first probe is due at `due`.
        case delay(MACAddress, due: Instant)
        /// `attempts` unicast solicitations have been sent; the next one is due at `due`.
        case probe(MACAddress, attempts: Int, due: Instant)

        var mac: MACAddress? {
            switch self {
            case .incomplete: nil
            case .reachable(let mac, _), .stale(let mac), .delay(let mac, _), .probe(let mac, _, _): mac
            }
        }

        /// The time of the next state change; nil if there is none.
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
        /// Packets that wait for resolution.
        var queue: NeighborQueue
    }

    private(set) var entries: [IPv6Address: Entry] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    subscript(address: IPv6Address) -> Entry? {
        get { entries[address] }
        set { entries[address] = newValue }
    }

    /// Makes room for one more entry by evicting the least recently used one.
    /// - Returns: the evicted entry, or nil if there was room.
    mutating func makeRoom() -> (address: IPv6Address, entry: Entry)? {
        guard entries.count >= capacity,
            let oldest = entries.min(by: { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) })
        else { return nil }
        entries[oldest.key] = nil
        return (oldest.key, oldest.value)
    }
}
