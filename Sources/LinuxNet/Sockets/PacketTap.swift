import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Frames as they pass this host's interfaces, both ways, read from an
/// AF_PACKET socket behind a socket filter (packet(7)).
public final class PacketTap {
    /// A frame and what the kernel says of it.
    public struct Frame {
        public var bytes: [UInt8]
        public var interfaceIndex: UInt32
        public var isOutbound: Bool
        public var hasEthernetHeader: Bool
        /// Nanoseconds since 1970.
        public var wallTime: Int64
    }

    private let descriptor: Descriptor
    private var vector = ReceiveVector(capacity: 32, slotLength: 65_550 + 18)
    private let deliver: (Frame) -> Void
    /// Frames that the kernel threw away because the buffer was full.
    public var overflowCount: UInt64 { Descriptor.dropCount(descriptor.rawValue) }

    /// Opens the tap; CAP_NET_RAW must be effective. It hears every interface
    /// until `start` binds it and puts its filter in force; nothing read before counts.
    public init(_ deliver: @escaping (Frame) -> Void) throws(SystemError) {
        // Protocol 0: deaf until bound.
        descriptor = try .socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0, "packet socket")
        self.deliver = deliver
        try descriptor.setOption(SOL_SOCKET, SO_TIMESTAMPNS, Int32(1), "SO_TIMESTAMPNS")
        var size: Int32 = 8 << 20
        if setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
    }

    /// Begins to listen.
    /// - Parameter interface: an interface index, 0 for all.
    public func start(filter: SocketFilter, interface: UInt32 = 0) throws(SystemError) {
        try filter.attach(to: descriptor.rawValue)
        try descriptor.bindToLink(interface: interface)
    }

    /// Hands over what is waiting and what follows, until nothing has come for a time.
    /// - Parameter milliseconds: the time, 100 times at most.
    public func drain(untilQuietFor milliseconds: Int32) {
        var wait = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        for _ in 0..<100 {
            guard poll(&wait, 1, milliseconds) > 0 else { return }
            drain()
        }
    }

    /// Hands over every frame that is waiting.
    public func drain() {
        while true {
            let count = vector.receive(from: descriptor.rawValue)
            guard count > 0 else { return }
            for index in 0..<count {
                let link = vector.linkSource(index)
                let isLoopback = Int32(link.sll_hatype) == ARPHRD_LOOPBACK
                let isOutbound = Int32(link.sll_pkttype) == PACKET_OUTGOING
                var details = ControlDetails()
                vector.forEachControl(index) { level, type, data in details.read(level, type, data) }
                // The loopback interface shows every packet twice, out and in.
                if isLoopback, isOutbound { continue }
                deliver(
                    Frame(
                        bytes: Array(vector.bytes(index)), interfaceIndex: UInt32(bitPattern: link.sll_ifindex),
                        isOutbound: isOutbound,
                        hasEthernetHeader: isLoopback || Int32(link.sll_hatype) == ARPHRD_ETHER,
                        wallTime: details.stamp ?? SystemClock.wall))
            }
        }
    }
}
