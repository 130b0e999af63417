import WireFormat

/// The addresses, EtherType and payload of a received Ethernet frame. Priority tags (VID 0) are skipped; a frame with
/// another VID belongs to another network (IEEE 802.1Q).
public struct ReceivedFrame {
    public var source: MACAddress
    public var destination: MACAddress
    /// The EtherType of the payload.
    public var etherType: EtherType
    public var payloadOffset: Int

    /// Returns nil if the header or a tag is truncated, and for frames of a VLAN.
    @inlinable
    public init?(_ frame: RawSpan) {
        guard let ethernet = try? EthernetView(frame) else { return nil }
        source = ethernet.source
        destination = ethernet.destination
        etherType = ethernet.etherType
        payloadOffset = EthernetView.headerLength
        // A tag is two bytes of tag control information and the next EtherType (IEEE 802.1Q, clause 9).
        while etherType == .vlan || etherType == .serviceVLAN {
            guard frame.byteCount >= payloadOffset &+ 4, frame.bigEndian16(at: payloadOffset) & 0x0FFF == 0 else {
                return nil
            }
            etherType = EtherType(rawValue: frame.bigEndian16(at: payloadOffset &+ 2))
            payloadOffset &+= 4
        }
    }
    /// The IP datagram in the frame; nil if there is none or it cannot be parsed.
    @inlinable @inline(__always)
    @_lifetime(copy frame)
    public func datagram(in frame: RawSpan) -> DatagramView? {
        guard etherType == .ipv4 || etherType == .ipv6,
            let datagram = try? DatagramView(frame.dropping(payloadOffset)),
            (datagram.family == .v4) == (etherType == .ipv4)
        else { return nil }
        return datagram
    }
}

/// Builds an Ethernet frame, padded to the minimum size.
enum EthernetFrame {
    static func bytes(
        _ packet: RawSpan, _ etherType: EtherType, from source: MACAddress, to destination: MACAddress
    ) -> [UInt8] {
        let length = EthernetView.headerLength + packet.byteCount
        var frame = [UInt8](repeating: 0, count: max(length, EthernetHeader.minimumFrameLength))
        frame.withMutableBytes { bytes in
            bytes.setMACAddress(destination, at: 0)
            bytes.setMACAddress(source, at: 6)
            bytes.setBigEndian16(etherType.rawValue, at: 12)
            bytes.copy(packet, at: EthernetView.headerLength)
        }
        return frame
    }
}
