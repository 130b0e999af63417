import LinuxNet
import PacketEngine

extension Session {
    /// Opens a session with an unbound packet socket.
    /// - Parameter tool: the command that needs CAP_NET_RAW, for the error message.
    static func openLink(_ options: RunOptions, for tool: String) throws -> (Session, SocketReserve) {
        try open(options, .rawSockets(tool)) { _ in try SocketReserve(packetSockets: 1) }
    }

    /// Binds a packet socket and starts the capture of the same frames.
    /// - Parameters:
    ///   - interface: the interface's index; 0 for all.
    ///   - vlan: the identifier of the only VLAN to receive; nil for all frames.
    func linkPort(
        _ sockets: SocketReserve, on interface: UInt32, hearing filter: SocketFilter, vlan: UInt16? = nil
    ) throws -> PacketSocketPort {
        let port = try PacketSocketPort(
            sockets.packetSocket(), interface: interface, hearing: .filtered(filter), vlan: vlan, reactor: reactor,
            tap: capture?.tap, trace: options.onPacket)
        try capture?.start(filter, interface: interface)
        return port
    }
}
