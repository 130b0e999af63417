import PacketEngine
import WireFormat

/// What a ping finds, as it finds it. The rare cases are indirect: a flood's
/// events are copied by the million, and should be small.
public enum PingEvent: Sendable {
    /// A probe left. `number` counts from 1.
    case transmitted(number: Int)
    case reply(PingReply)
    /// The next probe leaves, and this one has had no answer yet.
    case outstanding(sequence: UInt16, at: Instant)
    /// A probe's time is up.
    case timeout(sequence: UInt16, at: Instant)
    /// Somebody on the way, or the target, says why there will be no answer.
    indirect case icmpError(PingErrorNotice)
    /// This host could not send a probe.
    indirect case transmissionFailed(sequence: UInt16, TransmissionFailure, at: Instant)
    /// Something came that was not believed.
    indirect case ignored(IgnoredPacket)
    /// The parts of the first round trip.
    indirect case firstRoundTrip(RoundTripParts)
    /// How things stand, every report interval.
    indirect case report(PingReport)
}

/// An answer to a probe.
public struct PingReply: Sendable {
    public var sequence: UInt16
    public var source: IPAddress
    /// Bytes of the ICMP message.
    public var byteCount: Int
    /// Time to live or hop limit, where it is known.
    public var hopLimit: UInt8?
    public var roundTrip: Nanoseconds
    public var arrival: Instant
    public var flags: Flags
    /// What only few replies have.
    public var details: ReplyDetails?

    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Not the first answer to its probe.
        public static let duplicate = Flags(rawValue: 1)
        /// Some of the probe's bytes are missing.
        public static let truncated = Flags(rawValue: 2)
        /// It came after its probe's time was up.
        public static let late = Flags(rawValue: 4)
        /// The checksum is wrong; it does not count.
        public static let corrupted = Flags(rawValue: 8)
        /// It comes from an address that was not asked; it does not count.
        public static let otherSource = Flags(rawValue: 16)
    }
}

/// What only few replies have.
public final class ReplyDetails: Sendable {
    /// The options of the reply's header.
    public let options: IPv4Options?
    public let wrongData: WrongData?
    public let answer: InformationAnswer?

    init(options: IPv4Options?, wrongData: WrongData?, answer: InformationAnswer?) {
        self.options = options
        self.wrongData = wrongData
        self.answer = answer
    }

    /// The first byte that came back changed, and everything that came.
    public struct WrongData: Sendable {
        /// Counted from the first byte behind the ICMP header.
        public var offset: Int
        public var expected: UInt8
        public var actual: UInt8
        public var bytes: [UInt8]
    }
}

/// What the answers to the other questions say.
public enum InformationAnswer: Sendable, Equatable {
    /// Milliseconds since midnight UT, or another unit where the highest bit is set (RFC 792).
    case timestamp(originate: UInt32, receive: UInt32, transmit: UInt32)
    case addressMask(IPv4Address)
    case routers(lifetime: UInt16, [ICMPv4RouterAdvertisement.Router])
    case ipv6Router(NDPMessage.RouterAdvertisement, [NDPOption])
}

/// A packet that was not believed.
public struct IgnoredPacket: Sendable {
    public enum Reason: Sendable, Equatable {
        case malformed(ParseError)
        /// Too short to tell whose it is; bytes of the ICMP message.
        case truncated(byteCount: Int)
        case wrongCookie
        /// It answers or quotes a probe that was not sent, or is forgotten.
        case unknownProbe
        /// Another ICMP message, in words.
        case unexpected(String)
    }

    public var source: IPAddress
    public var reason: Reason
    public var arrival: Instant
}

/// Where the time of a round trip went.
public struct RoundTripParts: Sendable {
    public var sequence: UInt16
    /// Until the next hop's link-layer address was known and the packet was queued.
    public var neighborResolution: Nanoseconds
    /// From the queue to the driver.
    public var queue: Nanoseconds
    /// From the driver to the answer's arrival.
    public var network: Nanoseconds
}

/// Statistics of an interval, and since the start.
public struct PingReport: Sendable {
    public var at: Instant
    public var interval: PingTally
    public var total: PingTally

    /// Counters of a stretch of time.
    public struct PingTally: Sendable {
        public var transmitted = 0
        public var received = 0
        public var roundTrips = RoundTripStatistics()
        /// Time without answers, from the first unanswered probe to the next answered one.
        public var outage = Nanoseconds.zero
    }
}
