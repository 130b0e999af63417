import PacketEngine
import WireFormat

/// The ARP cache: MAC addresses by IPv4 address (RFC 826).
struct ARPCache: Sendable {
    /// The resolution state of an entry.
    enum State: Hashable, Sendable {
        /// `attempts` requests have been sent; the next one is due at `due`.
        case pending(attempts: Int, due: Instant)
        case resolved(MACAddress, expires: Instant)
        /// A static entry: it neither expires nor is evicted.
        case permanent(MACAddress)
    }

    struct Entry: Sendable {
        var state: State
        var lastUse: Instant
        /// Datagrams that wait for resolution.
        var queue: NeighborQueue
    }

    private(set) var entries: [IPv4Address: Entry] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    subscript(address: IPv4Address) -> Entry? {
        get { entries[address] }
        set { entries[address] = newValue }
    }

    /// Makes room for one more entry by evicting one.
    /// - Returns: the evicted entry, or nil if there was room or every entry is permanent.
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

    // MARK: Expiry

    /// Removes the resolved entries whose lifetime has ended, and returns them in the order of their addresses.
    mutating func removeExpired(at now: Instant) -> [(address: IPv4Address, mac: MACAddress)] {
        let expired = entries.compactMap { address, entry -> (address: IPv4Address, mac: MACAddress)? in
            guard case .resolved(let mac, let expires) = entry.state, expires <= now else { return nil }
            return (address, mac)
        }
        for (address, _) in expired { entries[address] = nil }
        // Sorted, so that a run is reproducible.
        return expired.sorted { $0.address < $1.address }
    }

    /// The next time at which a request is due or an entry expires; nil if neither is to come.
    var due: Instant? {
        entries.values.lazy.compactMap { entry -> Instant? in
            switch entry.state {
            case .pending(_, let due): due
            case .resolved(_, let expires): expires
            case .permanent: nil
            }
        }.min()
    }
}
