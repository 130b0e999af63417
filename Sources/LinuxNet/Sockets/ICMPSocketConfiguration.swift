import PacketEngine
import WireFormat

/// What the sockets of a ping need to know, of either family.
public struct ICMPSocketConfiguration: Sendable {
    /// The interface to send through.
    public var interface: String?
    /// The address to send from; it must be one of this host's.
    public var source: IPAddress?
    public var mark: UInt32?
    /// Bytes of the socket's send buffer.
    public var sendBuffer: Int?
    /// Bytes of the receive buffer, as far as the system allows.
    public var receiveBuffer: Int?
    public var allowsBroadcast = false
    public var bypassesRouting = false
    public var debugs = false
    public var loopsMulticast = true
    /// Replies on a raw socket: the types to let through.
    public var replyTypes: [ICMPv4Type] = [.echoReply]
    public var replyTypesV6: [ICMPv6Type] = [.echoReply]
    /// Errors about datagrams of every protocol are let through, not of ICMP alone: what a trace needs.
    public var acceptsAllErrors = false
    /// The longest message that can come back, in bytes with its IP header.
    public var longestPacket = 2048
    /// Packets read at a time, at the most.
    public var receiveCapacity = 64

    /// On a raw socket, whether what the kernel has learned of a path's MTU keeps packets back.
    public var pathMTUDiscovery: PathMTUDiscovery?

    // What the kernel writes into the header of a datagram socket's messages.
    public var hopLimit: UInt8?
    public var trafficClass: UInt8?
    public var ipv4Options: [UInt8] = []

    /// The kernel's stamps are not asked for: times are those at which the program reads (ping -U).
    public var ignoresKernelStamps = false
    /// Ask the kernel when packets passed its queues and its driver.
    public var wantsTransmitStamps = false

    public init() {}
}

extension PathMTUDiscovery {
    /// The value that IP_MTU_DISCOVER and IPV6_MTU_DISCOVER take (ip(7)).
    var socketOption: Int32 {
        switch self {
        case .dont: 0
        case .want: 1
        case .do: 2
        case .probe: 3
        }
    }
}
