import PacketEngine
import WireFormat

/// Neighbor discovery for one host on one Ethernet: a cache with a queue for each address that is being resolved, and
/// three modules that work on it, as in ARP (RFC 4861, section 7). It makes no system call and reads no clock.
///
/// - output: sends a packet to the next hop in a frame, at once or after the next hop has replied;
/// - input: answers solicitations for the host's addresses and updates the cache from received messages;
/// - cache control: probes neighbors whose reachability has expired.
public struct NDPModule: Sendable {
    private(set) var configuration: NDPConfiguration
    private var cache: NeighborCache
    private var events: [NeighborEvent<IPv6Address>] = []
    private var lastDoubt: Instant?
    private var advertisements = AllowancePerSecond(1_000)
    /// The time of the next cache control; nil if nothing is pending.
    public private(set) var due: Instant?

    public init(_ configuration: NDPConfiguration) {
        self.configuration = configuration
        cache = NeighborCache(capacity: configuration.capacity)
    }

    /// Removes one of the host's own addresses.
    mutating func remove(_ address: IPv6Address) { configuration.addresses.removeAll { $0.address == address } }

    /// The number of cache entries.
    public var count: Int { cache.entries.count }

    /// Returns the MAC address of `address`, or nil if it is not in the cache.
    public func mac(of address: IPv6Address) -> MACAddress? { cache[address]?.state.mac }

    /// Whether `resolve` has to be called when a packet is sent to `address`: it is unknown or not confirmed as
    /// reachable.
    public func wantsUse(of address: IPv6Address) -> Bool {
        switch cache[address]?.state {
        case .stale, nil: true
        default: false
        }
    }

    /// Passes the pending events to `report`, in order, and removes them.
    public mutating func drain(_ report: (NeighborEvent<IPv6Address>) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Sends a packet to a next hop on the link, or queues it until the next hop has replied.
    public mutating func output(_ packet: [UInt8], to nextHop: IPv6Address, at now: Instant) {
        if nextHop.isMulticast {
            events.append(.frame(frame(packet.rawBytes, to: MACAddress(multicast: nextHop))))
            return
        }
        resolve(nextHop, at: now)
        guard var entry = cache[nextHop] else {
            events.append(.crowdedOut(packet, nextHop: nextHop))
            return
        }
        entry.lastUse = now
        if let mac = entry.state.mac {
            events.append(.frame(frame(packet.rawBytes, to: mac)))
        } else if let dropped = entry.queue.append(packet) {
            events.append(.crowdedOut(dropped, nextHop: nextHop))
        }
        cache[nextHop] = entry
    }

    /// Resolves an address without queuing a packet; the caller keeps what it wants to send.
    public mutating func resolve(_ nextHop: IPv6Address, at now: Instant) {
        switch cache[nextHop]?.state {
        case nil:
            makeRoom()
            cache[nextHop] = NeighborCache.Entry(
                state: .incomplete(attempts: 1, due: now + configuration.retransmissionTimer), lastUse: now,
                queue: NeighborQueue(depth: configuration.queueDepth))
            ask(for: nextHop)
        case .stale(let mac): cache[nextHop]?.state = .delay(mac, due: now + configuration.firstProbeDelay)
        default: return
        }
        schedule()
    }

    /// Probes a neighbor because packets to it appear to be lost (RFC 4861, section 7.3.1).
    public mutating func doubt(_ nextHop: IPv6Address, at now: Instant) {
        guard case .reachable(let mac, _)? = cache[nextHop]?.state,
            lastDoubt.map({ now - $0 >= configuration.retransmissionTimer }) ?? true
        else { return }
        lastDoubt = now
        cache[nextHop]?.state = .probe(mac, attempts: 1, due: now + configuration.retransmissionTimer)
        ask(for: nextHop, at: mac)
        schedule()
    }

    /// Returns a frame that carries `packet` to `mac`.
    func frame(_ packet: RawSpan, to mac: MACAddress) -> [UInt8] {
        EthernetFrame.bytes(packet, .ipv6, from: configuration.mac, to: mac)
    }

    private mutating func ask(for address: IPv6Address, at destinationMAC: MACAddress? = nil) {
        let source = configuration.source(to: address) ?? .unspecified
        events.append(
            .frame(NDPFrame.solicitation(for: address, from: source, mac: configuration.mac, at: destinationMAC)))
    }

    private mutating func makeRoom() {
        guard let (address, entry) = cache.makeRoom() else { return }
        for packet in entry.queue.datagrams { events.append(.crowdedOut(packet, nextHop: address)) }
    }

    // MARK: Input

    mutating func input(_ arrived: ReceivedNDP, at now: Instant) {
        guard arrived.mac != configuration.mac, !arrived.mac.isMulticast else { return }
        switch arrived.message.kind {
        case .neighborSolicitation(_, let target): solicited(target, arrived, at: now)
        case .neighborAdvertisement(let flags, let target): advertised(target, flags, arrived, at: now)
        case .routerSolicitation, .redirect:
            if let mac = arrived.sourceMAC, !arrived.source.isUnspecified {
                learn(arrived.source, mac, isRouter: false, at: now)
            }
        case .routerAdvertisement:
            if let mac = arrived.sourceMAC { learn(arrived.source, mac, isRouter: true, at: now) }
        }
    }

    /// Processes a neighbor solicitation (RFC 4861, sections 7.2.3 and 7.2.4).
    private mutating func solicited(_ target: IPv6Address, _ arrived: ReceivedNDP, at now: Instant) {
        guard configuration.isOwn(target), !configuration.isOwn(arrived.source), advertisements.take(at: now) else {
            return
        }
        var flags: NDPMessage.NeighborFlags = configuration.isRouter ? [.router, .override] : .override
        guard !arrived.source.isUnspecified else {
            // Duplicate address detection of another station; the advertisement goes to all nodes (RFC 4862, section
            // 5.4.3).
            events.append(
                .frame(NDPFrame.advertisement(of: target, flags: flags, to: .allNodes, mac: configuration.mac)))
            return
        }
        if let mac = arrived.sourceMAC { learn(arrived.source, mac, isRouter: nil, at: now) }
        flags.insert(.solicited)
        let answerTo = cache[arrived.source]?.state.mac ?? arrived.mac
        events.append(
            .frame(
                NDPFrame.advertisement(
                    of: target, flags: flags, to: arrived.source, mac: configuration.mac, at: answerTo)))
    }

    /// Processes a neighbor advertisement (RFC 4861, section 7.2.5).
    private mutating func advertised(
        _ target: IPv6Address, _ flags: NDPMessage.NeighborFlags, _ arrived: ReceivedNDP, at now: Instant
    ) {
        if configuration.isOwn(target) {
            events.append(.conflict(target, arrived.targetMAC ?? arrived.mac))
            return
        }
        guard var entry = cache[target] else { return }
        let isSolicited = flags.contains(.solicited)
        guard let known = entry.state.mac else {
            guard let mac = arrived.targetMAC else { return }
            entry.isRouter = flags.contains(.router)
            settle(&entry, target, mac, isReachable: isSolicited, at: now)
            return
        }
        let mac = arrived.targetMAC ?? known
        if mac != known, !flags.contains(.override) {
            // A different MAC address without the Override flag: the entry becomes stale and is probed when used.
            if case .reachable = entry.state { cache[target]?.state = .stale(known) }
            return schedule()
        }
        entry.isRouter = flags.contains(.router)
        if isSolicited || mac != known { settle(&entry, target, mac, isReachable: isSolicited, at: now) }
    }

    /// Updates the cache from a solicitation or router message; the entry becomes stale (RFC 4861, section 7.3.3).
    private mutating func learn(_ address: IPv6Address, _ mac: MACAddress, isRouter: Bool?, at now: Instant) {
        guard !configuration.isOwn(address), !address.isMulticast else { return }
        guard var entry = cache[address] else {
            makeRoom()
            cache[address] = NeighborCache.Entry(
                state: .stale(mac), isRouter: isRouter ?? false, lastUse: now,
                queue: NeighborQueue(depth: configuration.queueDepth))
            events.append(.resolved(address, mac))
            return
        }
        if let isRouter { entry.isRouter = isRouter }
        guard entry.state.mac != mac else {
            cache[address] = entry
            return
        }
        settle(&entry, address, mac, isReachable: false, at: now)
    }

    /// Sets the MAC address of an entry and sends its queued packets.
    private mutating func settle(
        _ entry: inout NeighborCache.Entry, _ address: IPv6Address, _ mac: MACAddress, isReachable: Bool,
        at now: Instant
    ) {
        switch entry.state.mac {
        case nil: events.append(.resolved(address, mac))
        case let before? where before != mac: events.append(.moved(address, from: before, to: mac))
        default: break
        }
        let waiting = entry.queue.datagrams
        entry.queue = NeighborQueue(depth: configuration.queueDepth)
        entry.state =
            if isReachable {
                .reachable(mac, until: now + configuration.reachableTime)
            } else if waiting.isEmpty {
                .stale(mac)
            } else {
                .delay(mac, due: now + configuration.firstProbeDelay)
            }
        cache[address] = entry
        for packet in waiting { events.append(.frame(frame(packet.rawBytes, to: mac))) }
        schedule()
    }

    // MARK: Cache control

    /// Repeats solicitations, removes unreachable neighbors and updates states (RFC 4861, section 7.3.3).
    public mutating func control(at now: Instant) {
        guard let due, due <= now else { return }
        let again = now + configuration.retransmissionTimer
        // Sorted, so that a run is reproducible.
        for (address, entry) in cache.entries.sorted(by: { $0.key < $1.key }) {
            guard let due = entry.state.due, due <= now else { continue }
            switch entry.state {
            case .incomplete(let attempts, _):
                guard attempts < configuration.multicastAttempts else {
                    cache[address] = nil
                    for packet in entry.queue.datagrams { events.append(.undeliverable(packet, nextHop: address)) }
                    events.append(.unresolved(address))
                    continue
                }
                cache[address]?.state = .incomplete(attempts: attempts + 1, due: again)
                ask(for: address)
            case .reachable(let mac, _): cache[address]?.state = .stale(mac)
            case .delay(let mac, _):
                cache[address]?.state = .probe(mac, attempts: 1, due: again)
                ask(for: address, at: mac)
            case .probe(let mac, let attempts, _):
                guard attempts < configuration.unicastAttempts else {
                    cache[address] = nil
                    events.append(.expired(address, mac))
                    continue
                }
                cache[address]?.state = .probe(mac, attempts: attempts + 1, due: again)
                ask(for: address, at: mac)
            case .stale: break
            }
        }
        schedule()
    }

    private mutating func schedule() { due = cache.entries.values.lazy.compactMap(\.state.due).min() }
}
