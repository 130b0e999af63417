import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of engines that send and receive hundreds of thousands of packets per second, on several interfaces:
/// frames are sent in batches and received in memory shared with the kernel (packet(7)).
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
        let descriptor: Descriptor
        let ring: BlockRing
        let interface: UInt32
        let form: ReceivedPacket.Form

        init(_ listening: Listening, blocks: Int, _ reserve: SocketReserve) throws(SystemError) {
            let opened = Descriptor(owning: try reserve.takePacketSocket())
            try opened.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, Int32(1), "PACKET_IGNORE_OUTGOING")
            ring = try BlockRing(
                on: opened, blocks: blocks, startsAtNetworkHeader: !listening.hasEthernetHeader)
            try listening.filter?.attach(to: opened.rawValue)
            try opened.bindToLink(interface: listening.interface, etherType: listening.etherType)
            for group in listening.groups { try opened.admit(.group(group), on: listening.interface) }
            interface = listening.interface
            form = listening.hasEthernetHeader ? .frame : .datagram
            descriptor = opened
        }
    }

    /// The time between queries of the kernel's drop counters.
    private static let dropInterval = Nanoseconds.milliseconds(10)

    private let receivers: [Receiver]
    private let frames: Descriptor
    /// The AF_XDP sender for frames, if available.
    private let xdp: XDPSender?
    /// Sends IP packets on interfaces without an Ethernet header; nil if there are none.
    private let packets: Box?
    private let datagrams: [IPAddress.Family: Box]
    private let tap: PacketTap?
    private let trace: ((PacketTrace) -> Void)?
    private var translator = StampTranslator()
    private var vector = SendVector(capacity: 64)
    private var nextLookForDrops = Instant(nanoseconds: 0)
    private var waits: WaitSet

    private final class Box {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    /// Starts to receive.
    /// - Parameters:
    ///   - reserve: sockets that were opened while CAP_NET_RAW was effective.
    ///   - listening: the interfaces to receive on, and what.
    ///   - sendingInterface: the index of the interface to send on; 0 if each packet of a batch has its own.
    ///   - sendsPastTaps: whether AF_XDP may be used, whose frames no capture on this host sees.
    ///   - ownFamilies: the families in which datagrams are sent to this host itself.
    ///   - blocks: the number of blocks of 65,536 bytes for received frames, for each of `listening`.
    public init(
        _ reserve: SocketReserve, listening: [Listening], sendingInterface: UInt32 = 0, sendsPastTaps: Bool = false,
        ownFamilies: Set<IPAddress.Family> = [],
        blocks: Int = 64,
        reactor: Reactor, tap: PacketTap? = nil, trace: ((PacketTrace) -> Void)? = nil
    ) throws(SystemError) {
        var receivers: [Receiver] = []
        for item in listening { receivers.append(try Receiver(item, blocks: blocks, reserve)) }
        // Protocol 0: receives nothing. Also needed for frames that AF_XDP does not accept.
        let sender = Descriptor(owning: try reserve.takePacketSocket())
        if sendingInterface != 0 { try sender.bindToSend(interface: sendingInterface) }
        var headerless: Box?
        if listening.contains(where: { !$0.hasEthernetHeader }) {
            headerless = Box(Descriptor(owning: try reserve.takeHeaderlessSocket()))
        }
        var datagrams: [IPAddress.Family: Box] = [:]
        for family in ownFamilies {
            datagrams[family] = Box(try reserve.datagramSocket(family))
        }
        waits = WaitSet(reactor, receivers.map { $0.descriptor.rawValue })
        // Not every interface supports it.
        xdp = sendsPastTaps && sendingInterface != 0 ? Self.xdpSender(reserve, sendingInterface) : nil
        self.receivers = receivers
        self.datagrams = datagrams
        frames = sender
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
                    packets.map { vector.sendFrames(batch, next..<end, on: $0.descriptor.rawValue) }
                    ?? -Int(EAFNOSUPPORT)
            case .datagrams(let family):
                result =
                    datagrams[family].map { vector.send(batch, next..<end, on: $0.descriptor.rawValue, scope: 0) }
                    ?? -Int(EAFNOSUPPORT)
            case .frames:
                if let xdp {
                    result = xdp.send(batch, next..<end)
                } else {
                    result = vector.sendFrames(batch, next..<end, on: frames.rawValue)
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
                guard let frame = receiver.ring.take() else { break }
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
        }
        let time = now
        if time >= nextLookForDrops {
            nextLookForDrops = time + Self.dropInterval
            let lost = receivers.reduce(0) { $0 + $1.ring.takeDrops() }
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
            // A ring has no system call that would report the error.
            guard let receiver = receivers.first(where: { $0.descriptor.rawValue == descriptor }),
                receiver.descriptor.option(SOL_SOCKET, SO_ERROR) == ENETDOWN
            else { continue }
            throw SystemError(code: ENETDOWN, operation: "interface")
        }
        return wakeReason
    }
}
