import PacketEngine
import WireFormat

/// An ARP packet of Ethernet and IPv4 in a frame that arrived; tags are skipped.
struct ArrivedARP {
    var packet: ARPPacket
    var frameSource: MACAddress
    var frameDestination: MACAddress

    /// Nil for everything else, and for packets that are cut or lie about their lengths.
    init?(_ frame: RawSpan) {
        guard let ethernet = try? EthernetView(frame) else { return nil }
        var etherType = ethernet.etherType
        var offset = EthernetView.headerLength
        // A tag is two bytes of it and the next type (IEEE 802.1Q, clause 9).
        while etherType == .vlan || etherType == .serviceVLAN {
            guard frame.byteCount >= offset + 4 else { return nil }
            etherType = EtherType(rawValue: frame.bigEndian16(at: offset + 2))
            offset += 4
        }
        guard etherType == .arp, let view = try? ARPView(frame.dropping(offset)), let packet = try? ARPPacket(view),
            packet.hardwareType == 1
        else { return nil }
        self.packet = packet
        frameSource = ethernet.source
        frameDestination = ethernet.destination
    }
}

/// An ARP packet and its Ethernet header, padded to the shortest frame.
enum ARPFrame {
    static func bytes(_ packet: ARPPacket, to destination: MACAddress) -> [UInt8] {
        EthernetHeader.padded(
            EthernetHeader(destination: destination, source: packet.senderMAC, etherType: .arp).encoded()
                + packet.encoded())
    }
}
