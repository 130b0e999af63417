import CLinux
import LinuxProcess
import WireFormat

/// A socket address for system calls.
struct SocketAddress {
    private(set) var stored = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// Creates space for an address that the kernel returns.
    init() {}

    init(_ address: IPAddress, port: UInt16 = 0, scope: UInt32 = 0) {
        switch address {
        case .v4(let address):
            var value = sockaddr_in()
            value.sin_family = sa_family_t(AF_INET)
            value.sin_port = port.bigEndian
            value.sin_addr.s_addr = address.rawValue.bigEndian
            set(value)
        case .v6(let address):
            var value = sockaddr_in6()
            value.sin6_family = sa_family_t(AF_INET6)
            value.sin6_port = port.bigEndian
            value.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &value.sin6_addr) { bytes in
                bytes.storeBytes(of: address.high.bigEndian, toByteOffset: 0, as: UInt64.self)
                bytes.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            set(value)
        }
    }

    /// Creates the address of an interface for packet sockets (packet(7)).
    init(interface: UInt32, etherType: UInt16 = 0) {
        var value = sockaddr_ll()
        value.sll_family = UInt16(AF_PACKET)
        value.sll_protocol = etherType.bigEndian
        value.sll_ifindex = Int32(bitPattern: interface)
        set(value)
        // A datagram socket must give as many bytes as the link's addresses have, although none is used here: 16 for
        // tunnels over IPv6, 32 at most.
        if etherType != 0 { length = 12 + 32 }
    }

    /// Creates the address of a Unix socket (unix(7)); returns nil if the path is longer than 107 bytes.
    init?(path: String) {
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &value.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits, !bytes.isEmpty else { return nil }
        set(value)
    }

    private mutating func set<Value>(_ value: Value) {
        withUnsafeMutableBytes(of: &stored) { $0.storeBytes(of: value, as: Value.self) }
        length = socklen_t(MemoryLayout<Value>.size)
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: stored) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Parses the IP address, port and scope in a `sockaddr`; returns nil for other families.
    static func parse(_ bytes: UnsafeRawPointer) -> (address: IPAddress, port: UInt16, scope: UInt32)? {
        switch Int32(bytes.load(as: sa_family_t.self)) {
        case AF_INET:
            let value = bytes.loadUnaligned(as: sockaddr_in.self)
            return (
                .v4(IPv4Address(rawValue: UInt32(bigEndian: value.sin_addr.s_addr))), UInt16(bigEndian: value.sin_port),
                0
            )
        case AF_INET6:
            let value = bytes.loadUnaligned(as: sockaddr_in6.self)
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
            let address = IPv6Address(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
            return (.v6(address), UInt16(bigEndian: value.sin6_port), value.sin6_scope_id)
        default:
            return nil
        }
    }

    /// Returns the address to which a socket is bound.
    static func local(of descriptor: borrowing Descriptor) -> (address: IPAddress, port: UInt16, scope: UInt32)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress,
                clinux_getsockname(descriptor.rawValue, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
            else { return nil }
            return parse(base)
        }
    }
}
