import HostStack
import PacketEngine
import WireFormat

/// An event of a group membership.
public struct IGMPJoinEvent: Hashable, Sendable {
    /// The kind of an event.
    public enum Kind: Hashable, Sendable {
        /// The first report for the group was sent, or the system has joined it.
        case joined(IGMPJoinConfiguration.Membership, MembershipVersion, at: Instant)
        case query(MembershipQuery, from: IPAddress, at: Instant)
        /// The link's querier requires another protocol version.
        case versionChanged(MembershipVersion, at: Instant)
        /// A report or leave was sent.
        case sent(MembershipMessage, at: Instant)
        /// Another host's report or leave, for any group.
        case heard(MembershipMessage, from: IPAddress, at: Instant)
        case datagram(MulticastDatagram)
        case left(IPAddress, MembershipVersion, at: Instant)
        case failed(TransmissionFailure)
    }

    /// The index of the link's interface.
    public var interface: UInt32
    public var kind: Kind
}

/// A datagram for a joined group from an accepted source.
public struct MulticastDatagram: Hashable, Sendable {
    public var group: IPAddress
    public var source: IPAddress
    /// The destination port; nil if it is not UDP.
    public var port: UInt16?
    /// The length of the payload, in bytes.
    public var bytes: Int
    public var hopLimit: UInt8
    /// Whether it is the first from this source to this group.
    public var isFirst: Bool
    public var arrival: Instant
}

/// The datagrams from one source to one group.
public struct MulticastFlow: Hashable, Sendable {
    /// The index of the receiving interface.
    public var interface: UInt32
    public var group: IPAddress
    public var source: IPAddress
    public var datagrams = 0
    public var bytes = 0
    public var first: Instant
    public var last: Instant
    /// The times between datagrams; both are zero until there are two datagrams.
    public var shortestGap = Nanoseconds.zero
    public var longestGap = Nanoseconds.zero
    /// Loss according to the sender's sequence numbers; nil if there are none.
    public var count: StreamCount?

    init(interface: UInt32, group: IPAddress, source: IPAddress, at instant: Instant) {
        self.interface = interface
        self.group = group
        self.source = source
        first = instant
        last = instant
    }

    /// The time from the first datagram to the last.
    public var span: Nanoseconds { last - first }
    /// The average rate; nil until there are two datagrams.
    public var averageGap: Nanoseconds? { datagrams > 1 ? Nanoseconds(span.count / Int64(datagrams - 1)) : nil }

    mutating func take(bytes count: Int, at instant: Instant) {
        if datagrams > 0 {
            let gap = max(instant - last, .zero)
            shortestGap = datagrams == 1 ? gap : min(shortestGap, gap)
            longestGap = max(longestGap, gap)
            last = max(last, instant)
        }
        datagrams += 1
        bytes += count
    }
}

/// The result of a membership.
public struct IGMPJoinSummary: Hashable, Sendable {
    public var groups = 0
    public var queries = 0
    /// Reports and leaves sent.
    public var reports = 0
    public var datagrams = 0
    public var bytes = 0
    /// Datagrams for the groups from sources that are not accepted.
    public var unwanted = 0
    /// The flows by group and source, in order of appearance.
    public var flows: [MulticastFlow] = []
    /// Datagrams of sources beyond the maximum number of flows.
    public var otherDatagrams = 0
    /// The reason why a report could not be sent, which ended the run.
    public var failure: TransmissionFailure?
    public var elapsed = Nanoseconds.zero
}
