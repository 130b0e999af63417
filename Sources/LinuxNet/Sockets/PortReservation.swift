import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Reserves consecutive TCP ports: no connection of this host uses them, but none is
/// listening, so that the system replies to segments with a reset.
public final class PortReservation {
    public let ports: ClosedRange<UInt16>
    private let sockets: [Socket]

    private final class Socket {
        let descriptor: Descriptor

        /// Reserves a port for IPv4, and for IPv6 if available.
        init(port: UInt16) throws(SystemError) {
            let family = Self.hasIPv6 ? AF_INET6 : AF_INET
            let opened = try Descriptor.socket(family, Int32(SOCK_STREAM.rawValue), 0)
            if Self.hasIPv6 { try opened.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, Int32(0), "IPV6_V6ONLY") }
            try opened.bind(SocketAddress(Self.hasIPv6 ? .v6(.unspecified) : .v4(.unspecified), port: port))
            descriptor = opened
        }

        private static let hasIPv6 = (try? Descriptor.socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)) != nil
    }

    /// Reserves `count` ports above the ephemeral port range.
    public init(count: Int, using generator: inout some RandomNumberGenerator) throws(SystemError) {
        var last = SystemError(code: EADDRINUSE, operation: "source ports")
        for _ in 0..<64 {
            let first = UInt16.random(in: 61_000...UInt16(clamping: 65_535 - count), using: &generator)
            do {
                sockets = try Self.take(first, count)
                ports = first...first + UInt16(clamping: count - 1)
                return
            } catch {
                last = error
            }
        }
        throw last
    }

    private static func take(_ first: UInt16, _ count: Int) throws(SystemError) -> [Socket] {
        var sockets: [Socket] = []
        for offset in 0..<count { sockets.append(try Socket(port: first + UInt16(clamping: offset))) }
        return sockets
    }
}
