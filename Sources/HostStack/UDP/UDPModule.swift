import PacketEngine
import WireFormat

/// The UDP of a host (RFC 768): the control-block module, which opens and closes ports, and the input module, which
/// puts datagrams into the queues of the ports. The output module is `UserSpaceHost.sendDatagram`.
struct UDPModule: Sendable {
    enum Outcome: Hashable, Sendable {
        /// The datagram was queued; `isFirst` if the queue was empty.
        case queued(UDPIdentifier, isFirst: Bool)
        case dropped
        /// The port is not open: a port unreachable error is due (RFC 1122, section 4.1.3.1).
        case unreachable
    }

    private var table: UDPControlBlockTable
    private var queues: UDPInputQueues
    private let key: SipHash
    /// The number of random numbers that were taken from the key.
    private var drawn: UInt64 = 0
    private let ephemeralPorts: ClosedRange<UInt16>

    /// - Parameters:
    ///   - key: the secret from which ephemeral ports are chosen.
    ///   - ephemeralPorts: the ports for clients; the default is that of RFC 6056, section 3.2.
    init(
        key: SipHash, ephemeralPorts: ClosedRange<UInt16> = 1_024...65_535, portLimit: Int = 4_096,
        queues limits: UDPQueueLimits = UDPQueueLimits()
    ) {
        self.key = key
        self.ephemeralPorts = ephemeralPorts
        table = UDPControlBlockTable(limit: portLimit)
        queues = UDPInputQueues(limits)
    }

    /// The number of open ports, and of queues in use.
    var counts: (ports: Int, queues: Int) { (table.count, queues.count) }

    // MARK: The control-block module

    /// Opens a port for a server.
    /// - Parameter address: the local address; nil for all addresses of the host.
    mutating func open(_ port: UInt16, at address: IPAddress?, owner: UDPOwner) throws(UDPFailure) -> UDPIdentifier {
        guard port != 0 else { throw .invalidPort }
        return try table.insert(UDPControlBlock(owner, port: port, address: address))
    }

    /// Opens an ephemeral port for a client: the first free one from a random port on (RFC 6056, section 3.3.1).
    /// - Parameter remote: the only peer of the port; nil for any.
    mutating func openEphemeral(
        at address: IPAddress?, to remote: TCPEndpoint?, owner: UDPOwner
    ) throws(UDPFailure) -> UDPIdentifier {
        drawn &+= 1
        let start = key(drawn) % UInt64(ephemeralPorts.count)
        for step in 0..<UInt64(ephemeralPorts.count) {
            let offset = (start + step) % UInt64(ephemeralPorts.count)
            let port = ephemeralPorts.lowerBound + UInt16(truncatingIfNeeded: offset)
            guard table.isAvailable(port, at: address) else { continue }
            return try table.insert(UDPControlBlock(owner, port: port, address: address, remote: remote))
        }
        throw .noEphemeralPort
    }

    /// Closes a port and removes its queue.
    mutating func close(_ identifier: UDPIdentifier) {
        if let queue = table.remove(identifier)?.queue { queues.release(queue) }
    }

    /// Closes all ports of an application.
    mutating func close(_ owner: UDPOwner) { for identifier in table.identifiers(of: owner) { close(identifier) } }

    func block(_ identifier: UDPIdentifier) -> UDPControlBlock? { table[identifier] }

    // MARK: Input

    mutating func input(_ datagram: ReceivedDatagram, port: UInt16) -> Outcome {
        let remote = TCPEndpoint(datagram.remote, datagram.remotePort)
        guard let identifier = find(from: remote, to: TCPEndpoint(datagram.local, port)) else {
            return .unreachable
        }
        let queue: Int
        if let known = table[identifier]?.queue {
            queue = known
        } else {
            queue = queues.make()
            table.setQueue(queue, of: identifier)
        }
        let isFirst = queues.isEmpty(queue)
        return queues.append(datagram, to: queue) ? .queued(identifier, isFirst: isFirst) : .dropped
    }

    /// Returns the open port for datagrams from one endpoint to another.
    func find(from remote: TCPEndpoint, to local: TCPEndpoint) -> UDPIdentifier? { table.find(from: remote, to: local) }

    /// Removes and returns the first datagram in the queue of a port.
    mutating func take(_ identifier: UDPIdentifier) -> ReceivedDatagram? {
        table[identifier]?.queue.flatMap { queues.take($0) }
    }
}
