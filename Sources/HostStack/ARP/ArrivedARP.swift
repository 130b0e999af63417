import WireFormat

/// An ARP packet of Ethernet and IPv4 in an untagged frame that arrived.
public struct ArrivedARP {
    public var packet: ARPPacket
    public var frameSource: MACAddress
    public var frameDestination: MACAddress

    /// Nil for everything else, and for packets that are cut or lie about their lengths.
    /// - Parameter etherType: that of ARP or of its reverse.
    public init?(_ frame: RawSpan, etherType: EtherType = .arp) {
        guard let arrived = ArrivedFrame(frame), arrived.etherType == etherType,
            let view = try? ARPView(frame.dropping(arrived.payloadOffset)), let packet = try? ARPPacket(view),
            packet.hardwareType == 1
        else { return nil }
        self.packet = packet
        frameSource = arrived.source
        frameDestination = arrived.destination
    }
}

/// An ARP packet and its Ethernet header, padded to the shortest frame.
public enum ARPFrame {
    public static func bytes(_ packet: ARPPacket, to destination: MACAddress) -> [UInt8] {
        EthernetHeader.padded(
            EthernetHeader(
                destination: destination, source: packet.senderMAC,
                etherType: packet.operation.isReverse ? .reverseARP : .arp
            ).encoded()
                + packet.encoded())
    }
}
