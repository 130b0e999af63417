import PacketEngine
import WireFormat

/// The configuration of ICMP sockets, for both families.
public struct ICMPSocketConfiguration: Sendable {
    /// The interface to send on.
    public var interface: String?
    /// The source address; it must be an address of this host.
    public var source: IPAddress?
    public var mark: UInt32?
    /// The size of the send buffer, in bytes.
    public var sendBuffer: Int?
    /// The size of the receive buffer, in bytes; limited by the system.
    public var receiveBuffer: Int?
    public var allowsBroadcast = false
    public var bypassesRouting = false
    public var debugs = false
    public var loopsMulticast = true
    /// The types of replies to accept on a raw socket.
    public var replyTypes: [ICMPv4Type] = [.echoReply]
    public var replyTypesV6: [ICMPv6Type] = [.echoReply]
    /// Whether errors about datagrams of every protocol are accepted, not only of ICMP, as a trace requires.
    public var acceptsAllErrors = false
    /// The maximum length of a received message, in bytes, with its IP header.
    public var longestPacket = 2048
    /// The maximum number of packets per read.
    public var receiveCapacity = 64

    /// On a raw socket, how packets that exceed the known path MTU are handled.
    public var pathMTUDiscovery: PathMTUDiscovery?

    // The IP header fields of a datagram socket's messages.
    public var hopLimit: UInt8?
    public var trafficClass: UInt8?
    public var ipv4Options: [UInt8] = []

    /// Whether the kernel's timestamps are not used; times are those at which the program reads (`ping -U`).
    public var ignoresKernelStamps = false
    /// Whether the kernel reports when packets passed its queues and its driver.
    public var wantsTransmitStamps = false

    public init() {}
}

extension PathMTUDiscovery {
    /// The value for IP_MTU_DISCOVER and IPV6_MTU_DISCOVER (ip(7)).
    var socketOption: Int32 {
        switch self {
        case .dont: 0
        case .want: 1
        case .do: 2
        case .probe: 3
        }
    }
}
