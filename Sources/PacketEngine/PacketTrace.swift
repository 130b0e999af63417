import WireFormat

/// A packet as a port sent or received it, for captures and explanations.
public struct PacketTrace: Sendable {
    public enum Direction: Sendable {
        case outbound, inbound
    }

    /// The first header of the bytes.
    public enum Start: Sendable {
        case frame
        case datagram
        /// The ICMP header; the IP header was added or removed by the kernel.
        case message
    }

    public var direction: Direction
    public var bytes: [UInt8]
    /// The peer of a datagram or message; a frame contains its addresses.
    public var family: IPAddress.Family
    public var start: Start

    package init(direction: Direction, bytes: [UInt8], family: IPAddress.Family, startsAtMessage: Bool) {
        self.direction = direction
        self.bytes = bytes
        self.family = family
        start = startsAtMessage ? .message : .datagram
    }

    /// Creates a trace from a captured frame; without an Ethernet header it begins with the IP header.
    public init(direction: Direction, frame: [UInt8], hasEthernetHeader: Bool = true) {
        self.direction = direction
        bytes = frame
        family = frame.first.map { $0 >> 4 == 6 } == true ? .v6 : .v4
        start = hasEthernetHeader ? .frame : .datagram
    }
}
