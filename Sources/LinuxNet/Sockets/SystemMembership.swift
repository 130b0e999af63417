import CLinux
import LinuxProcess
import WireFormat

/// Multicast groups that the kernel joins for this process: it sends the reports (ip(7), RFC 3678).
public struct SystemMembership: ~Copyable {
    /// A socket can join `igmp_max_memberships` groups, 20 on most hosts.
    private var sockets: [Socket] = []

    private final class Socket {
        let descriptor: Descriptor
        let family: IPAddress.Family

        init(_ family: IPAddress.Family) throws(SystemError) {
            self.family = family
            descriptor = try .socket(family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        }
    }

    public init() {}

    /// Joins a group on an interface; it is left when the membership is destroyed.
    /// - Parameters:
    ///   - sources: source addresses of the group's family.
    ///   - excludes: whether the sources are excluded; without sources, all are included.
    public mutating func join(
        _ group: IPAddress, sources: [IPAddress], excludes: Bool, interface: UInt32
    ) throws(SystemError) {
        if let socket = sockets.last(where: { $0.family == group.family }) {
            do {
                return try Self.join(group, sources, excludes, interface, on: socket.descriptor)
            } catch {
                guard error.code == ENOBUFS else { throw error }
            }
        }
        let socket = try Socket(group.family)
        try Self.join(group, sources, excludes, interface, on: socket.descriptor)
        sockets.append(socket)
    }

    private static func join(
        _ group: IPAddress, _ sources: [IPAddress], _ excludes: Bool, _ interface: UInt32,
        on socket: borrowing Descriptor
    ) throws(SystemError) {
        let level = Int32((group.family == .v4 ? IPPROTO_IP : IPPROTO_IPV6))
        if excludes {
            var request = group_req()
            request.gr_interface = interface
            request.gr_group = SocketAddress(group).stored
            try socket.setOption(level, MCAST_JOIN_GROUP, request, "join \(group)")
        }
        for source in sources {
            var request = group_source_req()
            request.gsr_interface = interface
            request.gsr_group = SocketAddress(group).stored
            request.gsr_source = SocketAddress(source).stored
            try socket.setOption(
                level, excludes ? MCAST_BLOCK_SOURCE : MCAST_JOIN_SOURCE_GROUP, request,
                "\(excludes ? "exclude" : "include") \(source)")
        }
    }
}
