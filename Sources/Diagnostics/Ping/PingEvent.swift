import PacketEngine
import WireFormat

/// An event of a ping run. Rare cases are indirect: a flood copies millions of events, so they must be small.
public enum PingEvent: Sendable {
    /// A probe was sent. `number` counts from 1.
    case transmitted(number: Int)
    case reply(PingReply)
    /// The next probe is sent while this one is still unanswered.
    case outstanding(sequence: UInt16, at: Instant)
    /// A probe timed out.
    case timeout(sequence: UInt16, at: Instant)
    /// A router or the target reported an ICMP error.
    indirect case icmpError(PingErrorNotice)
    /// This host could not send a probe.
    indirect case transmissionFailed(sequence: UInt16, TransmissionFailure, at: Instant)
    /// A packet was rejected.
    indirect case ignored(IgnoredPacket)
    /// The parts of the first round trip.
    indirect case firstRoundTrip(RoundTripParts)
    /// A periodic report.
    indirect case report(PingReport)
}

/// A reply to a probe.
public struct PingReply: Sendable {
    public var sequence: UInt16
    public var source: IPAddress
    /// The length of the ICMP message, in bytes.
    public var byteCount: Int
    /// The time to live or hop limit; nil if unknown.
    public var hopLimit: UInt8?
    public var roundTrip: Nanoseconds
    public var arrival: Instant
    public var flags: Flags
    /// Rarely used fields; nil for a plain reply.
    public var details: ReplyDetails?

    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Not the first reply to its probe.
        public static let duplicate = Flags(rawValue: 1)
        /// Some of the probe's bytes are missing.
        public static let truncated = Flags(rawValue: 2)
        /// Received after the probe's timeout.
        public static let late = Flags(rawValue: 4)
        /// The checksum is wrong; the reply does not count.
        public static let corrupted = Flags(rawValue: 8)
        /// The source is not the address that was pinged; the reply does not count.
        public static let otherSource = Flags(rawValue: 16)
    }

    /// Whether the reply answers its probe: it is the first one, and neither corrupted nor from another source.
    public var counts: Bool { flags.isDisjoint(with: [.duplicate, .corrupted, .otherSource]) }
}

/// Rarely used fields of a reply.
public final class ReplyDetails: Sendable {
    /// The options of the reply's IP header.
    public let options: IPv4Options?
    public let wrongData: WrongData?
    public let answer: InformationAnswer?

    init(options: IPv4Options?, wrongData: WrongData?, answer: InformationAnswer?) {
        self.options = options
        self.wrongData = wrongData
        self.answer = answer
    }

    /// The first changed byte, and all data received.
    public struct WrongData: Sendable {
        /// The offset from the first byte after the ICMP header.
        public var offset: Int
        public var expected: UInt8
        public var actual: UInt8
        public var bytes: [UInt8]
    }
}

/// The content of replies to other ICMP queries.
public enum InformationAnswer: Sendable, Equatable {
    /// Milliseconds since midnight UT, or another unit if the highest bit is set (RFC 792).
    case timestamp(originate: UInt32, receive: UInt32, transmit: UInt32)
    case addressMask(IPv4Address)
    case routers(lifetime: UInt16, [ICMPv4RouterAdvertisement.Router])
    case ipv6Router(NDPMessage.RouterAdvertisement, [NDPOption])
}

/// A rejected packet.
public struct IgnoredPacket: Sendable {
    public enum Reason: Sendable, Equatable {
        case malformed(ParseError)
        /// Too short to identify; `length` is that of the ICMP message, in bytes.
        case truncated(byteCount: Int)
        case wrongCookie
        /// It answers or quotes an unknown or expired probe.
        case unknownProbe
        /// Another ICMP message, described in text.
        case unexpected(String)
    }

    public var source: IPAddress
    public var reason: Reason
    public var arrival: Instant
}

/// Statistics of an interval, and since the start of the run.
public struct PingReport: Sendable {
    public var at: Instant
    public var interval: PingTally
    public var total: PingTally

    /// Counters of a period.
    public struct PingTally: Sendable {
        public var transmitted = 0
        public var received = 0
        /// Probes without a reply so far.
        public var missing: Int { max(transmitted - received, 0) }
        public var roundTrips = RoundTripStatistics()
        /// Time without replies, from the first unanswered probe to the next answered one.
        public var outage = Nanoseconds.zero
    }
}
