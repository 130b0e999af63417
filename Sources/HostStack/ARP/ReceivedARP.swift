import WireFormat

/// An ARP packet for Ethernet and IPv4, received in an untagged frame.
public struct ReceivedARP {
    public var packet: ARPPacket
    public var frameSource: MACAddress
    public var frameDestination: MACAddress

    /// Returns nil for other frames, and for packets that are truncated or have wrong address lengths.
    /// - Parameter etherType: the EtherType of ARP or RARP.
    public init?(_ frame: RawSpan, etherType: EtherType = .arp) {
        guard let arrived = ReceivedFrame(frame), arrived.etherType == etherType,
            let view = try? ARPView(frame.dropping(arrived.payloadOffset)), let packet = try? ARPPacket(view),
            packet.hardwareType == 1
        else { return nil }
        self.packet = packet
        frameSource = arrived.source
        frameDestination = arrived.destination
    }

    /// Whether the sender can be a station: both its MAC address and the frame's source identify one.
    public var hasCredibleSender: Bool { packet.senderMAC.isStation && frameSource.isStation }
}

/// Builds ARP packets in Ethernet frames, padded to the minimum frame size.
package enum ARPFrame {
    package static func bytes(_ packet: ARPPacket, to destination: MACAddress) -> [UInt8] {
        EthernetHeader.padded(
            EthernetHeader(
                destination: destination, source: packet.senderMAC,
                etherType: packet.operation.isReverse ? .reverseARP : .arp
            ).encoded()
                + packet.encoded())
    }
}
