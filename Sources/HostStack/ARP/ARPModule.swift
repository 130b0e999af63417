import PacketEngine
import WireFormat

/// A host's ARP addresses, timers and limits on one link.
public struct ARPConfiguration: Sendable {
    public var mac: MACAddress
    /// The host's own addresses; requests are sent from the first.
    public var addresses: [IPv4Address]
    /// The lifetime of a cache entry (RFC 1122, section 2.3.2.1).
    public var lifetime = Nanoseconds.seconds(20 * 60)
    /// The minimum time between two requests for one address (RFC 1122, section 2.3.2.1).
    public var retryInterval = Nanoseconds.seconds(1)
    /// The number of requests for an address before its queued datagrams are dropped.
    public var attempts = 5
    /// The maximum number of cache entries; the least recently used one is evicted first.
    public var capacity = 1_024
    /// The maximum number of datagrams queued for one address; the oldest is dropped first (RFC 1122, section 2.3.2.2).
    public var queueDepth = 64

    public init(mac: MACAddress, addresses: [IPv4Address]) {
        self.mac = mac
        self.addresses = addresses
    }
}

/// ARP for one host on one Ethernet: a cache with a queue for each address that is being resolved, and three modules
/// that work on it (RFC 826; RFC 1122, section 2.3.2). It makes no system call and reads no clock.
///
/// - output: sends a datagram to the next hop in a frame, at once or after the next hop has replied;
/// - input: updates the cache from received packets and answers requests for the host's addresses;
/// - cache control: repeats unanswered requests, gives up after the last, and removes expired entries.
public struct ARPModule: Sendable {
    private var configuration: ARPConfiguration
    private var cache: ARPCache
    private var events: [NeighborEvent<IPv4Address>] = []
    private var lastDoubt: Instant?
    /// The time of the next cache control; nil if nothing is pending.
    public private(set) var due: Instant?

    public init(_ configuration: ARPConfiguration) {
        self.configuration = configuration
        cache = ARPCache(capacity: configuration.capacity)
    }

    /// The number of cache entries.
    public var count: Int { cache.entries.count }

    /// Returns the MAC address of `address`, or nil if it is not in the cache.
    public func mac(of address: IPv4Address) -> MACAddress? {
        switch cache[address]?.state {
        case .resolved(let mac, _), .permanent(let mac): mac
        case .pending, nil: nil
        }
    }

    /// Removes one of the host's own addresses.
    mutating func remove(_ address: IPv4Address) { configuration.addresses.removeAll { $0 == address } }

    /// Adds a permanent cache entry.
    public mutating func setPermanent(_ address: IPv4Address, _ mac: MACAddress, at now: Instant) {
        let waiting = cache[address]?.queue.datagrams ?? []
        guard cache[address] != nil || makeRoom() else { return }
        cache[address] = ARPCache.Entry(
            state: .permanent(mac), lastUse: now, queue: NeighborQueue(depth: configuration.queueDepth))
        for datagram in waiting { send(datagram, to: mac) }
    }

    /// Passes the pending events to `report`, in order, and removes them.
    public mutating func drain(_ report: (NeighborEvent<IPv4Address>) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Sends an IPv4 datagram to a next hop on the link, or queues it until the next hop has replied.
    public mutating func output(_ datagram: [UInt8], to nextHop: IPv4Address, at now: Instant) {
        if nextHop.isMulticast { return send(datagram, to: MACAddress(multicast: nextHop)) }
        if nextHop.isLimitedBroadcast { return send(datagram, to: .broadcast) }
        if var entry = cache[nextHop] {
            entry.lastUse = now
            switch entry.state {
            case .resolved(let mac, let expires) where expires > now:
                cache[nextHop] = entry
                return send(datagram, to: mac)
            case .permanent(let mac):
                cache[nextHop] = entry
                return send(datagram, to: mac)
            case .pending:
                if let dropped = entry.queue.append(datagram) {
                    events.append(.crowdedOut(dropped, nextHop: nextHop))
                }
                cache[nextHop] = entry
                return
            case .resolved(let mac, _):
                events.append(.expired(nextHop, mac))
                cache[nextHop] = nil
            }
        }
        guard makeRoom() else {
            events.append(.crowdedOut(datagram, nextHop: nextHop))
            return
        }
        var queue = NeighborQueue(depth: configuration.queueDepth)
        _ = queue.append(datagram)
        begin(nextHop, queue, at: now)
    }

    /// Adds an entry and sends its first request.
    private mutating func begin(_ nextHop: IPv4Address, _ queue: NeighborQueue, at now: Instant) {
        cache[nextHop] = ARPCache.Entry(
            state: .pending(attempts: 1, due: now + configuration.retryInterval), lastUse: now, queue: queue)
        ask(for: nextHop)
        schedule()
    }

    /// Resolves an address without queuing a datagram; the caller keeps what it wants to send.
    public mutating func resolve(_ nextHop: IPv4Address, at now: Instant) {
        guard cache[nextHop] == nil else { return }
        guard makeRoom() else {
            events.append(.unresolved(nextHop))
            return
        }
        begin(nextHop, NeighborQueue(depth: configuration.queueDepth), at: now)
    }

    /// Resolves an address again because packets to it appear to be lost. The cached MAC address stays in use until a
    /// reply arrives (RFC 1122, section 2.3.2.1 (4)).
    public mutating func doubt(_ nextHop: IPv4Address, at now: Instant) {
        guard case .resolved? = cache[nextHop]?.state,
            lastDoubt.map({ now - $0 >= configuration.retryInterval }) ?? true
        else { return }
        lastDoubt = now
        ask(for: nextHop)
    }

    private mutating func send(_ datagram: [UInt8], to mac: MACAddress) {
        events.append(.frame(frame(datagram.rawBytes, to: mac)))
    }

    /// Returns a frame that carries `datagram` to `mac`.
    func frame(_ datagram: RawSpan, to mac: MACAddress) -> [UInt8] {
        EthernetFrame.bytes(datagram, .ipv4, from: configuration.mac, to: mac)
    }

    private mutating func ask(for address: IPv4Address) {
        let request = ARPPacket.request(
            for: address, from: configuration.mac, configuration.addresses.first ?? .unspecified)
        events.append(.frame(ARPFrame.bytes(request, to: .broadcast)))
    }

    /// - Returns: false if every cache entry is permanent.
    private mutating func makeRoom() -> Bool {
        if let (address, entry) = cache.makeRoom() {
            for datagram in entry.queue.datagrams { events.append(.crowdedOut(datagram, nextHop: address)) }
        }
        return !cache.isFull
    }

    private mutating func giveUp(_ entry: ARPCache.Entry, _ address: IPv4Address) {
        for datagram in entry.queue.datagrams { events.append(.undeliverable(datagram, nextHop: address)) }
    }

    // MARK: Input

    /// Processes an ARP packet as in RFC 826, "Packet Reception": refreshes entries of known senders, and adds new ones
    /// only if the packet is addressed to this host.
    public mutating func input(_ packet: ARPPacket, at now: Instant) {
        guard packet.operation == .request || packet.operation == .reply, packet.senderMAC != configuration.mac,
            packet.senderMAC.isStation
        else { return }
        guard !configuration.addresses.contains(packet.senderAddress) else {
            events.append(.conflict(packet.senderAddress, packet.senderMAC))
            return
        }
        if !packet.senderAddress.isUnspecified, !packet.senderAddress.isMulticast,
            !packet.senderAddress.isLimitedBroadcast
        {
            learn(packet, at: now)
        }
        guard packet.operation == .request, configuration.addresses.contains(packet.targetAddress) else { return }
        events.append(.frame(ARPFrame.bytes(packet.reply(from: configuration.mac), to: packet.senderMAC)))
    }

    private mutating func learn(_ packet: ARPPacket, at now: Instant) {
        let (address, mac) = (packet.senderAddress, packet.senderMAC)
        let state = ARPCache.State.resolved(mac, expires: now + configuration.lifetime)
        guard var entry = cache[address] else {
            // An unverified sender is added to the cache only if its packet is addressed to this host.
            guard configuration.addresses.contains(packet.targetAddress), makeRoom() else { return }
            cache[address] = ARPCache.Entry(
                state: state, lastUse: now, queue: NeighborQueue(depth: configuration.queueDepth))
            events.append(.resolved(address, mac))
            return schedule()
        }
        switch entry.state {
        case .permanent: return
        case .pending: events.append(.resolved(address, mac))
        case .resolved(let before, _): if before != mac { events.append(.moved(address, from: before, to: mac)) }
        }
        let waiting = entry.queue.datagrams
        entry.queue = NeighborQueue(depth: configuration.queueDepth)
        entry.state = state
        cache[address] = entry
        for datagram in waiting { send(datagram, to: mac) }
        schedule()
    }

    // MARK: Cache control

    /// Removes expired entries, repeats requests and gives up on unresponsive addresses.
    public mutating func control(at now: Instant) {
        guard let due, due <= now else { return }
        for (address, mac) in cache.removeExpired(at: now) { events.append(.expired(address, mac)) }
        // Sorted, so that a run is reproducible.
        for (address, entry) in cache.entries.sorted(by: { $0.key < $1.key }) {
            guard case .pending(let attempts, let due) = entry.state, due <= now else { continue }
            guard attempts < configuration.attempts else {
                cache[address] = nil
                giveUp(entry, address)
                events.append(.unresolved(address))
                continue
            }
            cache[address]?.state = .pending(attempts: attempts + 1, due: now + configuration.retryInterval)
            ask(for: address)
        }
        schedule()
    }

    private mutating func schedule() { due = cache.due }
}
