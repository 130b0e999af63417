import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The ICMP sockets of one address family.
///
/// Raw: one socket sends whole packets with our IP header; another one, which is never bound
/// or connected, receives, so that errors from any router on the path are received
/// regardless of the options of the sending socket. Datagram: a single socket, with the kernel's
/// identifier and IP header; errors are read from its error queue.
public final class ICMPChannel {
    public enum Level: Sendable {
        case raw
        case datagram
    }

    public let family: IPAddress.Family
    public let level: Level
    let sender: Descriptor
    private let receiver: Descriptor?
    /// The descriptor of `receiver`, or of `sender` if one socket does both.
    let receiveDescriptor: Int32
    let configuration: ICMPSocketConfiguration
    /// The zone of link-local destinations: an interface index; 0 for none.
    public var scope: UInt32 = 0
    /// The identifier that the kernel assigned to a datagram socket.
    public private(set) var identifier: UInt16 = 0

    // Accessed for every packet, and only by methods of this class that
    // do not call each other: the run-time check of exclusive access is omitted.
    @exclusivity(unchecked) var translator = StampTranslator()
    @exclusivity(unchecked) var vector: ReceiveVector
    @exclusivity(unchecked) var sendVector = SendVector(capacity: 64)
    /// The number of packets to request in the next call: one if they arrive singly, so that
    /// the kernel does not look for a second one in vain.
    @exclusivity(unchecked) var expectedCount = 1
    /// The number of packets that arrived singly.
    @exclusivity(unchecked) var singles: UInt32 = 0
    /// Whether an error is waiting in the error queue.
    @exclusivity(unchecked) var hasQueuedError = false
    /// The MTU that the last packet exceeded; 0 if none did.
    var learnedMTU = 0
    var tokens = StampedTokens()
    /// The number of packets that the kernel dropped because the receive buffer was full.
    var overflowCount: UInt64 { Descriptor.dropCount(receiveDescriptor) }

    /// Opens the sockets; CAP_NET_RAW must be effective for `.raw`. Everything that needs
    /// a privilege is done here, so that it can be dropped afterwards.
    public init(
        _ family: IPAddress.Family, level: Level, configuration: ICMPSocketConfiguration
    ) throws(SystemError) {
        self.family = family
        self.level = level
        self.configuration = configuration
        let slots = max(4, min(configuration.receiveCapacity, (1 << 20) / max(configuration.longestPacket, 1)))
        vector = ReceiveVector(capacity: slots, slotLength: configuration.longestPacket)
        let domain = family == .v4 ? AF_INET : AF_INET6
        let proto = Int32((family == .v4 ? IPProtocol.icmp : .icmpv6).rawValue)
        switch level {
        case .raw:
            sender = try .socket(domain, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
            let receiver = try Descriptor.socket(domain, Int32(SOCK_RAW.rawValue), proto)
            receiveDescriptor = receiver.rawValue
            self.receiver = consume receiver
        case .datagram:
            sender = try .socket(domain, Int32(SOCK_DGRAM.rawValue), proto)
            receiveDescriptor = sender.rawValue
            receiver = nil
        }
        if let interface = configuration.interface { try sender.bindToDevice(interface) }
        if let mark = configuration.mark { try sender.setOption(SOL_SOCKET, SO_MARK, mark, "SO_MARK") }
        if configuration.debugs { try sender.setOption(SOL_SOCKET, SO_DEBUG, Int32(1), "SO_DEBUG") }
        enlargeReceiveBuffer()
    }

    /// Buffers beyond the system's limit require CAP_NET_ADMIN; without it, the limit applies.
    private func enlargeReceiveBuffer() {
        guard let size = configuration.receiveBuffer else { return }
        let descriptor = receiveDescriptor
        var value = Int32(clamping: size)
        let length = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &value, length) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, length)
        }
    }

    /// Returns the number of packets of a length that may wait in the kernel for address resolution: limited by the
    /// send buffer, and by half of the neighbor table's default size (gc_thresh3, 1024; arp(7)).
    public func unresolvedCapacity(packetLength: Int) -> Int {
        let buffer = Int(sender.option(SOL_SOCKET, SO_SNDBUF) ?? 0)
        // The kernel also counts its own structures, and rounds memory to powers of two.
        let needed = max(packetLength, 0) + 368
        var allocated = 512
        while allocated < needed, allocated < 1 << 20 { allocated *= 2 }
        return min(max(buffer / (allocated + 256) * 9 / 10, 1), 512)
    }

    /// Sets the options that need no privilege, and the filter for `identifier`. A
    /// datagram socket uses the identifier as its own (0: chosen by the kernel).
    public func prepare(identifier: UInt16) throws(SystemError) {
        if let size = configuration.sendBuffer {
            try sender.setOption(SOL_SOCKET, SO_SNDBUF, Int32(clamping: size), "SO_SNDBUF")
        }
        if configuration.allowsBroadcast { try sender.setOption(SOL_SOCKET, SO_BROADCAST, Int32(1), "SO_BROADCAST") }
        if configuration.bypassesRouting { try sender.setOption(SOL_SOCKET, SO_DONTROUTE, Int32(1), "SO_DONTROUTE") }
        if !configuration.loopsMulticast {
            if family == .v4 {
                try sender.setOption(Int32(IPPROTO_IP), IP_MULTICAST_LOOP, Int32(0), "IP_MULTICAST_LOOP")
            } else {
                try sender.setOption(Int32(IPPROTO_IPV6), IPV6_MULTICAST_LOOP, Int32(0), "IPV6_MULTICAST_LOOP")
            }
        }
        if !configuration.ignoresKernelStamps {
            try set(receiveDescriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS")
        }
        if family == .v6 {
            try set(receiveDescriptor, Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT")
            try set(receiveDescriptor, Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO")
        }
        if configuration.wantsTransmitStamps {
            try sender.setOption(SOL_SOCKET, SO_TIMESTAMPING, clinux_TIMESTAMPING, "SO_TIMESTAMPING")
        }
        switch level {
        case .raw:
            try prepareRaw(identifier: identifier)
        case .datagram:
            try prepareDatagram(identifier: identifier)
        }
    }

    private func prepareRaw(identifier: UInt16) throws(SystemError) {
        self.identifier = identifier
        if let source = configuration.source { try sender.bind(SocketAddress(source, scope: scope)) }
        if let discovery = configuration.pathMTUDiscovery {
            if family == .v4 {
                try sender.setOption(Int32(IPPROTO_IP), IP_MTU_DISCOVER, discovery.socketOption, "IP_MTU_DISCOVER")
            } else {
                try sender.setOption(
                    Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, discovery.socketOption, "IPV6_MTU_DISCOVER")
            }
        }
        if configuration.acceptsAllErrors {
            return try SocketFilter.errorsAndReplies(family, identifier: identifier).attach(to: receiveDescriptor)
        }
        let filter: SocketFilter =
            family == .v4
            ? .icmpv4Answers(identifier: identifier, replies: configuration.replyTypes)
            : .icmpv6Answers(identifier: identifier, replies: configuration.replyTypesV6)
        try filter.attach(to: receiveDescriptor)
    }

    private func prepareDatagram(identifier: UInt16) throws(SystemError) {
        let any: IPAddress = family == .v4 ? .v4(.unspecified) : .v6(.unspecified)
        try sender.bind(SocketAddress(configuration.source ?? any, port: identifier, scope: scope))
        self.identifier = SocketAddress.local(of: sender)?.port ?? identifier
        let level = family == .v4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6)
        if family == .v4 {
            try sender.setOption(level, IP_RECVERR, Int32(1), "IP_RECVERR")
            try sender.setOption(level, IP_RECVTTL, Int32(1), "IP_RECVTTL")
            if let limit = configuration.hopLimit {
                try sender.setOption(level, IP_TTL, Int32(limit), "IP_TTL")
                try sender.setOption(level, IP_MULTICAST_TTL, Int32(limit), "IP_MULTICAST_TTL")
            }
            if let value = configuration.trafficClass { try sender.setOption(level, IP_TOS, Int32(value), "IP_TOS") }
            if let discovery = configuration.pathMTUDiscovery {
                try sender.setOption(level, IP_MTU_DISCOVER, discovery.socketOption, "IP_MTU_DISCOVER")
            }
            if !configuration.ipv4Options.isEmpty {
                try sender.setOption(level, IP_OPTIONS, bytes: configuration.ipv4Options, "IP_OPTIONS")
                try sender.setOption(level, IP_RECVOPTS, Int32(1), "IP_RECVOPTS")
            }
        } else {
            try sender.setOption(level, IPV6_RECVERR, Int32(1), "IPV6_RECVERR")
            if let limit = configuration.hopLimit {
                try sender.setOption(level, IPV6_UNICAST_HOPS, Int32(limit), "IPV6_UNICAST_HOPS")
                try sender.setOption(level, IPV6_MULTICAST_HOPS, Int32(limit), "IPV6_MULTICAST_HOPS")
            }
            if let value = configuration.trafficClass {
                try sender.setOption(level, IPV6_TCLASS, Int32(value), "IPV6_TCLASS")
            }
            if let discovery = configuration.pathMTUDiscovery {
                try sender.setOption(level, IPV6_MTU_DISCOVER, discovery.socketOption, "IPV6_MTU_DISCOVER")
            }
        }
    }

    /// Sends only to this address, and reports routing errors at once (`ping -C`).
    public func connect(to address: IPAddress) throws(SystemError) {
        try sender.connect(SocketAddress(address, scope: scope))
    }

    private func set(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32, _ operation: String
    ) throws(SystemError) {
        var value = value
        guard setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw .last(operation)
        }
    }
}
