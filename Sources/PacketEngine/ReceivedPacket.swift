import WireFormat

/// A received packet: borrowed bytes and metadata.
public struct ReceivedPacket: ~Escapable {
    /// The first header of the bytes.
    public enum Form: Hashable, Sendable {
        /// An Ethernet header. The sender is in the bytes, and `source` is unspecified.
        case frame
        /// An IPv4 or IPv6 header.
        case datagram
        /// An ICMP or ICMPv6 header; the kernel has removed the IP header.
        case message
        /// A TCP header; the kernel has removed the IP header.
        case segment
        /// The sent ICMP message that an error is about, from the kernel's error queue.
        case quotedMessage(ErrorReport)
    }

    /// An ICMP error about a sent message, from the kernel's error queue.
    public struct ErrorReport: Hashable, Sendable {
        /// The ICMP or ICMPv6 type and code of the error.
        public var type: UInt8
        public var code: UInt8
        /// The MTU or pointer, depending on the type.
        public var information: UInt32
        /// The sender of the error.
        public var offender: IPAddress

        public init(type: UInt8, code: UInt8, information: UInt32, offender: IPAddress) {
            self.type = type
            self.code = code
            self.information = information
            self.offender = offender
        }
    }

    public let bytes: RawSpan
    public let form: Form
    /// The receive time: the kernel's timestamp if it is plausible, else the time at which the packet was read.
    public let arrival: Instant
    /// The sender. For `.quotedMessage`, the destination of the sent message.
    public let source: IPAddress
    /// The destination address, if known.
    public let destination: IPAddress?
    /// The time to live or hop limit, if it is not in the bytes.
    public let hopLimit: UInt8?
    /// The options of the IPv4 header, if they are not in the bytes.
    public let ipv4Options: [UInt8]
    /// The index of the receiving interface; 0 if not known.
    public let interfaceIndex: UInt32
    /// Whether this host sent the packet, for ports that receive such packets.
    public let isOutbound: Bool
    /// Whether the TCP or UDP checksum is not computed yet, because the packet never left this system.
    public let hasPendingChecksum: Bool

    @inlinable
    @_lifetime(copy bytes)
    public init(
        bytes: RawSpan, form: Form, arrival: Instant, source: IPAddress, destination: IPAddress? = nil,
        hopLimit: UInt8? = nil, ipv4Options: [UInt8] = [], interfaceIndex: UInt32 = 0, isOutbound: Bool = false,
        hasPendingChecksum: Bool = false
    ) {
        self.bytes = bytes
        self.form = form
        self.arrival = arrival
        self.source = source
        self.destination = destination
        self.hopLimit = hopLimit
        self.ipv4Options = ipv4Options
        self.interfaceIndex = interfaceIndex
        self.isOutbound = isOutbound
        self.hasPendingChecksum = hasPendingChecksum
    }

    /// Creates a received frame.
    @inlinable
    @_lifetime(copy frame)
    public init(frame: RawSpan, arrival: Instant, interfaceIndex: UInt32 = 0, hasPendingChecksum: Bool = false) {
        self.init(
            bytes: frame, form: .frame, arrival: arrival, source: .v4(.unspecified), interfaceIndex: interfaceIndex,
            hasPendingChecksum: hasPendingChecksum)
    }
}
