import CLinux
import LinuxProcess
import WireFormat

/// Sockets whose opening needs CAP_NET_RAW, opened before it is known where they will be used: names are looked up and
/// packets are read only when the capability is gone. What is not used is closed with the reserve.
public final class SocketReserve {
    private var packetSockets: [Int32] = []
    private var sharedSockets: [IPAddress.Family: Int32] = [:]
    private var datagramSockets: [(family: IPAddress.Family, descriptor: Int32)] = []
    /// Nil where the kernel has no AF_XDP.
    private var expressSocket: Int32?

    /// Opens the sockets; CAP_NET_RAW must be effective.
    /// - Parameters:
    ///   - packetSockets: how many packet sockets may be used.
    ///   - families: of which raw sockets may send datagrams to this host itself.
    ///   - wantsExpress: an AF_XDP socket may be used.
    public init(
        packetSockets count: Int, families: [IPAddress.Family] = [], wantsExpress: Bool = false
    ) throws(SystemError) {
        for _ in 0..<count { packetSockets.append(try Self.open(AF_PACKET, 0, "packet socket")) }
        for family in families {
            // IPPROTO_RAW sends whole datagrams and hears nothing. A family that the kernel lacks is missed when used.
            let domain = family == .v4 ? AF_INET : AF_INET6
            if let opened = try? Self.open(domain, Int32(IPPROTO_RAW), "raw socket") {
                datagramSockets.append((family, opened))
            }
        }
        if wantsExpress { expressSocket = try? Self.open(AF_XDP, 0, "AF_XDP socket") }
    }

    deinit {
        for descriptor in packetSockets + sharedSockets.values + datagramSockets.map(\.descriptor) { close(descriptor) }
        if let expressSocket { close(expressSocket) }
    }

    private static func open(_ domain: Int32, _ proto: Int32, _ operation: String) throws(SystemError) -> Int32 {
        let flags = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let opened = socket(domain, flags, proto)
        guard opened >= 0 else { throw .last(operation) }
        // Room that only a privilege gives: a burst of answers to hear, a full queue to send.
        var size: Int32 = 4 << 20
        if setsockopt(opened, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        setsockopt(opened, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        return opened
    }

    /// A packet socket that hears nothing yet.
    public func packetSocket() throws(SystemError) -> UnboundPacketSocket {
        UnboundPacketSocket(owning: try takePacketSocket())
    }

    /// A packet socket for a run that is over before this is called again for the family: there is one for all of them.
    public func sharedPacketSocket(_ family: IPAddress.Family) throws(SystemError) -> UnboundPacketSocket {
        let shared: Int32
        if let known = sharedSockets[family] { shared = known } else { shared = try takePacketSocket() }
        sharedSockets[family] = shared
        let copy = clinux_duplicate(shared)
        guard copy >= 0 else { throw .last("packet socket") }
        return UnboundPacketSocket(owning: copy)
    }

    /// The descriptor of such a socket, whose owner the caller is.
    func takePacketSocket() throws(SystemError) -> Int32 {
        guard let last = packetSockets.popLast() else { throw SystemError(code: EMFILE, operation: "packet socket") }
        return last
    }

    /// The raw socket that sends datagrams of a family.
    func datagramSocket(_ family: IPAddress.Family) throws(SystemError) -> Descriptor {
        guard let index = datagramSockets.firstIndex(where: { $0.family == family }) else {
            throw SystemError(code: EAFNOSUPPORT, operation: "raw socket")
        }
        return Descriptor(owning: datagramSockets.remove(at: index).descriptor)
    }

    /// The AF_XDP socket, where there is one.
    func takeExpressSocket() -> Descriptor? {
        defer { expressSocket = nil }
        guard let expressSocket else { return nil }
        return Descriptor(owning: expressSocket)
    }
}
