import HostStack
import PacketEngine
import WireFormat

// Links with an Ethernet header and without one.

extension PacketBatch {
    /// Adds a membership message: in an Ethernet frame, or as an IP packet if the link has no header.
    mutating func append(
        _ message: MembershipMessage, from identity: LinkIdentity, token: UInt64, interface: UInt32 = 0
    ) -> Bool {
        let bytes = MembershipFrame.bytes(message, from: identity)
        guard identity.mac == nil else { return append(frame: bytes, token: token, interface: interface) }
        return append(length: bytes.count, destination: message.destination, token: token, interface: interface) {
            $0.copy(bytes, at: $1)
        }
    }
}

extension ReceivedMulticast {
    /// Returns nil for packets of another form than the link's, and as `init(_:hasEthernetHeader:)` does.
    @_lifetime(copy packet)
    init?(_ packet: borrowing ReceivedPacket, on identity: LinkIdentity) {
        guard packet.form == (identity.mac == nil ? .datagram : .frame) else { return nil }
        self.init(packet.bytes, hasEthernetHeader: identity.mac != nil)
    }
}

extension LinkIdentity {
    /// Whether a frame has this host's MAC address as its source.
    func sent(_ source: MACAddress?) -> Bool { mac != nil && source == mac }
}
