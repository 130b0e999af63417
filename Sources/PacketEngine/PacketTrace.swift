import WireFormat

/// A packet as a port saw it, for captures and explanations.
public struct PacketTrace: Sendable {
    public enum Direction: Sendable {
        case outbound, inbound
    }

    /// What the bytes begin with.
    public enum Start: Sendable {
        case frame
        case datagram
        /// The ICMP header: the IP header was the kernel's.
        case message
    }

    public var direction: Direction
    public var bytes: [UInt8]
    /// Of a datagram or a message; a frame tells itself.
    public var family: IPAddress.Family
    public var start: Start

    package init(direction: Direction, bytes: [UInt8], family: IPAddress.Family, startsAtMessage: Bool) {
        self.direction = direction
        self.bytes = bytes
        self.family = family
        start = startsAtMessage ? .message : .datagram
    }

    package init(direction: Direction, frame: [UInt8]) {
        self.init(direction: direction, frame: frame, hasEthernetHeader: true)
    }

    /// What a tap saw; without an Ethernet header it begins with the IP header.
    public init(direction: Direction, frame: [UInt8], hasEthernetHeader: Bool) {
        self.direction = direction
        bytes = frame
        family = frame.first.map { $0 >> 4 == 6 } == true ? .v6 : .v4
        start = hasEthernetHeader ? .frame : .datagram
    }
}
