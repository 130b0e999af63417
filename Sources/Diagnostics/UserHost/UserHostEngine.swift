import HostStack
import PacketEngine
import WireFormat

/// The parameters of a user-space host.
public struct UserHostConfiguration: Sendable {
    public var host: HostConfiguration
    public var services: Set<UserHostService> = []
    /// The duration of the run; nil for no limit.
    public var duration: Nanoseconds?

    public init(_ host: HostConfiguration) { self.host = host }
}

/// An event of a user-space host.
public enum UserHostEvent: Sendable {
    /// No other host has its addresses: it is running.
    case up
    /// Another host has one of its addresses, which is not used.
    case taken(IPAddress, MACAddress)
    /// Another host claims an address in use, which was announced again.
    case defended(IPAddress, MACAddress)
    /// Another host claimed an address again within 10 s; it is not used anymore.
    case relinquished(IPAddress, MACAddress)
    /// A peer used a service for the first time.
    case peer(UserHostPeer)
    /// A stream to the iperf service has ended.
    case stream(IperfStream)
    case failed(TransmissionFailure)
}

/// A peer that communicated with the host, and everything it used.
public struct UserHostPeer: Sendable {
    public var address: IPAddress
    public var mac: MACAddress
    public var interface: UInt32
    /// The services in the order of first use.
    public var did: [HostContact.Kind] = []
    public var last: Instant
}

/// A user-space host: it answers ARP and echo, and serves connections.
public struct UserHostEngine: Engine, ~Copyable {
    public typealias Event = UserHostEvent

    private let configuration: UserHostConfiguration
    private var host: UserSpaceHost
    private var connections: [TCPIdentifier: ServedConnection] = [:]
    private var receivers = IperfReceivers()
    private var peers: [IPAddress: UserHostPeer] = [:]
    private var events: [UserHostEvent] = []
    /// Host events that are being handled.
    private var pendingEvents: [HostEvent] = []
    private var scratch: [UInt8] = []
    private var isUp = false
    private var isOver = false
    private var hasLeft = false
    private var start: Instant?
    private var nextLook: Instant?

    /// The maximum number of peers kept.
    private static let peerLimit = 4_096
    /// The maximum number of services reported per peer.
    private static let deedLimit = 64

    public init(_ configuration: UserHostConfiguration) {
        self.configuration = configuration
        host = UserSpaceHost(configuration.host)
        for service in configuration.services {
            host.listen(service.port)
            // Every service has a port of its own.
            if service.hasDatagrams { _ = try? host.bind(service.port) }
        }
    }

    public var maximumPacketLength: Int { host.frameLength }
    /// The number of frames that a port delivers at a time: a router that forwards fewer than it receives drops the
    /// rest.
    public var batchCapacity: Int { 1_024 }
    public var wantsExactTimes: Bool { false }

    public var counters: HostCounters { host.counters }
    public var routes: [RoutingTable.Route] { host.routes.routes }
    public var peerCount: Int { peers.count }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        let end = start.flatMap { start in configuration.duration.map { start + $0 } }
        if end.map({ $0 <= now }) ?? false { stop(at: now) }
        if isOver {
            // Leave messages for multicast groups.
            guard !hasLeft else { return .finished }
            hasLeft = true
            host.leaveGroups(at: now)
            host.advance(at: now)
            _ = host.transmit(into: &batch, at: now)
            return batch.count > 0 ? .at(now) : .finished
        }
        host.advance(at: now)
        settle(at: now)
        if host.transmit(into: &batch, at: now) { return .at(now) }
        return Instant.earliest(.earliest(host.deadline, end), nextLook).map { .at($0) } ?? .never
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {}

    public mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {}

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        // Frames that cannot be sent are lost, as on any link, but an address is not used before its check was sent.
        host.sendingFailed(at: instant)
        let isRefused = if case .system = failure { true } else { false }
        if isRefused || !isUp { events.append(.failed(failure)) }
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver else { return }
        host.receive(
            packet.bytes, on: packet.interfaceIndex, at: packet.arrival,
            hasPendingChecksum: packet.hasPendingChecksum)
        settle(at: packet.arrival)
    }

    /// Handles host events.
    private mutating func settle(at now: Instant) {
        if !isUp, host.isUp {
            isUp = true
            events.append(.up)
        }
        host.drain { pendingEvents.append($0) }
        defer { pendingEvents.removeAll(keepingCapacity: true) }
        for index in pendingEvents.indices {
            let event = pendingEvents[index]
            switch event {
            case .heard(let contact): note(contact, at: now)
            case .conflict(let address, let mac):
                if !isOver { events.append(.taken(address, mac)) }
                isOver = true
            case .defended(let address, let mac): events.append(.defended(address, mac))
            case .relinquished(let address, let mac):
                events.append(.relinquished(address, mac))
                if !hasAddress { stop(at: now) }
            case .datagrams(let identifier, let port): serveDatagrams(identifier, port, at: now)
            case .datagramError: break
            case .accepted(let connection, let local, let remote):
                guard let service = UserHostService(port: local.port) else { continue }
                connections[connection] = ServedConnection(
                    service: service, remote: remote, at: now)
            case .connection(let connection, let changes, _): serve(connection, changes, at: now)
            }
        }
        look(at: now)
    }

    private mutating func serve(_ connection: TCPIdentifier, _ changes: TCPEvents, at now: Instant) {
        guard var served = connections[connection] else { return }
        served.patienceEnds = now + ServedConnection.patience
        if changes.contains(.ended) { served.hasEnded = true }
        var isThere = !changes.contains(.closed)
        if !changes.isDisjoint(with: [.readable, .writable, .ended]) {
            let mac = peers[served.remote.address]?.mac
            isThere = served.serve(connection, on: &host, mac: mac, &scratch, at: now) && isThere
        }
        if served.service == .iperf, !isThere || served.hasEnded {
            // Nothing more is to come.
            events.append(.stream(served.stream))
            isThere = false
        }
        connections[connection] = isThere ? served : nil
    }

    private mutating func serveDatagrams(_ identifier: UDPIdentifier, _ port: UInt16, at now: Instant) {
        let service = UserHostService(port: port)
        while let datagram = host.takeDatagram(identifier) {
            if service == .iperf {
                let remote = TCPEndpoint(datagram.remote, datagram.remotePort)
                let (reply, stream) = receivers.take(datagram.data, from: remote, at: now)
                if let reply {
                    try? host.sendDatagram(from: identifier, to: remote, reply, source: datagram.local, at: now)
                }
                if let stream { events.append(.stream(stream)) }
                continue
            }
            // A datagram from an echo port would loop forever (RFC 862 and CERT CA-1996-01).
            guard service == .echo, ![7, 9, 13, 17, 19].contains(datagram.remotePort) else { continue }
            // A reply that cannot be sent is lost.
            try? host.sendDatagram(
                from: identifier, to: TCPEndpoint(datagram.remote, datagram.remotePort), datagram.data,
                source: datagram.local, at: now)
        }
    }

    /// Whether it still has an address; the link-local one that comes with others does not count.
    private var hasAddress: Bool {
        let all = configuration.host.interfaces.flatMap(\.addresses).map(\.address)
        let isCompanion = all.contains { $0.family == .v6 && !$0.needsZone }
        return host.addresses.contains { !(isCompanion && $0.family == .v6 && $0.needsZone) }
    }

    /// Closes idle connections.
    private mutating func look(at now: Instant) {
        guard !connections.isEmpty || !receivers.isEmpty else {
            nextLook = nil
            return
        }
        guard let next = nextLook else {
            nextLook = now + .seconds(5)
            return
        }
        guard next <= now else { return }
        nextLook = now + .seconds(5)
        for (connection, served) in connections where served.patienceEnds <= now {
            host.abort(connection, at: now)
            connections[connection] = nil
            if served.service == .iperf { events.append(.stream(served.stream)) }
        }
        for stream in receivers.remove(at: now) { events.append(.stream(stream)) }
    }

    private mutating func note(_ contact: HostContact, at now: Instant) {
        var peer: UserHostPeer
        if let known = peers[contact.address] {
            peer = known
        } else {
            guard peers.count < Self.peerLimit else { return }
            peer = UserHostPeer(
                address: contact.address, mac: contact.mac, interface: contact.interface, last: now)
        }
        peer.last = now
        peer.mac = contact.mac
        let isNew = !peer.did.contains(contact.kind) && peer.did.count < Self.deedLimit
        if isNew { peer.did.append(contact.kind) }
        peers[contact.address] = peer
        if isNew { events.append(.peer(peer)) }
    }

    public mutating func stop(at now: Instant) {
        guard !isOver else { return }
        isOver = true
        let unfinished = connections.values.filter { $0.service == .iperf }.map(\.stream)
        for stream in unfinished.sorted(by: { $0.remote.port < $1.remote.port }) { events.append(.stream(stream)) }
        for stream in receivers.remove(at: now, all: true) { events.append(.stream(stream)) }
    }

    /// Applies a change of an interface.
    public mutating func apply(_ change: LinkChange, at now: Instant) { host.apply(change, at: now) }

    /// Replaces the table of the RARP server.
    public mutating func know(_ hosts: [MACAddress: IPv4Address]) { host.setRARPTable(hosts) }

    public mutating func drain(_ report: (UserHostEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
