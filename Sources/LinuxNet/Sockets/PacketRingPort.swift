import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of engines that send and receive hundreds of thousands of packets per second, on several interfaces:
/// frames are sent in batches and, unless they are few, received in memory shared with the kernel (packet(7)).
/// Datagrams are sent on their interface, which has no Ethernet header; those without an interface are for this host
/// itself and sent by a raw socket (raw(7)).
public struct PacketRingPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    /// What is received on one interface.
    public struct Listening: Sendable {
        public var interface: UInt32
        public var etherType: EtherType
        /// Whether frames have an Ethernet header; without it they are IP packets.
        public var hasEthernetHeader: Bool
        /// Nil to accept every frame of the EtherType.
        public var filter: SocketFilter?
        /// The multicast groups whose frames the interface is to accept.
        public var groups: [MACAddress]

        public init(
            interface: UInt32, etherType: EtherType, hasEthernetHeader: Bool = true, filter: SocketFilter?,
            groups: [MACAddress] = []
        ) {
            self.interface = interface
            self.etherType = etherType
            self.hasEthernetHeader = hasEthernetHeader
            self.filter = filter
            self.groups = groups
        }
    }

    private final class Receiver {
        let socket: OpenSocket
        /// Nil for runs of few frames.
        private let ring: BlockRing?
        private let queue: FrameQueue?
        let interface: UInt32
        let form: ReceivedPacket.Form

        init(_ listening: Listening, blocks: Int, _ reserve: SocketReserve) throws(SystemError) {
            let opened = Descriptor(owning: try reserve.takePacketSocket())
            try opened.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, Int32(1), "PACKET_IGNORE_OUTGOING")
            let isHeaderless = !listening.hasEthernetHeader
            ring = blocks > 0 ? try BlockRing(on: opened, blocks: blocks, startsAtNetworkHeader: isHeaderless) : nil
            queue = blocks > 0 ? nil : try FrameQueue(on: opened, startsAtNetworkHeader: isHeaderless)
            try listening.filter?.attach(to: opened.rawValue)
            try opened.bindToLink(interface: listening.interface, etherType: listening.etherType)
            for group in listening.groups { try opened.admit(.group(group), on: listening.interface) }
            interface = listening.interface
            form = listening.hasEthernetHeader ? .frame : .datagram
            socket = OpenSocket(opened)
        }

        func take() -> BlockRing.Frame? { ring.map { $0.take() } ?? queue?.take() }
        func takeDrops() -> UInt64 { ring?.takeDrops() ?? queue?.takeDrops() ?? 0 }

        /// Whether receiving has reported that the interface is down.
        var hasFailed: Bool { queue?.hasFailed == true }
        /// Whether the interface is down. A ring has no system call that would report it.
        var hasError: Bool { queue == nil && socket.takeError() == ENETDOWN }
    }

    /// The number of frames for which no ring is needed.
    public static var fewFrames: Int { FrameQueue.frameCount }

    /// The time between queries of the kernel's drop counters.
    private static let dropInterval = Nanoseconds.milliseconds(10)

    private let receivers: [Receiver]
    /// The AF_XDP sender for frames, if available.
    private let xdp: XDPSender?
    /// Sends frames; nil if AF_XDP does, or no interface has an Ethernet header.
    private let frames: OpenSocket?
    /// Sends IP packets on interfaces without an Ethernet header; nil if there are none.
    private let packets: OpenSocket?
    private let datagrams: [IPAddress.Family: OpenSocket]
    private let tap: PacketTap?
    private let trace: ((PacketTrace) -> Void)?
    private var translator = StampTranslator()
    private var vector = SendVector(capacity: 64)
    private var nextLookForDrops = Instant(nanoseconds: 0)
    private var waits: WaitSet

    /// A socket that is closed in the background: the kernel takes some 12 ms to close one, but several at the same time
    /// share the wait.
    private final class OpenSocket {
        let descriptor: Int32
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor.release() }

        deinit {
            let descriptor = descriptor
            DetachedThread.startOrRun { close(descriptor) }
        }

        /// Returns the pending error, 0 if there is none.
        func takeError() -> Int32 {
            var error: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : 0
        }
    }

    /// Starts to receive.
    /// - Parameters:
    ///   - reserve: sockets that were opened while CAP_NET_RAW was effective.
    ///   - listening: the interfaces to receive on, and what.
    ///   - sendingInterface: the index of the interface to send on; 0 if each packet of a batch has its own.
    ///   - sendsPastTaps: whether AF_XDP may be used, whose frames no capture on this host sees.
    ///   - ownFamilies: the families in which datagrams are sent to this host itself.
    ///   - blocks: the number of blocks of 65,536 bytes for received frames, for each of `listening`; 0 if there are at
    ///     most `fewFrames`.
    public init(
        _ reserve: SocketReserve, listening: [Listening], sendingInterface: UInt32 = 0, sendsPastTaps: Bool = false,
        ownFamilies: Set<IPAddress.Family> = [],
        blocks: Int = 64,
        reactor: Reactor, tap: PacketTap? = nil, trace: ((PacketTrace) -> Void)? = nil
    ) throws(SystemError) {
        var receivers: [Receiver] = []
        for item in listening { receivers.append(try Receiver(item, blocks: blocks, reserve)) }
        // Not every interface supports it.
        let xdp = sendsPastTaps && sendingInterface != 0 ? Self.xdpSender(reserve, sendingInterface) : nil
        var (framed, headerless): (OpenSocket?, OpenSocket?)
        if xdp == nil, listening.contains(where: \.hasEthernetHeader) {
            // Protocol 0: receives nothing.
            let sender = Descriptor(owning: try reserve.takePacketSocket())
            if sendingInterface != 0 { try sender.bindToSend(interface: sendingInterface) }
            framed = OpenSocket(sender)
        }
        if listening.contains(where: { !$0.hasEthernetHeader }) {
            headerless = OpenSocket(Descriptor(owning: try reserve.takeHeaderlessSocket()))
        }
        var datagrams: [IPAddress.Family: OpenSocket] = [:]
        for family in ownFamilies {
            datagrams[family] = OpenSocket(try reserve.datagramSocket(family))
        }
        waits = WaitSet(reactor, receivers.map(\.socket.descriptor))
        self.receivers = receivers
        self.datagrams = datagrams
        self.xdp = xdp
        frames = framed
        packets = headerless
        self.tap = tap
        self.trace = trace
    }

    private static func xdpSender(_ reserve: SocketReserve, _ interface: UInt32) -> XDPSender? {
        guard let socket = reserve.takeXDPSocket() else { return nil }
        return try? XDPSender(socket, interface: interface)
    }

    public var now: Instant { SystemClock.now }

    // MARK: Sending

    public mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(SystemError) -> Int {
        var next = first
        let most = engine.wantsExactTimes ? 1 : batch.count
        while next < batch.count {
            // Consecutive packets for the same socket are sent in one call.
            let socket = Self.socket(of: batch.entries[next])
            var end = next + 1
            while end < batch.count, end - next < most, Self.socket(of: batch.entries[end]) == socket { end += 1 }
            let start = now
            let result: Int
            switch socket {
            case .packets:
                result =
                    packets.map { vector.sendFrames(batch, next..<end, on: $0.descriptor) }
                    ?? -Int(EAFNOSUPPORT)
            case .datagrams(let family):
                result =
                    datagrams[family].map { vector.send(batch, next..<end, on: $0.descriptor, scope: 0) }
                    ?? -Int(EAFNOSUPPORT)
            case .frames:
                if let xdp {
                    result = xdp.send(batch, next..<end)
                } else {
                    result =
                        frames.map { vector.sendFrames(batch, next..<end, on: $0.descriptor) }
                        ?? -Int(EAFNOSUPPORT)
                }
            }
            if result > 0 {
                let sent = next..<next + result
                engine.transmitted(batch, sent, from: start, span: result > 1 ? now - start : .zero)
                if let trace {
                    for index in sent { trace(Self.trace(of: batch, batch.entries[index])) }
                }
                next += result
                continue
            }
            let code = Int32(-result)
            if [EAGAIN, ENOBUFS, ENOMEM].contains(code) { return next }
            engine.transmissionFailed(batch.entries[next].token, TransmissionFailure(errorNumber: code), at: now)
            next += 1
        }
        return next
    }

    /// The socket that sends a packet.
    private enum Socket: Equatable {
        case frames
        case packets
        case datagrams(IPAddress.Family)
    }

    private static func socket(of entry: PacketBatch.Entry) -> Socket {
        if entry.isFrame { return .frames }
        return entry.interfaceIndex == 0 ? .datagrams(entry.destination.family) : .packets
    }

    private static func trace(of batch: borrowing PacketBatch, _ entry: PacketBatch.Entry) -> PacketTrace {
        PacketTrace(direction: .outbound, frame: batch.bytes(of: entry), hasEthernetHeader: entry.isFrame)
    }

    // MARK: Receiving

    public mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(SystemError) -> Int {
        var total = 0
        for receiver in receivers {
            // Limited, so that received packets do not keep the engine from sending.
            for count in 0..<4_096 {
                guard let frame = receiver.take() else { break }
                if count & 63 == 0 { translator.refresh() }
                if frame.isForOthers { continue }
                if let trace {
                    trace(
                        PacketTrace(
                            direction: .inbound, frame: Array(frame.bytes),
                            hasEthernetHeader: receiver.form == .frame))
                }
                engine.receive(
                    ReceivedPacket(
                        bytes: frame.bytes.bytes, form: receiver.form,
                        arrival: translator.instantOfPast(frame.stamp), source: .v4(.unspecified),
                        interfaceIndex: receiver.interface, hasPendingChecksum: frame.hasPendingChecksum))
                total += 1
            }
            if receiver.hasFailed { throw SystemError(code: ENETDOWN, operation: "interface") }
        }
        let time = now
        if time >= nextLookForDrops {
            nextLookForDrops = time + Self.dropInterval
            let lost = receivers.reduce(0) { $0 + $1.takeDrops() }
            if lost > 0 { engine.overflowed(lost, at: time) }
        }
        return total
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        let wakeReason = try waits.wait(until: deadline)
        tap?.drain()
        guard wakeReason.contains(.packets) else { return wakeReason }
        for descriptor in waits.failing {
            guard receivers.first(where: { $0.socket.descriptor == descriptor })?.hasError == true else { continue }
            throw SystemError(code: ENETDOWN, operation: "interface")
        }
        return wakeReason
    }
}
