import PacketEngine
import WireFormat

// Connections that another has begun: who sends SYNs by the hundred thousand remembers none of them.

extension UserSpaceHost {
    /// Goes on with a handshake whose SYN another has sent, with the options of this host's configuration.
    /// - Parameters:
    ///   - answer: the header of the SYN-ACK, from `remote` to `local`.
    ///   - initial: the number of the SYN.
    ///   - timestamp: what it had as its time stamp (RFC 7323, section 3).
    ///   - machine: where the answer came from, until `forget` is called.
    /// - Returns: nil when there is no room, or the answer is none.
    public mutating func adopt(
        _ answer: borrowing TCPView, from remote: IPAddress, to local: IPAddress, initial: UInt32, timestamp: UInt32,
        machine: MACAddress, at now: Instant
    ) -> TCPIdentifier? {
        let pair = TCPPair(
            local: TCPEndpoint(local, answer.destinationPort), remote: TCPEndpoint(remote, answer.sourcePort))
        guard let hop = routes.hop(to: remote) else { return nil }
        links[hop.interface].tell(hop.address, machine)
        return tcp.adopt(
            pair, initial: SequenceNumber(initial), timestamp: timestamp, ReceivedTCPHeader(answer), at: now)
    }

    /// The machine of a neighbor that was told is to be asked for again.
    public mutating func forget(_ neighbor: IPAddress) {
        guard let hop = routes.hop(to: neighbor) else { return }
        links[hop.interface].tell(hop.address, nil)
    }

    /// The connection between two ends, if there is one.
    public func connection(from local: TCPEndpoint, to remote: TCPEndpoint) -> TCPIdentifier? {
        tcp.identifier(of: TCPPair(local: local, remote: remote))
    }
}
