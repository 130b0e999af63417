import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Sends and receives whole frames on one interface (packet(7)).
package struct LinkSocket: ~Copyable {
    private let descriptor: Descriptor
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)

    /// Receives every frame that arrives on the interface, but none that is sent.
    /// CAP_NET_RAW must be effective.
    package init(interface: UInt32) throws(SystemError) {
        let opened = try Descriptor.socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0, "packet socket")
        try opened.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, Int32(1), "PACKET_IGNORE_OUTGOING")
        try opened.setOption(SOL_SOCKET, SO_RCVBUF, Int32(4 << 20), "SO_RCVBUF")
        try opened.bindToLink(interface: interface)
        descriptor = opened
    }

    /// Returns the next received frame, or nil if there is none.
    package mutating func receive() -> [UInt8]? {
        while true {
            let count = buffer.withUnsafeMutableBytes {
                recv(descriptor.rawValue, $0.baseAddress, $0.count, clinux_MSG_DONTWAIT)
            }
            if count >= 0 { return Array(buffer[..<count]) }
            if clinux_errno() != EINTR { return nil }
        }
    }

    /// Sends a frame; returns false if the kernel rejects it.
    @discardableResult
    package func send(_ frame: [UInt8]) -> Bool {
        frame.withUnsafeBytes { CLinux.send(descriptor.rawValue, $0.baseAddress, $0.count, clinux_MSG_DONTWAIT) }
            == frame.count
    }

    /// Waits until one of two sockets has a frame, until `deadline` at the latest.
    package static func wait(_ first: borrowing LinkSocket, _ second: borrowing LinkSocket, until deadline: Instant) {
        var waits = WaitSet(nil, [first.descriptor.rawValue, second.descriptor.rawValue])
        _ = try? waits.wait(until: deadline)
    }
}

/// A packet socket that receives nothing yet: opened while CAP_NET_RAW is effective, and bound to an interface when the
/// target is known, after the capability was dropped.
public struct UnboundPacketSocket: ~Copyable {
    let descriptor: Descriptor

    /// Takes ownership of an open socket.
    init(owning descriptor: Int32) { self.descriptor = Descriptor(owning: descriptor) }

    /// Opens the socket; CAP_NET_RAW must be effective.
    public init() throws(SystemError) {
        // Protocol 0: receives nothing until it is bound.
        descriptor = try Descriptor.socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0, "packet socket")
        var size: Int32 = 4 << 20
        if setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
    }
}

extension Descriptor {
    /// Binds a packet socket to an interface (0 for all) and to one EtherType or all.
    func bindToLink(interface: UInt32, etherType: EtherType? = nil) throws(SystemError) {
        let address = SocketAddress(interface: interface, etherType: etherType?.rawValue ?? UInt16(ETH_P_ALL))
        let result = address.withPointer { clinux_bind(rawValue, $0, $1) }
        guard result == 0 else { throw .last("packet socket") }
    }

    /// Binds a packet socket of protocol 0 to an interface: it sends there and receives nothing.
    func bindToSend(interface: UInt32) throws(SystemError) {
        let address = SocketAddress(interface: interface)
        let result = address.withPointer { clinux_bind(rawValue, $0, $1) }
        guard result == 0 else { throw .last("packet socket") }
    }
}
