import DequeModule
import PacketEngine
import WireFormat

/// A host on Ethernet links without a system: frames come in by `receive`, go out by `transmit`, and `advance` is
/// to be called when `deadline` has come. It makes no call and reads no clock.
///
/// Its packages are those of the protocols: ARP, IP, ICMP, UDP and TCP, each in a folder of its own.
public struct Host: ~Copyable {
    struct Link: Sendable {
        var configuration: HostConfiguration.Interface
        var arp: ARPModule
        var claim: AddressClaim?
    }

    struct QueuedFrame: Sendable {
        var interface: UInt32
        var bytes: [UInt8]
    }

    let configuration: HostConfiguration
    var links: [Link]
    public internal(set) var routes = RoutingTable()
    var pathMTUs = PathMTUTable()
    var reassembly = Reassembly()
    var icmp = ICMPErrorModule()
    var udp = UDPModule()
    var tcp: TCPModule
    /// The output queue: what is not a segment of a connection.
    var output: Deque<QueuedFrame> = []
    var identification: UInt16
    public internal(set) var counters = HostCounters()
    var events: [HostEvent] = []

    static let outputLimit = 4_096

    public init(_ configuration: HostConfiguration) {
        self.configuration = configuration
        var random = SeededGenerator(seed: configuration.seed.0 ^ configuration.seed.1)
        links = configuration.interfaces.map { interface in
            let addresses = interface.addresses.map(\.address)
            return Link(
                configuration: interface, arp: ARPModule(ARPConfiguration(mac: interface.mac, addresses: addresses)),
                claim: configuration.checksAddresses
                    ? AddressClaim(addresses, mac: interface.mac, random: &random) : nil)
        }
        identification = UInt16(truncatingIfNeeded: random.next())
        tcp = TCPModule(
            configuration.tcp, key: SipHash(key0: configuration.seed.0, key1: configuration.seed.1),
            firstPort: 49_152 + UInt16(truncatingIfNeeded: random.next() % 16_384))
        for (number, interface) in configuration.interfaces.enumerated() {
            for (address, length) in interface.addresses {
                guard let network = IPv4Network(address, prefixLength: length) else { continue }
                routes.add(RoutingTable.Route(network, interface: number))
            }
        }
        if let gateway = configuration.gateway, let hop = routes.hop(to: gateway),
            let everywhere = IPv4Network(.unspecified, prefixLength: 0)
        {
            routes.add(RoutingTable.Route(everywhere, gateway: gateway, interface: hop.interface))
        }
    }

    /// Its addresses are its own: before, it says nothing but that it wants them.
    public var isUp: Bool { links.allSatisfy { $0.claim.map(\.isDone) ?? true } }

    // MARK: Sockets

    public mutating func listen(_ port: UInt16, backlog: Int = 256) { tcp.listen(port, backlog: backlog) }

    /// Takes datagrams for a port.
    public mutating func bind(_ port: UInt16) { udp.bind(port) }

    public mutating func takeDatagram(_ port: UInt16) -> ArrivedDatagram? { udp.take(port) }

    /// Begins a connection; nil when there is no way, no room or no port for it.
    public mutating func connect(to remote: TCPEndpoint, at now: Instant) -> TCPIdentifier? {
        guard case .v4(let address) = remote.address, let source = source(to: address) else { return nil }
        return tcp.connect(from: .v4(source), to: remote, at: now)
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
    public var hasOpenConnections: Bool { tcp.hasOpenConnections }

    // MARK: Time and news

    /// When `advance` has something to do; nil for never.
    public var deadline: Instant? {
        var earliest = Instant.earliest(
            tcp.deadline, reassembly.nextDeadline.map { Instant(nanoseconds: $0) })
        for link in links { earliest = .earliest(earliest, .earliest(link.arp.due, link.claim?.due)) }
        return earliest
    }

    /// Does what has become due.
    public mutating func advance(at now: Instant) {
        for number in links.indices {
            links[number].arp.control(at: now)
            settleARP(number, at: now)
            while let frame = links[number].claim?.advance(at: now) { enqueue(frame, on: number) }
        }
        if let due = reassembly.nextDeadline, due <= now.nanoseconds { _ = reassembly.expire(now: now.nanoseconds) }
        tcp.advance(at: now)
        for pair in tcp.takeDoubts() {
            guard let hop = Self.hop(of: pair, routes) else { continue }
            links[hop.interface].arp.doubt(hop.address, at: now)
            settleARP(hop.interface, at: now)
        }
    }

    public mutating func drain(_ report: (HostEvent) -> Void) {
        tcp.drain { events.append($0) }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Addresses

    func isOwn(_ address: IPv4Address) -> Bool {
        links.contains { $0.configuration.addresses.contains { $0.address == address } }
    }

    /// The one that a destination sees.
    func source(to destination: IPv4Address) -> IPv4Address? {
        guard let hop = routes.hop(to: destination) else { return nil }
        let addresses = links[hop.interface].configuration.addresses
        let near = addresses.first {
            IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(hop.address) ?? false
        }
        return (near ?? addresses.first)?.address
    }

    func isBroadcast(_ address: IPv4Address, on link: Int) -> Bool {
        address.isLimitedBroadcast
            || links[link].configuration.addresses.contains {
                $0.prefixLength < 31 && IPv4Network($0.address, prefixLength: $0.prefixLength)?.lastAddress == address
            }
    }
}
