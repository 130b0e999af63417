import PacketEngine
import WireFormat

// Connections opened by another program, such as a scan that keeps no state per SYN.

extension UserSpaceHost {
    /// Continues a handshake whose SYN was sent by another program, with the options of this host's configuration.
    /// - Parameters:
    ///   - answer: the header of the SYN-ACK, from `remote` to `local`.
    ///   - initial: the sequence number of the SYN.
    ///   - timestamp: the timestamp in the SYN (RFC 7323, section 3).
    ///   - mac: the source MAC address of the SYN-ACK, used until `forget` is called.
    /// - Returns: nil if the table is full or the segment is not a valid SYN-ACK.
    public mutating func adopt(
        _ answer: borrowing TCPView, from remote: IPAddress, to local: IPAddress, initial: UInt32, timestamp: UInt32,
        mac: MACAddress, at now: Instant
    ) -> TCPIdentifier? {
        let pair = TCPPair(
            local: TCPEndpoint(local, answer.destinationPort), remote: TCPEndpoint(remote, answer.sourcePort))
        guard let hop = routes.hop(to: remote) else { return nil }
        links[hop.interface].setNeighbor(hop.address, mac)
        return tcp.adopt(
            pair, initial: SequenceNumber(initial), timestamp: timestamp, ReceivedTCPHeader(answer), at: now)
    }

    /// Removes the MAC address that `adopt` set; the neighbor is resolved again.
    public mutating func forget(_ neighbor: IPAddress) {
        guard let hop = routes.hop(to: neighbor) else { return }
        links[hop.interface].setNeighbor(hop.address, nil)
    }

    /// Returns the connection between two endpoints, if there is one.
    public func connection(from local: TCPEndpoint, to remote: TCPEndpoint) -> TCPIdentifier? {
        tcp.identifier(of: TCPPair(local: local, remote: remote))
    }
}
