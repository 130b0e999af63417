import PacketEngine
import WireFormat

/// The options that a DHCP client requests, and how long it waits for offers (RFC 2131).
public struct DHCPDiscoverConfiguration: Sendable {
    /// The client's MAC address: `chaddr`, and the source of the frames.
    public var mac: MACAddress
    /// The seed of the first transaction ID and of the retransmission times.
    public var seed: UInt64
    /// The time from the first message to the end of the run.
    public var duration = Nanoseconds.seconds(6)
    /// The codes of options to request in addition to the usual ones (option 55).
    public var requestedOptions: [UInt8] = []
    /// The options to send; each replaces a default option of the same code.
    public var options: [DHCPOption] = []
    /// The maximum length of a server's message, in bytes (option 57).
    public var maximumMessageSize: UInt16 = 1_500
    /// Whether to report rejected replies.
    public var reportsRejected = false

    public init(mac: MACAddress, seed: UInt64) {
        self.mac = mac
        self.seed = seed
    }

    /// The codes of options requested by default: those that hosts use, classless routes before routers (RFC 3442).
    public static let usualOptions: [UInt8] = [
        1, 121, 3, 6, 12, 15, 26, 28, 33, 42, 43, 44, 51, 54, 58, 59, 66, 67, 114, 119, 150, 249, 252,
    ]

    /// The codes of options that cannot be set: padding, end, message type, and those that the encoding determines.
    public static let reservedOptions: Set<UInt8> = [0, 52, 53, 55, 255]
}

/// An event of a run.
public enum DHCPDiscoverEvent: Hashable, Sendable {
    case offer(DHCPOffer)
    /// A reply that is not a valid offer to this client; up to 20 per second are reported.
    case rejected(DHCPRejectedReply)
}

/// The first offer of a server.
public struct DHCPOffer: Hashable, Sendable {
    /// The address that the server offers.
    public var address: IPv4Address
    /// The server, as it identifies itself (option 54).
    public var server: IPv4Address
    /// The source of the frame: the server's MAC address, or that of its relay agent.
    public var serverMAC: MACAddress
    /// The lease time, in seconds; 0xFFFFFFFF is infinite (RFC 2131, section 3.3); nil if the offer has none.
    public var leaseTime: UInt32?
    /// Whether the lease never ends.
    public var hasInfiniteLease: Bool { leaseTime == .max }
    /// The relay agent; nil if the server is on the link.
    public var relay: IPv4Address?
    /// The next server of the boot process (`siaddr`); nil for none.
    public var nextServer: IPv4Address?
    /// The boot server name (`sname`); empty if the message has none, or the field contains options.
    public var bootServerName: [UInt8]
    /// The boot file name (`file`); empty if the message has none, or the field contains options.
    public var bootFile: [UInt8]
    /// All options.
    public var options: [DHCPOption]
    /// The time from the answered message to the offer.
    public var roundTrip: Nanoseconds
    public var arrival: Instant
}

/// A reply to the client's port that is not a valid offer, with the reason.
public struct DHCPRejectedReply: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// The frame's source is not a valid station address (IEEE 802.3, section 3.2.3).
        case sender
        /// The IPv4 or UDP checksum is incorrect.
        case checksum(Layer)
        /// The reply is a fragment of a datagram.
        case fragment
        /// The message or its options cannot be parsed.
        case malformed(ParseError)
        /// `op` is not that of a reply.
        case operation(UInt8)
        /// The transaction ID is not one that was sent.
        case transactionID(UInt32)
        /// The reply is for another client; nil if the hardware address is not an Ethernet address.
        case otherClient(MACAddress?)
        /// The reply has no DHCP options: it is a BOOTP reply.
        case bootstrapProtocol
        /// The message is not an offer.
        case messageType(DHCPMessageType)
        /// The message has no valid server identifier.
        case serverIdentifier
        /// The offered address is not a valid host address (RFC 1122, section 3.2.1.3).
        case address(IPv4Address)
    }

    /// The source address of the frame.
    public var source: MACAddress
    public var reason: Reason
}

/// The result of a run.
public struct DHCPDiscoverSummary: LinkSummary, Hashable {
    /// The number of messages sent.
    public var sent = 0
    /// The number of valid offers, including repeated ones.
    public var received = 0
    /// The number of servers that made an offer, distinguished by IPv4 and MAC address.
    public var servers = 0
    /// The number of rejected replies.
    public var rejected = 0
    /// The reason why a message could not be sent, which ended the run.
    public var failure: TransmissionFailure?
    public var elapsed = Nanoseconds.zero

    /// Whether a server made an offer.
    public var isFound: Bool { servers > 0 }
}
