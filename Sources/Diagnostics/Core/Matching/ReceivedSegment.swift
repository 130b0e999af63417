import PacketEngine
import WireFormat

/// A received TCP segment, with the fields of its IP header that matching needs.
struct ReceivedSegment: ~Escapable {
    let view: TCPView
    let source: IPAddress
    /// The time to live or hop limit; nil if unknown.
    let hopLimit: UInt8?

    /// Returns nil if the packet is not a TCP segment. The checksum is not verified: packets between network namespaces
    /// of one host, and packets that a network card will checksum, do not carry it yet.
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
