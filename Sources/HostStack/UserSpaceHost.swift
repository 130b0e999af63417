import DequeModule
import PacketEngine
import WireFormat

/// A host on Ethernet links without a system: frames come in by `receive`, go out by `transmit`, and `advance` is
/// to be called when `deadline` has come. It makes no call and reads no clock.
///
/// Its packages are those of the protocols: ARP, IP, ICMP, UDP and TCP, each in a folder of its own.
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
    /// Echoes to a group are answered, but not so that others suffer.
    var groupEchoes = AllowancePerSecond(10)
    var rarp: RARPModule
    var udp = UDPModule()
    var tcp: TCPModule
    /// The output queue: what is not a segment of a connection.
    var output: Deque<QueuedFrame> = []
    /// Of the last packet that was cut, or could have been.
    var identification: UInt32
    public internal(set) var counters = HostCounters()
    var events: [HostEvent] = []
    /// What its frames are called in the batches that they leave in.
    public var frameToken: UInt64 = 0

    static let outputLimit = 4_096

    public init(_ configuration: HostConfiguration) {
        self.configuration = configuration
        rarp = RARPModule(configuration.machines)
        var random = SeededGenerator(seed: configuration.seed.0 ^ configuration.seed.1)
        links = configuration.interfaces.map {
            HostLink(
                $0, isRouter: configuration.forwards, checksAddresses: configuration.checksAddresses,
                random: &random)
        }
        identification = UInt32(truncatingIfNeeded: random.next())
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

    /// Its addresses are its own: before, it says nothing but that it wants them.
    public var isUp: Bool { links.allSatisfy(\.isUp) }

    /// Answers RARP for other machines from now on.
    public mutating func know(_ machines: [MACAddress: IPv4Address]) { rarp.know(machines) }

    /// Tells the host that an interface went down or came up.
    /// - Parameter interface: the system's number of it.
    public mutating func setLink(_ interface: UInt32, isConnected: Bool, at now: Instant) {
        for number in links.indices where links[number].configuration.index == interface {
            links[number].setConnected(isConnected, at: now)
        }
    }

    /// Tells the host that a frame of its could not be sent: an address that other hosts were not asked about is not used.
    public mutating func sendingFailed(at now: Instant) {
        for number in links.indices { links[number].sendingFailed(at: now) }
    }

    // MARK: Sockets

    public mutating func listen(_ port: UInt16, backlog: Int = 256) { tcp.listen(port, backlog: backlog) }

    /// Takes datagrams for a port.
    public mutating func bind(_ port: UInt16) { udp.bind(port) }

    public mutating func takeDatagram(_ port: UInt16) -> ReceivedDatagram? { udp.take(port) }

    /// Begins a connection; nil when there is no way, no room or no port for it.
    public mutating func connect(to remote: TCPEndpoint, at now: Instant) -> TCPIdentifier? {
        guard let source = source(to: remote.address) else { return nil }
        return tcp.connect(from: source, to: remote, at: now)
    }

    /// - Returns: how many bytes there was room for.
    public mutating func send(_ connection: TCPIdentifier, _ bytes: RawSpan) -> Int { tcp.send(connection, bytes) }

    /// Bytes that can be sent now.
    public func room(_ connection: TCPIdentifier) -> Int { tcp.room(connection) }

    /// Lends what has come piece by piece, until fewer bytes are taken than lent.
    public mutating func read(_ connection: TCPIdentifier, _ body: (RawSpan) -> Int) { tcp.read(connection, body) }

    /// There is nothing more to be sent.
    public mutating func endSending(_ connection: TCPIdentifier, at now: Instant) {
        tcp.endSending(connection, at: now)
    }

    /// Done with it: what was sent still goes out, what comes is thrown away.
    public mutating func leave(_ connection: TCPIdentifier, at now: Instant) { tcp.leave(connection, at: now) }

    /// Breaks it off.
    public mutating func abort(_ connection: TCPIdentifier, at now: Instant) { tcp.abort(connection, at: now) }

    /// Of both ends; nil when it is no more.
    public func endpoints(_ connection: TCPIdentifier) -> (local: TCPEndpoint, remote: TCPEndpoint)? {
        tcp.pair(connection).map { ($0.local, $0.remote) }
    }

    /// Connections, those that are over and not forgotten among them.
    public var connectionCount: Int { tcp.count }

    /// There are connections whose end has not come yet: those in TIME-WAIT have only to be remembered.
    var hasOpenConnections: Bool { tcp.hasOpenConnections }

    // MARK: Time and news

    /// When `advance` has something to do; nil for never.
    public var deadline: Instant? {
        var earliest = Instant.earliest(
            tcp.deadline, reassembly.nextDeadline.map { Instant(nanoseconds: $0) })
        for link in links { earliest = .earliest(earliest, link.due) }
        return earliest
    }

    /// Does what has become due.
    public mutating func advance(at now: Instant) {
        for number in links.indices {
            links[number].control(at: now)
            settleNeighbors(number, at: now)
            while let frame = links[number].claimFrame(at: now) { enqueue(frame, on: number) }
        }
        if let due = reassembly.nextDeadline, due <= now.nanoseconds { giveUpFragments(at: now) }
        tcp.advance(at: now)
        for pair in tcp.takeDoubts() {
            // A way that a router has named may have come to its end.
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

    /// Who listens for groups is told that the host listens no more; what follows is only to be sent.
    public mutating func leaveGroups(at now: Instant) {
        for number in links.indices { links[number].leaveGroups(at: now) }
    }

    // MARK: Addresses

    func isOwn(_ address: IPAddress) -> Bool { links.contains { $0.isOwn(address) } }

    /// The one that a destination sees.
    /// - Parameter link: where the destination is, if its address does not say it.
    func source(to destination: IPAddress, on link: Int? = nil) -> IPAddress? {
        guard let hop = hop(to: destination, on: link) else { return nil }
        // A link-local gateway is no reason to be link-local to those beyond it (RFC 6724, section 5, rule 2).
        if case .v6(let address) = destination, !address.isLinkLocal, let six = hop.address.v6, six.isLinkLocal {
            return links[hop.interface].globalSource.map { .v6($0) }
        }
        return links[hop.interface].source(to: hop.address)
    }

    /// Where what is for a destination goes next; nil when there is no way.
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
