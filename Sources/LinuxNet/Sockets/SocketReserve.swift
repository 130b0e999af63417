import CLinux
import LinuxProcess
import WireFormat

/// Sockets whose opening requires CAP_NET_RAW, opened before their use is known: names are resolved and
/// packets are read only after the capability was dropped. Unused sockets are closed with the reserve.
public final class SocketReserve {
    private var packetSockets: [Int32] = []
    private var sharedSockets: [IPAddress.Family: Int32] = [:]
    private var datagramSockets: [(family: IPAddress.Family, descriptor: Int32)] = []
    private var headerlessSocket: Int32?
    /// Nil if the kernel has no AF_XDP.
    private var xdpSocket: Int32?

    /// Opens the sockets; CAP_NET_RAW must be effective.
    /// - Parameters:
    ///   - packetSockets: the number of packet sockets.
    ///   - families: the families in which raw sockets may send datagrams to this host itself.
    ///   - wantsHeaderless: whether a packet socket may send IP packets on interfaces without an Ethernet header.
    ///   - wantsXDP: whether an AF_XDP socket may be used.
    public init(
        packetSockets count: Int, families: [IPAddress.Family] = [], wantsHeaderless: Bool = false,
        wantsXDP: Bool = false
    ) throws(SystemError) {
        for _ in 0..<count { packetSockets.append(try Self.open(AF_PACKET, 0, "packet socket")) }
        // The kernel begins to timestamp packets only some time after the first socket has asked for it.
        var isStamped: Int32 = 1
        if let first = packetSockets.last { setsockopt(first, SOL_SOCKET, SO_TIMESTAMPNS, &isStamped, 4) }
        for family in families {
            // IPPROTO_RAW sends whole datagrams and receives nothing. A missing family is an error only when it is
            // used.
            let domain = family == .v4 ? AF_INET : AF_INET6
            if let opened = try? Self.open(domain, Int32(IPPROTO_RAW), "raw socket") {
                datagramSockets.append((family, opened))
            }
        }
        // Older kernels refuse short packets of a raw packet socket on a tunnel (packet(7)).
        if wantsHeaderless {
            headerlessSocket = try Self.open(AF_PACKET, type: SOCK_DGRAM.rawValue, 0, "packet socket")
        }
        if wantsXDP { xdpSocket = try? Self.open(AF_XDP, 0, "AF_XDP socket") }
    }

    deinit {
        for descriptor in packetSockets + sharedSockets.values + datagramSockets.map(\.descriptor) { close(descriptor) }
        for descriptor in [headerlessSocket, xdpSocket] { if let descriptor { close(descriptor) } }
    }

    private static func open(
        _ domain: Int32, type: UInt32 = SOCK_RAW.rawValue, _ proto: Int32, _ operation: String
    ) throws(SystemError) -> Int32 {
        let flags = Int32(type | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let opened = socket(domain, flags, proto)
        guard opened >= 0 else { throw .last(operation) }
        // Buffers that require a privilege: for bursts of replies and for a full send queue.
        var size: Int32 = 4 << 20
        if setsockopt(opened, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        setsockopt(opened, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        return opened
    }

    /// Returns a packet socket that receives nothing yet.
    public func packetSocket() throws(SystemError) -> UnboundPacketSocket {
        UnboundPacketSocket(owning: try takePacketSocket())
    }

    /// Returns a packet socket that all lookups of the family share: each must be finished before the next call.
    public func sharedPacketSocket(_ family: IPAddress.Family) throws(SystemError) -> UnboundPacketSocket {
        let shared: Int32
        if let known = sharedSockets[family] { shared = known } else { shared = try takePacketSocket() }
        sharedSockets[family] = shared
        let copy = clinux_duplicate(shared)
        guard copy >= 0 else { throw .last("packet socket") }
        return UnboundPacketSocket(owning: copy)
    }

    /// Returns the descriptor of such a socket; the caller owns it.
    func takePacketSocket() throws(SystemError) -> Int32 {
        guard let last = packetSockets.popLast() else { throw SystemError(code: EMFILE, operation: "packet socket") }
        return last
    }

    /// Returns the packet socket that sends packets without a link header, and receives nothing; the caller owns it.
    func takeHeaderlessSocket() throws(SystemError) -> Int32 {
        defer { headerlessSocket = nil }
        guard let headerlessSocket else { throw SystemError(code: EMFILE, operation: "packet socket") }
        return headerlessSocket
    }

    /// Returns the raw socket that sends datagrams of a family.
    func datagramSocket(_ family: IPAddress.Family) throws(SystemError) -> Descriptor {
        guard let index = datagramSockets.firstIndex(where: { $0.family == family }) else {
            throw SystemError(code: EAFNOSUPPORT, operation: "raw socket")
        }
        return Descriptor(owning: datagramSockets.remove(at: index).descriptor)
    }

    /// Closes the unused packet sockets in the background. The kernel takes some 12 ms to close one, because it waits
    /// until no processor uses it, but sockets that are closed at the same time share the wait.
    public func closeUnusedSockets() {
        for case let descriptor? in packetSockets + [headerlessSocket] {
            DetachedThread.startOrRun { close(descriptor) }
        }
        (packetSockets, headerlessSocket) = ([], nil)
    }

    /// Returns the AF_XDP socket, if available.
    func takeXDPSocket() -> Descriptor? {
        defer { xdpSocket = nil }
        guard let xdpSocket else { return nil }
        return Descriptor(owning: xdpSocket)
    }
}
