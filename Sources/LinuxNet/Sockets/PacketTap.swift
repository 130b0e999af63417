import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Captures frames that are sent and received on this host's interfaces, with an
/// AF_PACKET socket and a socket filter (packet(7)).
public final class PacketTap {
    /// A captured frame and its metadata.
    public struct Frame {
        public var bytes: [UInt8]
        public var interfaceIndex: UInt32
        public var isOutbound: Bool
        public var hasEthernetHeader: Bool
        /// The timestamp, in nanoseconds since 1970.
        public var wallTime: Int64
    }

    private let descriptor: Descriptor
    private var vector = ReceiveVector(capacity: 32, slotLength: 65_550 + 18)
    private let deliver: (Frame) -> Void
    /// The number of frames that the kernel dropped because the buffer was full.
    public var overflowCount: UInt64 { Descriptor.dropCount(descriptor.rawValue) }

    /// Opens the tap; CAP_NET_RAW must be effective. It receives nothing
    /// until `start` binds it and attaches its filter.
    public init(_ deliver: @escaping (Frame) -> Void) throws(SystemError) {
        // Protocol 0: receives nothing until it is bound.
        descriptor = try .socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0, "packet socket")
        self.deliver = deliver
        try descriptor.setOption(SOL_SOCKET, SO_TIMESTAMPNS, Int32(1), "SO_TIMESTAMPNS")
        // The kernel removes VLAN tags and reports them there.
        try descriptor.setOption(SOL_PACKET, PACKET_AUXDATA, Int32(1), "PACKET_AUXDATA")
        var size: Int32 = 8 << 20
        if setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
    }

    /// Starts the capture.
    /// - Parameter interface: the interface index; 0 for all.
    public func start(filter: SocketFilter, interface: UInt32 = 0) throws(SystemError) {
        try filter.attach(to: descriptor.rawValue)
        try descriptor.bindToLink(interface: interface)
    }

    /// Passes on waiting and following frames, until none has arrived for a time.
    /// - Parameter milliseconds: the time; the total is at most 100 times as long.
    public func drain(untilQuietFor milliseconds: Int32) {
        var wait = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        for _ in 0..<100 {
            guard poll(&wait, 1, milliseconds) > 0 else { return }
            drain()
        }
    }

    /// Passes on all waiting frames.
    public func drain() {
        while true {
            let count = vector.receive(from: descriptor.rawValue)
            guard count > 0 else { return }
            for index in 0..<count {
                let link = vector.linkSource(index)
                let type = InterfaceType(rawValue: link.sll_hatype)
                let isOutbound = Int32(link.sll_pkttype) == PACKET_OUTGOING
                var details = ControlDetails()
                var bytes = Array(vector.bytes(index))
                vector.forEachControl(index) { level, type, data in
                    details.read(level, type, data)
                    guard level == SOL_PACKET, type == PACKET_AUXDATA,
                        data.count >= MemoryLayout<tpacket_auxdata>.size
                    else { return }
                    let auxiliary = data.loadUnaligned(as: tpacket_auxdata.self)
                    RemovedTag(
                        status: auxiliary.tp_status, etherType: auxiliary.tp_vlan_tpid,
                        information: auxiliary.tp_vlan_tci)?.insert(in: &bytes)
                }
                // The loopback interface shows every packet twice, sent and received.
                if type == .loopback, isOutbound { continue }
                deliver(
                    Frame(
                        bytes: bytes, interfaceIndex: UInt32(bitPattern: link.sll_ifindex),
                        isOutbound: isOutbound,
                        hasEthernetHeader: type.hasEthernetHeader,
                        wallTime: details.stamp ?? SystemClock.wall))
            }
        }
    }
}
