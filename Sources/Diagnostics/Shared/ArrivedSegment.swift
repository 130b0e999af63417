import PacketEngine
import WireFormat

/// A TCP segment that arrived, and what the header before it said.
struct ArrivedSegment: ~Escapable {
    let view: TCPView
    let source: IPAddress
    /// Time to live or hop limit, where it is known.
    let hopLimit: UInt8?

    /// Nil for what is no segment. The checksum is not looked at: between hosts
    /// of one machine, and behind network cards that compute it, it is not there yet.
    @_lifetime(copy packet)
    init?(_ packet: borrowing ReceivedPacket) {
        source = packet.source
        if packet.form == .datagram {
            guard let header = try? IPv4View(packet.bytes), header.protocol == .tcp,
                let view = try? TCPView(header.payload)
            else { return nil }
            self.view = view
            hopLimit = header.timeToLive
            return
        }
        guard packet.form == .segment, let view = try? TCPView(packet.bytes) else { return nil }
        self.view = view
        hopLimit = packet.hopLimit
    }
}
