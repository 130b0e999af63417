import WireFormat

/// What arrived: borrowed bytes and what the receiving side knows about them.
public struct ReceivedPacket: ~Escapable {
    /// What the bytes begin with.
    public enum Form: Hashable, Sendable {
        /// An Ethernet header. Who sent it is in the bytes, and `source` unspecified.
        case frame
        /// An IPv4 or IPv6 header.
        case datagram
        /// An ICMP or ICMPv6 header; the IP header was the kernel's and is gone.
        case message
        /// A TCP header; the IP header was the kernel's and is gone.
        case segment
        /// The ICMP message of ours that an error is about, as the kernel's error queue gives it.
        case quotedMessage(ErrorReport)
    }

    /// An ICMP error that the kernel took in for one of our messages.
    public struct ErrorReport: Hashable, Sendable {
        /// The ICMP or ICMPv6 type and code of the error.
        public var type: UInt8
        public var code: UInt8
        /// MTU or pointer, by type.
        public var information: UInt32
        /// Who sent the error.
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
    /// When it arrived: the kernel's stamp where it can be trusted, else when it was read.
    public let arrival: Instant
    /// Who sent it. With `.quotedMessage`, whom our message was sent to.
    public let source: IPAddress
    /// The address it was sent to, where the receiving side knows it.
    public let destination: IPAddress?
    /// Time to live or hop limit, where the bytes do not hold it.
    public let hopLimit: UInt8?
    /// The interface it came in on; 0 when not known.
    public let interfaceIndex: UInt32
    /// The checksum of its TCP or UDP is still to be computed: it never left the machine.
    public let hasPendingChecksum: Bool

    @inlinable
    @_lifetime(copy bytes)
    public init(
        bytes: RawSpan, form: Form, arrival: Instant, source: IPAddress, destination: IPAddress? = nil,
        hopLimit: UInt8? = nil, interfaceIndex: UInt32 = 0, hasPendingChecksum: Bool = false
    ) {
        self.bytes = bytes
        self.form = form
        self.arrival = arrival
        self.source = source
        self.destination = destination
        self.hopLimit = hopLimit
        self.interfaceIndex = interfaceIndex
        self.hasPendingChecksum = hasPendingChecksum
    }

    /// A frame.
    @inlinable
    @_lifetime(copy frame)
    public init(frame: RawSpan, arrival: Instant, interfaceIndex: UInt32 = 0, hasPendingChecksum: Bool = false) {
        self.init(
            bytes: frame, form: .frame, arrival: arrival, source: .v4(.unspecified), interfaceIndex: interfaceIndex,
            hasPendingChecksum: hasPendingChecksum)
    }
}
