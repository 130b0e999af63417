import WireFormat

/// The addresses of an Ethernet frame that arrived, and what it carries. A tag with a
/// priority alone is skipped; one of a VLAN makes it a frame of another network (IEEE 802.1Q).
public struct ReceivedFrame {
    public var source: MACAddress
    public var destination: MACAddress
    /// Of the payload.
    public var etherType: EtherType
    public var payloadOffset: Int

    /// Nil when the header or a tag is cut, and for frames of a VLAN.
    @inlinable
    public init?(_ frame: RawSpan) {
        guard let ethernet = try? EthernetView(frame) else { return nil }
        source = ethernet.source
        destination = ethernet.destination
        etherType = ethernet.etherType
        payloadOffset = EthernetView.headerLength
        // A tag is two bytes of it and the next type (IEEE 802.1Q, clause 9).
        while etherType == .vlan || etherType == .serviceVLAN {
            guard frame.byteCount >= payloadOffset &+ 4, frame.bigEndian16(at: payloadOffset) & 0x0FFF == 0 else {
                return nil
            }
            etherType = EtherType(rawValue: frame.bigEndian16(at: payloadOffset &+ 2))
            payloadOffset &+= 4
        }
    }
    /// The IP datagram that the frame carries; nil where it carries none, or one that cannot be read.
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
