import PacketEngine
import WireFormat

// UDP for applications, and the input and output modules (RFC 768; RFC 1122, section 4.1).

extension UserSpaceHost {
    // MARK: Ports

    /// Opens a UDP port for a server.
    /// - Parameters:
    ///   - port: a given or well-known port, 1 to 65,535.
    ///   - address: the local address; nil for all addresses of the host.
    public mutating func bind(
        _ port: UInt16, at address: IPAddress? = nil, owner: UDPOwner = .services
    ) throws(UDPFailure) -> UDPIdentifier {
        if let address, !isOwn(address) { throw .notOwnAddress }
        return try udp.open(port, at: address, owner: owner)
    }

    /// Opens an ephemeral UDP port for a client. It receives only the datagrams of its peer, if it has one.
    public mutating func openDatagrams(
        to remote: TCPEndpoint? = nil, owner: UDPOwner
    ) throws(UDPFailure) -> UDPIdentifier {
        guard let remote else { return try udp.openEphemeral(at: nil, to: nil, owner: owner) }
        guard let source = source(to: remote.address) else { throw .noRoute }
        return try udp.openEphemeral(at: source, to: remote, owner: owner)
    }

    /// Closes a UDP port; datagrams in its queue are discarded.
    public mutating func closeDatagrams(_ identifier: UDPIdentifier) { udp.close(identifier) }

    /// Closes all UDP ports of an application.
    public mutating func closeDatagrams(of owner: UDPOwner) { udp.close(owner) }

    /// Removes and returns the first datagram in the queue of a port.
    public mutating func takeDatagram(_ identifier: UDPIdentifier) -> ReceivedDatagram? { udp.take(identifier) }

    /// Returns the local port number, or nil if the port was closed.
    public func portNumber(_ identifier: UDPIdentifier) -> UInt16? { udp.block(identifier)?.port }

    // MARK: Output

    /// Sends a UDP datagram.
    /// - Parameters:
    ///   - remote: the destination; nil for the peer of the port.
    ///   - source: the source address; nil for that of the port, or of the route.
    public mutating func sendDatagram(
        from identifier: UDPIdentifier, to remote: TCPEndpoint? = nil, _ data: [UInt8], source: IPAddress? = nil,
        at now: Instant
    ) throws(UDPFailure) {
        guard let block = udp.block(identifier) else { throw .closed }
        guard let remote = remote ?? block.remote else { throw .noPeer }
        let header = remote.address.family == .v4 ? IPv4View.minimumHeaderLength : 0
        guard data.count + UDPView.headerLength + header <= Int(UInt16.max) else { throw .tooLong }
        guard let own = source ?? block.address ?? self.source(to: remote.address), isOwn(own),
            hop(to: remote.address) != nil
        else { throw .noRoute }
        var datagram = UDPDatagram(sourcePort: block.port, destinationPort: remote.port, data: data)
        datagram.updateChecksum(source: own, destination: remote.address)
        send(.udp, datagram.encoded(), from: own, to: remote.address, at: now)
    }

    // MARK: Input

    /// Passes a received datagram to the queue of its port.
    mutating func receive(
        _ datagram: ReceivedDatagram, port: UInt16, in packet: RawSpan, at now: Instant
    ) {
        switch udp.input(datagram, port: port) {
        case .queued(let identifier, let isFirst): if isFirst { events.append(.datagrams(identifier, port: port)) }
        case .dropped: counters.dropped &+= 1
        case .unreachable: sendUnreachable(.port, about: packet, datagram.remote.family, at: now)
        }
    }

    // MARK: ICMP errors

    /// Reports an ICMP error to the port that sent the quoted datagram (RFC 1122, section 4.1.3.3).
    mutating func hearDatagramError(about quote: borrowing DatagramView, _ error: UDPError) {
        guard let (identifier, remote) = sender(of: quote) else { return }
        events.append(.datagramError(identifier, error, remote: remote))
    }

    /// Records a smaller path MTU, by which later datagrams are fragmented (RFC 8201, section 4).
    mutating func learnDatagramMTU(_ said: Int, about quote: borrowing DatagramView, at now: Instant) {
        guard let (_, remote) = sender(of: quote) else { return }
        _ = pathMTUs.learn(said, length: quote.statedLength, to: remote.address, at: now)
    }

    /// Returns the open port that sent a datagram, and its destination. Errors about other datagrams may be spoofed.
    private func sender(of quote: borrowing DatagramView) -> (UDPIdentifier, TCPEndpoint)? {
        guard quote.protocol == .udp, isOwn(quote.source), let localPort = quote.sourcePort,
            let remotePort = quote.destinationPort
        else { return nil }
        let remote = TCPEndpoint(quote.destination, remotePort)
        return udp.find(from: remote, to: TCPEndpoint(quote.source, localPort)).map { ($0, remote) }
    }
}
