import CLinux
import LinuxProcess
import WireFormat

/// A route: the interface, gateway and source address for a destination.
public struct Route: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case unicast
        /// An address of this host.
        case local
        case broadcast
        case multicast
        /// Another type, by its rtnetlink number.
        case other(UInt8)
    }

    public var kind: Kind
    /// The source address of packets.
    public var source: IPAddress?
    /// The next hop, if it is not the destination itself.
    public var gateway: IPAddress?
    public var interfaceIndex: UInt32
    /// The MTU that the kernel assumes for the path: the learned path MTU, or the interface's MTU; in bytes.
    public var mtu: Int
    /// The interface's MTU, in bytes; 0 if there is no interface.
    public var linkMTU = 0
}

/// Queries the kernel's routing tables.
public enum RouteTable {
    /// Returns the route to `destination`, as `ip route get` shows it. Throws the error
    /// of connect(2): ENETUNREACH, EHOSTUNREACH, EACCES...
    /// - Parameter interface: the index of the outgoing interface; 0 for any.
    public static func route(
        to destination: IPAddress, from source: IPAddress? = nil, interface: UInt32 = 0, mark: UInt32? = nil,
        typeOfService: UInt8 = 0
    ) throws(SystemError) -> Route {
        var socket = try NetlinkSocket()
        var header = rtmsg()
        var attributes: [(type: Int, data: [UInt8])] = [(Int(RTA_DST.rawValue), destination.networkBytes)]
        header.rtm_family = UInt8(destination.family == .v4 ? AF_INET : AF_INET6)
        header.rtm_dst_len = destination.family == .v4 ? 32 : 128
        if destination.family == .v4 { header.rtm_tos = typeOfService & 0x1C }
        if let source {
            header.rtm_src_len = header.rtm_dst_len
            attributes.append((Int(RTA_SRC.rawValue), source.networkBytes))
        }
        if interface != 0 { attributes.append((Int(RTA_OIF.rawValue), hostBytes(interface))) }
        if let mark { attributes.append((Int(RTA_MARK.rawValue), hostBytes(mark))) }
        let answers = try socket.request(
            Int(RTM_GETROUTE), flags: 0, header: header, attributes: attributes, "connect")
        guard let answer = answers.first, let fixed = answer.header(rtmsg.self) else {
            throw SystemError(code: ENETUNREACH, operation: "connect")
        }
        var route = try route(answer, fixed, asked: source)
        route.linkMTU = linkMTU(of: route.interfaceIndex, by: &socket)
        if route.mtu == 0 { route.mtu = route.linkMTU }
        return route
    }

    private static func route(
        _ answer: NetlinkSocket.Message, _ fixed: rtmsg, asked source: IPAddress?
    ) throws(SystemError) -> Route {
        let kind: Route.Kind
        switch Int(fixed.rtm_type) {
        case Int(RTN_UNICAST): kind = .unicast
        case Int(RTN_LOCAL): kind = .local
        case Int(RTN_BROADCAST): kind = .broadcast
        case Int(RTN_MULTICAST): kind = .multicast
        case Int(RTN_UNREACHABLE): throw SystemError(code: EHOSTUNREACH, operation: "connect")
        case Int(RTN_BLACKHOLE): throw SystemError(code: EINVAL, operation: "connect")
        case Int(RTN_PROHIBIT): throw SystemError(code: EACCES, operation: "connect")
        default: kind = .other(fixed.rtm_type)
        }
        var route = Route(kind: kind, source: source, gateway: nil, interfaceIndex: 0, mtu: 0)
        for attribute in answer.attributes(after: MemoryLayout<rtmsg>.size) {
            switch Int(attribute.type) {
            case Int(RTA_OIF.rawValue): route.interfaceIndex = answer.uint32(attribute) ?? 0
            case Int(RTA_PREFSRC.rawValue): route.source = address(answer.bytes[attribute.range])
            case Int(RTA_GATEWAY.rawValue): route.gateway = address(answer.bytes[attribute.range])
            case Int(RTA_METRICS.rawValue):
                for metric in NetlinkSocket.attributes(answer.bytes, in: attribute.range) where metric.type == 2 {
                    route.mtu = Int(answer.uint32(metric) ?? 0)
                }
            default: break
            }
        }
        return route
    }

    private static func linkMTU(of index: UInt32, by socket: inout NetlinkSocket) -> Int {
        guard index != 0 else { return 0 }
        var header = ifinfomsg()
        header.ifi_index = Int32(bitPattern: index)
        let link = try? socket.request(Int(RTM_GETLINK), flags: 0, header: header, "interfaces").first
        for attribute in link?.attributes(after: MemoryLayout<ifinfomsg>.size) ?? []
        where attribute.type == UInt16(IFLA_MTU) {
            return Int(link?.uint32(attribute) ?? 0)
        }
        return 0
    }

    /// Parses an address from an attribute.
    static func address(_ bytes: ArraySlice<UInt8>) -> IPAddress? {
        let copy = Array(bytes)
        return switch copy.count {
        case 4: .v4(copy.rawBytes.ipv4Address(at: 0))
        case 16: .v6(copy.rawBytes.ipv6Address(at: 0))
        default: nil
        }
    }

    static func hostBytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}
