import HostStack
import PacketEngine
import WireFormat

/// What a host that lives on a network is to be.
public struct UserHostConfiguration: Sendable {
    public var host: HostConfiguration
    public var services: Set<UserHostService> = []
    /// How long it lives; nil for ever.
    public var duration: Nanoseconds?

    public init(_ host: HostConfiguration) { self.host = host }
}

/// What happens to a host that lives on a network.
public enum UserHostEvent: Sendable {
    /// Nobody has its addresses: it is there.
    case up
    /// Somebody else has one of them.
    case taken(IPAddress, MACAddress)
    /// Somebody did what he had not done before.
    case peer(UserHostPeer)
    case failed(TransmissionFailure)
}

/// Somebody who spoke to the host, and all that he did.
public struct UserHostPeer: Sendable {
    public var address: IPAddress
    public var mac: MACAddress
    public var interface: UInt32
    /// In the order in which he first did it.
    public var did: [HostContact.Kind] = []
    public var last: Instant
}

/// A host that exists only while it runs: it answers ARP and echo, and serves those who connect.
public struct UserHostEngine: Engine, ~Copyable {
    public typealias Event = UserHostEvent

    private let configuration: UserHostConfiguration
    private var host: UserSpaceHost
    private var visitors: [TCPIdentifier: ServedConnection] = [:]
    private var peers: [IPAddress: UserHostPeer] = [:]
    private var events: [UserHostEvent] = []
    /// What has come up at the host and is looked at.
    private var news: [HostEvent] = []
    private var scratch: [UInt8] = []
    private var isUp = false
    private var isOver = false
    private var hasLeft = false
    private var start: Instant?
    private var nextLook: Instant?
    private var lastConflict: (address: IPAddress, mac: MACAddress, at: Instant)?

    private static let conflictPause = Nanoseconds.seconds(10)

    /// Those who are remembered.
    private static let peerLimit = 4_096
    /// What one of them did is told as long as it is not more than this.
    private static let deedLimit = 64

    public init(_ configuration: UserHostConfiguration) {
        self.configuration = configuration
        host = UserSpaceHost(configuration.host)
        for service in configuration.services {
            host.listen(service.port)
            if service.hasDatagrams { host.bind(service.port) }
        }
    }

    public var maximumPacketLength: Int { configuration.host.frameLength }
    /// As many as a port hands over at a time: a router that takes more than it gives loses them.
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
            // Who listens for groups is told that it listens no more.
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
        // What does not go out is lost, as on any wire, but an address is not used before its check was sent.
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

    /// Does what follows from what has come up.
    private mutating func settle(at now: Instant) {
        if !isUp, host.isUp {
            isUp = true
            events.append(.up)
        }
        host.drain { news.append($0) }
        defer { news.removeAll(keepingCapacity: true) }
        for index in news.indices {
            let event = news[index]
            switch event {
            case .heard(let contact): note(contact, at: now)
            case .conflict(let address, let mac):
                tell(address, isClaimedBy: mac, at: now)
                // Who was there first keeps it; what we have we keep (RFC 5227, section 2.4, b).
                if !isUp { isOver = true }
            case .datagrams(let port): serveDatagrams(port, at: now)
            case .accepted(let connection, let local, let remote):
                guard let service = UserHostService(port: local.port) else { continue }
                visitors[connection] = ServedConnection(
                    service: service, remote: remote, patienceEnds: now + ServedConnection.patience)
            case .connection(let connection, let notices, _): serve(connection, notices, at: now)
            }
        }
        look(at: now)
    }

    private mutating func serve(_ connection: TCPIdentifier, _ notices: TCPNotices, at now: Instant) {
        guard var visitor = visitors[connection] else { return }
        visitor.patienceEnds = now + ServedConnection.patience
        if notices.contains(.ended) { visitor.hasEnded = true }
        var isThere = !notices.contains(.closed)
        if !notices.isDisjoint(with: [.readable, .writable, .ended]) {
            let mac = peers[visitor.remote.address]?.mac
            isThere = visitor.serve(connection, on: &host, mac: mac, &scratch, at: now) && isThere
        }
        visitors[connection] = isThere ? visitor : nil
    }

    private mutating func serveDatagrams(_ port: UInt16, at now: Instant) {
        let service = UserHostService(port: port)
        while let datagram = host.takeDatagram(port) {
            // Who says that he is an echo himself would be answered for ever (RFC 862 and CERT CA-1996-01).
            guard service == .echo, ![7, 9, 13, 17, 19].contains(datagram.remotePort) else { continue }
            host.sendDatagram(
                from: port, to: TCPEndpoint(datagram.remote, datagram.remotePort), datagram.data,
                source: datagram.local, at: now)
        }
    }

    /// Who claims an address again and again is not told of each time.
    private mutating func tell(_ address: IPAddress, isClaimedBy mac: MACAddress, at now: Instant) {
        if let last = lastConflict, last.address == address, last.mac == mac, now - last.at < Self.conflictPause {
            return
        }
        lastConflict = (address, mac, now)
        events.append(.taken(address, mac))
    }

    /// Visitors who have been silent for long are let go.
    private mutating func look(at now: Instant) {
        guard !visitors.isEmpty else {
            nextLook = nil
            return
        }
        guard let next = nextLook else {
            nextLook = now + .seconds(5)
            return
        }
        guard next <= now else { return }
        nextLook = now + .seconds(5)
        for (connection, visitor) in visitors where visitor.patienceEnds <= now {
            host.abort(connection, at: now)
            visitors[connection] = nil
        }
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

    public mutating func stop(at now: Instant) { isOver = true }

    /// Tells the host that an interface went down or came up.
    public mutating func setLink(_ interface: UInt32, isConnected: Bool, at now: Instant) {
        host.setLink(interface, isConnected: isConnected, at: now)
    }

    /// Answers RARP for these machines from now on.
    public mutating func know(_ machines: [MACAddress: IPv4Address]) { host.know(machines) }

    public mutating func drain(_ report: (UserHostEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
