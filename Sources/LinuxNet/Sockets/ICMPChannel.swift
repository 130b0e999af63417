import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The sockets of one address family.
///
/// Raw: one socket sends whole packets whose IP header is ours, another, never
/// bound or connected, receives; so errors from anywhere on the way are seen
/// whatever was asked of the sending one. Datagram: a single socket, whose
/// identifier and IP header are the kernel's and whose errors come through its
/// error queue.
public final class ICMPChannel {
    public enum Level: Sendable {
        case raw
        case datagram
    }

    public let family: IPAddress.Family
    public let level: Level
    let sender: Descriptor
    private let receiver: Descriptor?
    /// The raw value of `receiver`, or of `sender` when one socket does both.
    let receiveDescriptor: Int32
    let configuration: ICMPSocketConfiguration
    /// The zone of link-local destinations: an interface index, 0 for none.
    public var scope: UInt32 = 0
    /// The identifier that the kernel gave a datagram socket.
    public private(set) var identifier: UInt16 = 0

    // Touched for every packet, and by this channel's own methods alone, which
    // never call each other back: the run-time check of exclusive access is left out.
    @exclusivity(unchecked) var translator = StampTranslator()
    @exclusivity(unchecked) var vector: ReceiveVector
    @exclusivity(unchecked) var sendVector = SendVector(capacity: 64)
    /// Packets to ask the kernel for in the next call: one where one comes at a
    /// time, so that the kernel does not look for a second in vain.
    @exclusivity(unchecked) var expectedCount = 1
    /// Packets that came one at a time.
    @exclusivity(unchecked) var singles: UInt32 = 0
    /// An error is waiting in the queue of errors.
    @exclusivity(unchecked) var hasQueuedError = false
    /// The MTU that the last refused packet met, 0 when none was.
    var learnedMTU = 0
    var tokens = StampedTokens()
    /// Packets that the kernel threw away because the receive buffer was full.
    var overflowCount: UInt64 { Descriptor.dropCount(receiveDescriptor) }

    /// Opens the sockets; CAP_NET_RAW must be effective for `.raw`. What needs
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

    /// Buffer sizes beyond the system's limit need CAP_NET_ADMIN; without it the limit has to do.
    private func enlargeReceiveBuffer() {
        guard let size = configuration.receiveBuffer else { return }
        let descriptor = receiveDescriptor
        var value = Int32(clamping: size)
        let length = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &value, length) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, length)
        }
    }

    /// How many packets of a length may wait in the kernel for neighbors to be resolved: what the send buffer takes,
    /// and at most half of what the neighbor table takes by default (gc_thresh3, 1024; arp(7)).
    public func unresolvedCapacity(packetLength: Int) -> Int {
        let buffer = Int(sender.option(SOL_SOCKET, SO_SNDBUF) ?? 0)
        // The kernel counts its own structures beside the bytes, and memory in powers of two.
        let needed = max(packetLength, 0) + 368
        var allocated = 512
        while allocated < needed, allocated < 1 << 20 { allocated *= 2 }
        return min(max(buffer / (allocated + 256) * 9 / 10, 1), 512)
    }

    /// Sets what needs no privilege, and the filter for `identifier`. A
    /// datagram socket takes the identifier (0: of the kernel's choice) for its own.
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
                try sender.setOption(level, IP_RETOPTS, Int32(1), "IP_RETOPTS")
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

    /// Sends only to this address, and takes errors of the route at once (ping -C).
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
