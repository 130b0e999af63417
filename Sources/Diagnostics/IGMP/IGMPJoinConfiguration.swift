import HostStack
import PacketEngine
import WireFormat

/// The parameters of a group membership.
public struct IGMPJoinConfiguration: Sendable {
    /// A group and the accepted sources.
    public struct Membership: Hashable, Sendable {
        public var group: IPAddress
        public var filter: SourceFilter

        public init(group: IPAddress, filter: SourceFilter = .all) {
            self.group = group
            self.filter = filter
        }
    }

    /// An interface on which the groups are joined.
    public struct Link: Hashable, Sendable {
        /// The interface's index; may be 0, the port's own, if there is one link.
        public var index: UInt32
        public var identity: LinkIdentity
        /// The MTU of the interface, in bytes.
        public var mtu: Int

        public init(index: UInt32 = 0, identity: LinkIdentity, mtu: Int) {
            self.index = index
            self.identity = identity
            self.mtu = mtu
        }
    }

    public var links: [Link]
    public var memberships: [Membership]
    /// The highest protocol version to use; nil for the newest.
    public var versions: [IPAddress.Family: MembershipVersion] = [:]
    /// The number of times that a change is reported (RFC 3376, section 8.1), unless the querier announces another.
    public var robustness = MembershipQuery.defaultRobustness
    /// The interval of general queries, unless the querier announces another (RFC 3376, section 8.2).
    public var queryInterval = MembershipQuery.defaultInterval
    /// Whether the kernel sends the reports and the engine only receives.
    public var isJoinedBySystem = false
    /// The duration until the groups are left; nil for no limit.
    public var duration: Nanoseconds?
    /// The number of datagrams until the groups are left; nil for no limit.
    public var count: Int?
    /// The seed of the protocol's random delays.
    public var seed: UInt64

    public init(links: [Link], memberships: [Membership], seed: UInt64) {
        self.links = links
        self.memberships = memberships
        self.seed = seed
    }

    func version(_ family: IPAddress.Family) -> MembershipVersion { versions[family] ?? .newest(family) }
}
