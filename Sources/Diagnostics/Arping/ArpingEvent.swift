import PacketEngine
import WireFormat

/// An ARP packet from a station that claims the target.
public struct ArpingReply: Hashable, Sendable {
    /// The sender addresses in the packet; `frameSource` is the source of the frame.
    public var address: IPv4Address
    public var mac: MACAddress
    public var frameSource: MACAddress
    /// The target addresses in the packet.
    public var targetAddress: IPv4Address
    public var targetMAC: MACAddress
    /// Whether the packet is a request; it claims the sender address as a reply does.
    public var isRequest: Bool
    /// Whether the frame was broadcast or multicast.
    public var isBroadcast: Bool
    /// The time since the last probe; nil before the first.
    public var roundTrip: Nanoseconds?
    /// Whether another station has claimed the same address before.
    public var isDuplicate: Bool
    /// The number of replies before this one, and of probes before the last.
    public var index: Int
    public var lastProbe: Int
    /// The length of the frame, in bytes.
    public var length: Int
    public var arrival: Instant

    /// Whether the packet's sender is not the frame's source: a proxy, a bridge, or a forgery.
    public var isFromElsewhere: Bool { mac != frameSource }
}

/// An event of an arping run.
public enum ArpingEvent: Hashable, Sendable {
    case reply(ArpingReply)
    /// A probe got no reply before the next.
    case timeout(Int)
    /// An ignored reply; at most 20 per second are reported.
    case ignored(IgnoredReply)
}

/// The result of an arping run.
public struct ArpingSummary: LinkSummary {
    public var sent = 0
    public var sentBroadcasts = 0
    public var received = 0
    public var receivedBroadcasts = 0
    public var receivedRequests = 0
    /// Probes with at least one reply.
    public var answered = 0
    public var roundTrips = RoundTripStatistics()
    /// Stations that claim the target.
    public var stations: [MACAddress] = []
    public var elapsed = Nanoseconds.zero
    /// Whether every probe was sent and the wait after the last one is over.
    public var isComplete = false
    /// Whether the absence of replies is a result: RFC 5227's check finds out that an address is free only if it is
    /// complete (section 2.1.1).
    public var isConclusive = true
    /// The reason why a probe could not be sent, which ended the run.
    public var failure: TransmissionFailure?

    /// Replies beyond the number of probes.
    public var extra: Int { max(received - sent, 0) }
    /// Probes beyond the number of replies.
    public var missing: Int { max(sent - received, 0) }
    /// Whether a station claims the target.
    public var isFound: Bool { received > 0 }
    /// Whether several stations claim the target.
    public var hasDuplicates: Bool { stations.count > 1 }
}
