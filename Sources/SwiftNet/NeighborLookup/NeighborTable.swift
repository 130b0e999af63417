import LinuxNet
import WireFormat

/// The kernel's neighbor tables of both families (ip-neighbour(8)).
public struct NeighborTable: Sendable {
    /// A neighbor.
    public struct Entry: Sendable, Equatable {
        public var address: IPAddress
        /// The MAC address; nil if unknown.
        public var mac: MACAddress?
        /// The name of the interface.
        public var interface: String
        public var state: State
    }

    /// The state of a neighbor (RFC 4861, section 7.3.2, and Linux's own).
    public typealias State = Neighbor.State

    /// The entries, by interface and address. Entries that need no lookup, such as multicast groups, are omitted.
    public var entries: [Entry]

    /// Reads the table, which needs no privilege.
    /// - Parameter interface: the name of the only interface to list; nil for all.
    public init(interface: String? = nil) throws(SwiftNetError) {
        entries = try SwiftNetError.wrapping {
            let interfaces = try Interface.all()
            let only = try interface.map { try EthernetLink.interface($0, of: interfaces).index }
            return try Neighbor.all()
                .filter { $0.state != .none && (only == nil || $0.interfaceIndex == only) }
                .sorted { ($0.interfaceIndex, $0.address) < ($1.interfaceIndex, $1.address) }
                .map { neighbor in
                    Entry(
                        address: neighbor.address, mac: neighbor.macAddress,
                        interface: interfaces.first { $0.index == neighbor.interfaceIndex }?.name ?? "?",
                        state: neighbor.state)
                }
        }
    }
}
