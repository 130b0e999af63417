import HostStack
import PacketEngine
import WireFormat

/// Which groups are joined, and how.
public struct IGMPJoinConfiguration: Sendable {
    /// A group and whose datagrams to it are wanted.
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
        /// The interface's index. It may be 0, the port's own, where there is one link.
        public var index: UInt32
        public var identity: LinkIdentity
        /// The longest packet of the interface, in bytes.
        public var mtu: Int

        public init(index: UInt32 = 0, identity: LinkIdentity, mtu: Int) {
            self.index = index
            self.identity = identity
            self.mtu = mtu
        }
    }

    public var links: [Link]
    public var memberships: [Membership]
    /// The newest version that is spoken, where it is not the newest there is.
    public var versions: [IPAddress.Family: MembershipVersion] = [:]
    /// How often a change is said (RFC 3376, section 8.1), until a querier has another number.
    public var robustness = 2
    /// Between general queries, until a querier has another (RFC 3376, section 8.2).
    public var queryInterval = Nanoseconds.seconds(125)
    /// The system has joined, and the engine only listens.
    public var isJoinedBySystem = false
    /// From the start until the groups are left; nil for no end.
    public var duration: Nanoseconds?
    /// Datagrams until the groups are left; nil for no end.
    public var count: Int?
    /// Of the times that the protocol leaves to chance.
    public var seed: UInt64

    public init(links: [Link], memberships: [Membership], seed: UInt64) {
        self.links = links
        self.memberships = memberships
        self.seed = seed
    }

    func version(_ family: IPAddress.Family) -> MembershipVersion { versions[family] ?? .newest(family) }
}
