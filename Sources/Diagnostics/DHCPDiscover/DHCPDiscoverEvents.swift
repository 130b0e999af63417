import PacketEngine
import WireFormat

/// What a DHCP client asks for, and how long it waits for offers (RFC 2131).
public struct DHCPDiscoverConfiguration: Sendable {
    /// The client's MAC address: `chaddr`, and the source of the frames.
    public var mac: MACAddress
    /// The transaction ID of the first message, and the times of the later ones, follow from it.
    public var seed: UInt64
    /// From the first message to the end of the run.
    public var duration = Nanoseconds.seconds(6)
    /// Options that are asked for beside the usual ones (option 55).
    public var requestedOptions: [UInt8] = []
    /// Options that are sent; each replaces one of the same code that is sent by default.
    public var options: [DHCPOption] = []
    /// The longest message that a server may send, in bytes (option 57).
    public var maximumMessageSize: UInt16 = 1_500
    /// Report replies that are rejected.
    public var reportsRejected = false

    public init(mac: MACAddress, seed: UInt64) {
        self.mac = mac
        self.seed = seed
    }

    /// Options that are asked for by default: those that hosts use, classless routes before routers (RFC 3442).
    public static let usualOptions: [UInt8] = [
        1, 121, 3, 6, 12, 15, 26, 28, 33, 42, 43, 44, 51, 54, 58, 59, 66, 67, 114, 119, 150, 249, 252,
    ]

    /// The codes of options that cannot be set: padding, message type, the end, and those that the message's form
    /// decides.
    public static let reservedOptions: Set<UInt8> = [0, 52, 53, 55, 255]
}

/// What a DHCPDISCOVER finds.
public enum DHCPDiscoverEvent: Hashable, Sendable {
    case offer(DHCPOffer)
    /// A reply that is no valid offer for this client; up to 20 per second are reported.
    case rejected(DHCPRejectedReply)
    case failed(TransmissionFailure)
}

/// The first offer of a server.
public struct DHCPOffer: Hashable, Sendable {
    /// The address that the server offers.
    public var address: IPv4Address
    /// The server, as it identifies itself (option 54).
    public var server: IPv4Address
    /// The source of the frame: the server's MAC address, or that of its relay agent.
    public var serverMAC: MACAddress
    /// How long the address may be used, in seconds; 0xFFFFFFFF is without end; nil if the offer does not say.
    public var leaseTime: UInt32?
    /// The relay agent; nil if the server is on the link.
    public var relay: IPv4Address?
    /// The server of the next step of the boot (`siaddr`); nil for none.
    public var nextServer: IPv4Address?
    /// The boot server's name and the boot file's; empty if the message has none, or the fields hold options.
    public var bootServerName: [UInt8]
    public var bootFile: [UInt8]
    /// All options.
    public var options: [DHCPOption]
    /// From the message that is answered to the offer.
    public var roundTrip: Nanoseconds
    public var arrival: Instant
}

/// A reply to the client's port that is no valid offer, and why.
public struct DHCPRejectedReply: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// The frame's source is no station's MAC address (IEEE 802.3, section 3.2.3).
        case sender
        /// The checksum of IPv4 or UDP is wrong.
        case checksum(Layer)
        /// It is a fragment of a datagram.
        case fragment
        /// The message or its options cannot be read.
        case malformed(ParseError)
        /// `op` is not that of a reply.
        case operation(UInt8)
        /// The reply to another message.
        case transactionID(UInt32)
        /// It is for another client; nil if its hardware address is not one of Ethernet.
        case otherClient(MACAddress?)
        /// It has no options of DHCP: a reply of BOOTP.
        case bootstrapProtocol
        /// The message is no offer.
        case messageType(DHCPMessageType)
        /// It does not have the address of its server.
        case serverIdentifier
        /// No host can have the address that is offered (RFC 1122, section 3.2.1.3).
        case address(IPv4Address)
    }

    /// The frame's source.
    public var source: MACAddress
    public var reason: Reason
}

/// How a run ended.
public struct DHCPDiscoverSummary: Hashable, Sendable {
    /// Messages that were sent.
    public var sent = 0
    /// Valid offers, repeated ones among them.
    public var received = 0
    /// Servers that made an offer, told apart by address and MAC address.
    public var servers = 0
    /// Replies that were rejected.
    public var rejected = 0
    public var elapsed = Nanoseconds.zero
}
