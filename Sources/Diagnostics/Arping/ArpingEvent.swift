import PacketEngine
import WireFormat

/// An ARP packet that says who has the target.
public struct ArpingReply: Hashable, Sendable {
    /// By the packet; `frameSource` is who sent the frame.
    public var address: IPv4Address
    public var mac: MACAddress
    public var frameSource: MACAddress
    /// Whom it is for, by the packet.
    public var targetAddress: IPv4Address
    public var targetMAC: MACAddress
    /// A request says it as well as a reply.
    public var isRequest: Bool
    /// The frame was for more than us.
    public var isBroadcast: Bool
    /// Since the last probe; nil before the first.
    public var roundTrip: Nanoseconds?
    /// Another machine has said the same before.
    public var isDuplicate: Bool
    /// Answers before this one, and probes before the last.
    public var index: Int
    public var lastProbe: Int
    /// Bytes of the frame.
    public var length: Int
    public var arrival: Instant

    /// The packet says another machine than the frame's: a proxy, a bridge, or a lie.
    public var isFromElsewhere: Bool { mac != frameSource }
}

/// What `arping` sees.
public enum ArpingEvent: Hashable, Sendable {
    case reply(ArpingReply)
    /// A probe got no answer before the next.
    case timeout(Int)
    /// A reply that was ignored; at most 20 per second are reported.
    case ignored(IgnoredReply)
    case failed(TransmissionFailure)
}

/// How it ended.
public struct ArpingSummary: Sendable {
    public var sent = 0
    public var sentBroadcasts = 0
    public var received = 0
    public var receivedBroadcasts = 0
    public var receivedRequests = 0
    /// Probes that were answered at least once.
    public var answered = 0
    public var roundTrips = RoundTripStatistics()
    /// Machines that said they have the target.
    public var machines: [MACAddress] = []
    public var elapsed = Nanoseconds.zero
    /// Every probe was sent, and replies to the last were waited for: without this, that no host replied says nothing.
    public var isComplete = false
}
