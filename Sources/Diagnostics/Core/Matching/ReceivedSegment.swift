import PacketEngine
import WireFormat

/// A received TCP segment, with what the IP header before it stated.
struct ReceivedSegment: ~Escapable {
    let view: TCPView
    let source: IPAddress
    /// Time to live or hop limit, where it is known.
    let hopLimit: UInt8?

    /// Returns nil if the packet is no segment. The checksum is not verified: between the namespaces
    /// of one host, and behind network cards that compute it, it is not there yet.
    @_lifetime(copy packet)
    init?(_ packet: borrowing ReceivedPacket) {
        source = packet.source
        if packet.form == .datagram {
            guard let datagram = try? DatagramView(packet.bytes), datagram.protocol == .tcp,
                let view = try? TCPView(datagram.payload)
            else { return nil }
            self.view = view
            hopLimit = datagram.hopLimit
            return
        }
        guard packet.form == .segment, let view = try? TCPView(packet.bytes) else { return nil }
        self.view = view
        hopLimit = packet.hopLimit
    }
}
