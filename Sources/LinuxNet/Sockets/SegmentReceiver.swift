import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// A raw socket that receives the TCP segments of one family that reply to SYNs to one port (raw(7)).
///
/// The system receives them too, has no connection for them, and resets the half-open connections.
public final class SegmentReceiver {
    let descriptor: Descriptor
    private let family: IPAddress.Family
    private var vector = ReceiveVector(capacity: 16, slotLength: 2_048)
    private var translator = StampTranslator()

    /// Opens the socket; CAP_NET_RAW must be effective. `start` must be called before it is used.
    public init(_ family: IPAddress.Family) throws(SystemError) {
        self.family = family
        descriptor = try .socket(
            family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_RAW.rawValue), Int32(IPProtocol.tcp.rawValue))
        try descriptor.setOption(SOL_SOCKET, SO_TIMESTAMPNS, Int32(1), "SO_TIMESTAMPNS")
        if family == .v6 {
            try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, Int32(1), "IPV6_RECVHOPLIMIT")
            try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, Int32(1), "IPV6_RECVPKTINFO")
        }
    }

    /// Starts to receive segments from `port`.
    public func start(port: UInt16) throws(SystemError) {
        try SocketFilter.answersToSYN(family, port: port).attach(to: descriptor.rawValue)
    }

    /// Passes waiting segments to the engine.
    func receive<E: Engine & ~Copyable>(into engine: inout E, _ trace: ((PacketTrace) -> Void)?) -> Int {
        let count = vector.receive(from: descriptor.rawValue)
        guard count > 0 else { return 0 }
        translator.refresh()
        for index in 0..<count {
            guard let source = vector.source(index) else { continue }
            var details = ControlDetails()
            vector.forEachControl(index) { level, type, data in details.read(level, type, data) }
            let bytes = vector.bytes(index)
            if let trace, family == .v4 {
                trace(PacketTrace(direction: .inbound, bytes: Array(bytes), family: family, startsAtMessage: false))
            }
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.bytes, form: family == .v4 ? .datagram : .segment,
                    arrival: translator.instant(ofStamp: details.stamp), source: source.address,
                    destination: details.destination, hopLimit: details.hopLimit,
                    interfaceIndex: details.interfaceIndex))
        }
        return count
    }
}
