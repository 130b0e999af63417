import PacketEngine
import WireFormat

/// The address resolution of one host on one Ethernet: a cache table with a
/// queue for each address that is being asked for, and three modules over it
/// (RFC 826, RFC 1122, section 2.3.2). It makes no call and reads no clock.
///
/// - output: a datagram for a next hop becomes a frame, at once or when the hop has answered;
/// - input: what is heard is learnt, and answered when it asks for us;
/// - cache control: what was not answered is asked for again or given up, what is old is forgotten.
public struct ARPModule: Sendable {
    private let configuration: ARPConfiguration
    private var cache: ARPCache
    private var events: [NeighborEvent<IPv4Address>] = []
    private var lastDoubt: Instant?
    /// When cache control has something to do; nil for never.
    public private(set) var due: Instant?

    public init(_ configuration: ARPConfiguration) {
        self.configuration = configuration
        cache = ARPCache(capacity: configuration.capacity)
    }

    /// Addresses in the table.
    public var count: Int { cache.entries.count }

    /// The machine that has an address, as far as it is known.
    public func mac(of address: IPv4Address) -> MACAddress? {
        switch cache[address]?.state {
        case .resolved(let mac, _), .permanent(let mac): mac
        case .pending, nil: nil
        }
    }

    /// Puts an address into the table by hand.
    public mutating func setPermanent(_ address: IPv4Address, _ mac: MACAddress, at now: Instant) {
        let waiting = cache[address]?.queue.datagrams ?? []
        guard cache[address] != nil || makeRoom() else { return }
        cache[address] = ARPCache.Entry(
            state: .permanent(mac), lastUse: now, queue: NeighborQueue(depth: configuration.queueDepth))
        for datagram in waiting { send(datagram, to: mac) }
    }

    /// Hands over what has come up, in its order.
    public mutating func drain(_ report: (NeighborEvent<IPv4Address>) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Sends an IPv4 datagram to a next hop on the link, or keeps it until the hop has answered.
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

    /// A new entry, which asks for the first time.
    private mutating func begin(_ nextHop: IPv4Address, _ queue: NeighborQueue, at now: Instant) {
        cache[nextHop] = ARPCache.Entry(
            state: .pending(attempts: 1, due: now + configuration.retryInterval), lastUse: now, queue: queue)
        ask(for: nextHop)
        schedule()
    }

    /// Asks for an address, for somebody who keeps what is to be sent there himself.
    public mutating func resolve(_ nextHop: IPv4Address, at now: Instant) {
        guard cache[nextHop] == nil else { return }
        guard makeRoom() else {
            events.append(.unresolved(nextHop))
            return
        }
        begin(nextHop, NeighborQueue(depth: configuration.queueDepth), at: now)
    }

    /// What is sent there does not seem to arrive: whose address it is, is asked again, and until there is an
    /// answer what was known is used (RFC 1122, section 2.3.2.1, 4).
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

    /// A datagram in a frame to a machine.
    func frame(_ datagram: RawSpan, to mac: MACAddress) -> [UInt8] {
        EthernetFrame.bytes(datagram, .ipv4, from: configuration.mac, to: mac)
    }

    private mutating func ask(for address: IPv4Address) {
        let request = ARPPacket.request(
            for: address, from: configuration.mac, configuration.addresses.first ?? .unspecified)
        events.append(.frame(ARPFrame.bytes(request, to: .broadcast)))
    }

    /// - Returns: false when every place of the table is taken for good.
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

    /// Takes in an ARP packet, as RFC 826 has it under "Packet Reception":
    /// known senders are believed again, new ones only when they speak to us.
    public mutating func input(_ packet: ARPPacket, at now: Instant) {
        guard packet.operation == .request || packet.operation == .reply, packet.senderMAC != configuration.mac,
            packet.senderMAC.isStation
        else { return }
        if configuration.addresses.contains(packet.senderAddress) {
            events.append(.conflict(packet.senderAddress, packet.senderMAC))
        } else if !packet.senderAddress.isUnspecified, !packet.senderAddress.isMulticast,
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
            // A stranger's word about itself is kept only when it is meant for us.
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

    /// Asks again, gives up and forgets what is due.
    public mutating func control(at now: Instant) {
        guard let due, due <= now else { return }
        // In their order, so that a run can be had again.
        for (address, entry) in cache.entries.sorted(by: { $0.key < $1.key }) {
            switch entry.state {
            case .pending(let attempts, let due) where due <= now:
                guard attempts < configuration.attempts else {
                    cache[address] = nil
                    giveUp(entry, address)
                    events.append(.unresolved(address))
                    continue
                }
                cache[address]?.state = .pending(attempts: attempts + 1, due: now + configuration.retryInterval)
                ask(for: address)
            case .resolved(let mac, let expires) where expires <= now:
                cache[address] = nil
                events.append(.expired(address, mac))
            default: break
            }
        }
        schedule()
    }

    private mutating func schedule() {
        due = cache.entries.values.lazy.compactMap { entry -> Instant? in
            switch entry.state {
            case .pending(_, let due): due
            case .resolved(_, let expires): expires
            case .permanent: nil
            }
        }.min()
    }
}
