import DequeModule
import PacketEngine
import WireFormat

/// A host in user space on Ethernet links: `receive` processes frames, `transmit` returns frames to send, and `advance`
/// is to be called at `deadline`. It makes no system call and reads no clock.
///
/// Each protocol (ARP, IP, ICMP, UDP, TCP) has its own folder.
public struct UserSpaceHost: ~Copyable {
    struct QueuedFrame: Sendable {
        var interface: UInt32
        var bytes: [UInt8]
    }

    let configuration: HostConfiguration
    var links: [HostLink]
    public internal(set) var routes = RoutingTable()
    var pathMTUs = PathMTUTable()
    var reassembly = Reassembly()
    var icmp = ICMPErrorModule()
    var redirects = RedirectLimit()
    /// The rate limit of replies to multicast echo requests.
    var groupEchoes = AllowancePerSecond(10)
    var rarp: RARPModule
    var udp: UDPModule
    var tcp: TCPModule
    /// The output queue of everything but TCP segments.
    var output: Deque<QueuedFrame> = []
    /// The identification of the last IPv4 datagram that may be fragmented.
    var identification: UInt32
    public internal(set) var counters = HostCounters()
    var events: [HostEvent] = []
    /// The token of the host's frames in packet batches.
    public var frameToken: UInt64 = 0

    static let outputLimit = 4_096

    public init(_ configuration: HostConfiguration) {
        self.configuration = configuration
        rarp = RARPModule(configuration.rarpTable)
        var random = SeededGenerator(seed: configuration.seed.0 ^ configuration.seed.1)
        links = configuration.interfaces.map {
            HostLink(
                $0, isRouter: configuration.forwards,
                advertises: configuration.forwards && configuration.advertises,
                checksAddresses: configuration.checksAddresses,
                random: &random)
        }
        identification = UInt32(truncatingIfNeeded: random.next())
        udp = UDPModule(key: SipHash(key0: ~configuration.seed.0, key1: configuration.seed.1))
        tcp = TCPModule(
            configuration.tcp, key: SipHash(key0: configuration.seed.0, key1: configuration.seed.1),
            firstPort: 49_152 + UInt16(truncatingIfNeeded: random.next() % 16_384))
        for (number, interface) in configuration.interfaces.enumerated() {
            for (address, length) in interface.addresses {
                guard let network = IPNetwork(address, prefixLength: length) else { continue }
                routes.add(RoutingTable.Route(network, interface: number))
            }
        }
        for gateway in configuration.gateways {
            guard let hop = routes.hop(to: gateway) else { continue }
            routes.add(
                RoutingTable.Route(.everything(gateway.family), gateway: gateway, interface: hop.interface))
        }
    }

    /// Whether address checks have ended; before that, the host sends only probes.
    public var isUp: Bool { links.allSatisfy(\.isUp) }

    /// Replaces the table of the RARP server.
    public mutating func setRARPTable(_ table: [MACAddress: IPv4Address]) { rarp.setTable(table) }

    /// Reports that an interface went down or came up.
    /// - Parameter interface: the interface index (if_nametoindex(3)).
    public mutating func setLink(_ interface: UInt32, isConnected: Bool, at now: Instant) {
        for number in links.indices where links[number].configuration.index == interface {
            links[number].setConnected(isConnected, at: now)
        }
    }

    /// Applies a change of an interface.
    public mutating func apply(_ change: LinkChange, at now: Instant) {
        switch change.kind {
        case .renamed: break
        case .mtu(let mtu, _): setMTU(mtu, of: change.index, at: now)
        case .up: setLink(change.index, isConnected: true, at: now)
        default: setLink(change.index, isConnected: false, at: now)
        }
    }

    /// Changes the MTU of an interface: later packets, fragments, segments and errors are of the new one.
    /// - Parameter interface: the interface index (if_nametoindex(3)).
    public mutating func setMTU(_ mtu: Int, of interface: UInt32, at now: Instant) {
        for number in links.indices where links[number].configuration.index == interface { links[number].setMTU(mtu) }
        tcp.setMaximumSegmentSize(HostConfiguration.maximumSegmentSize(links.map(\.configuration.mtu)))
        let (routes, links) = (routes, links)
        tcp.shrinkSegments(at: now) { remote in
            routes.hop(to: remote).map {
                links[$0.interface].configuration.mtu - TCPModule.headerLength(remote.family)
            }
        }
    }

    /// The maximum length of a sent frame, in bytes.
    public var frameLength: Int {
        (links.map(\.configuration.mtu).max() ?? 1_500) + EthernetView.headerLength
    }

    /// Reports that a frame could not be sent: an address is not used until its check was completed.
    public mutating func sendingFailed(at now: Instant) {
        counters.sent &-= 1
        counters.dropped &+= 1
        for number in links.indices { links[number].sendingFailed(at: now) }
    }

    // MARK: Sockets

    public mutating func listen(_ port: UInt16, backlog: Int = 256) { tcp.listen(port, backlog: backlog) }

    /// Opens a TCP connection; returns nil if there is no route, the table is full or no port is free.
    public mutating func connect(to remote: TCPEndpoint, at now: Instant) -> TCPIdentifier? {
        guard let source = source(to: remote.address) else { return nil }
        return tcp.connect(from: source, to: remote, at: now)
    }

    /// Appends bytes to the send buffer.
    /// - Returns: the number of bytes that fit.
    public mutating func send(_ connection: TCPIdentifier, _ bytes: RawSpan) -> Int { tcp.send(connection, bytes) }

    /// Returns the free space in the send buffer, in bytes.
    public func room(_ connection: TCPIdentifier) -> Int { tcp.room(connection) }

    /// Calls `body` with received bytes, piece by piece, until it takes fewer than offered.
    public mutating func read(_ connection: TCPIdentifier, _ body: (RawSpan) -> Int) { tcp.read(connection, body) }

    /// Closes the sending direction.
    public mutating func endSending(_ connection: TCPIdentifier, at now: Instant) {
        tcp.endSending(connection, at: now)
    }

    /// Detaches from the connection: pending data is still sent, and received data is discarded.
    public mutating func leave(_ connection: TCPIdentifier, at now: Instant) { tcp.leave(connection, at: now) }

    /// Resets the connection.
    public mutating func abort(_ connection: TCPIdentifier, at now: Instant) { tcp.abort(connection, at: now) }

    /// Returns the local and remote endpoint, or nil if the connection no longer exists.
    public func endpoints(_ connection: TCPIdentifier) -> (local: TCPEndpoint, remote: TCPEndpoint)? {
        tcp.pair(connection).map { ($0.local, $0.remote) }
    }

    /// The number of connections, including those that have ended but are not removed yet.
    public var connectionCount: Int { tcp.count }

    /// Whether any connection is not closed yet; TIME-WAIT counts as closed.
    var hasOpenConnections: Bool { tcp.hasOpenConnections }

    // MARK: Timers

    /// The time of the next call of `advance`; nil if no timer runs.
    public var deadline: Instant? {
        var earliest = Instant.earliest(
            tcp.deadline, reassembly.nextDeadline.map { Instant(nanoseconds: $0) })
        for link in links { earliest = .earliest(earliest, link.due) }
        return earliest
    }

    /// Processes the timers that have expired.
    public mutating func advance(at now: Instant) {
        for number in links.indices {
            links[number].control(at: now)
            settleNeighbors(number, at: now)
            while let frame = links[number].claimFrame(at: now) { enqueue(frame, on: number) }
        }
        if let due = reassembly.nextDeadline, due <= now.nanoseconds { giveUpFragments(at: now) }
        tcp.advance(at: now)
        for pair in tcp.takeDoubts() {
            // The gateway that a redirect named may be unreachable.
            routes.forgetRedirect(of: pair.remote.address)
            guard let hop = routes.hop(to: pair.remote.address) else { continue }
            links[hop.interface].doubt(hop.address, at: now)
            settleNeighbors(hop.interface, at: now)
        }
    }

    public mutating func drain(_ report: (HostEvent) -> Void) {
        tcp.drain { events.append($0) }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    /// Leaves all groups and stops being a router; the caller then only has to send the pending messages.
    public mutating func leaveGroups(at now: Instant) {
        for number in links.indices {
            links[number].leaveGroups(at: now)
            if let frame = links[number].finalAdvertisement() { enqueue(frame, on: number) }
        }
    }

    // MARK: Addresses

    func isOwn(_ address: IPAddress) -> Bool { links.contains { $0.isOwn(address) } }

    /// Returns the source address for packets to `destination`.
    /// - Parameter link: the link of a destination that is link-local or multicast.
    func source(to destination: IPAddress, on link: Int? = nil) -> IPAddress? {
        guard let hop = hop(to: destination, on: link) else { return nil }
        // A link-local gateway does not imply a link-local source (RFC 6724, section 5, rule 2).
        if case .v6(let address) = destination, !address.isLinkLocal, let gateway = hop.address.v6, gateway.isLinkLocal
        {
            return links[hop.interface].globalSource.map { .v6($0) }
        }
        return links[hop.interface].source(to: hop.address)
    }

    /// Returns the next hop to `destination`, or nil if there is no route.
    func hop(to destination: IPAddress, on link: Int? = nil) -> RoutingTable.Hop? {
        guard let link, destination.needsZone else { return routes.hop(to: destination) }
        return RoutingTable.Hop(address: destination, interface: link, route: nil)
    }

    func isBroadcast(_ address: IPv4Address, on link: Int) -> Bool {
        address.isLimitedBroadcast
            || links[link].configuration.addresses.contains {
                guard case .v4(let own) = $0.address, $0.prefixLength < 31 else { return false }
                return IPv4Network(own, prefixLength: $0.prefixLength)?.lastAddress == address
            }
    }
}
