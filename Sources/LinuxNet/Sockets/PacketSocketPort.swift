import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of engines that use frames, on one interface or on all (packet(7)).
public struct PacketSocketPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    /// Which frames are received.
    public enum Reception: Sendable {
        /// Frames of one EtherType, untagged. (The kernel hides VLAN tags from such a socket.)
        case etherType(EtherType)
        /// Frames that a filter accepts, with their VLAN tags. Requires
        /// a socket for all EtherTypes, which slows the interface's sending.
        case filtered(SocketFilter)
    }

    private let descriptor: Descriptor
    private let interface: UInt32
    private var waits: WaitSet
    private let tap: PacketTap?
    private let trace: ((PacketTrace) -> Void)?
    private var translator = StampTranslator()
    private var receiveVector: ReceiveVector
    /// The receive ring, if one is used.
    private let ring: ReceiveRing?
    private var sendVector: SendVector
    /// The VLAN tag inserted in every sent frame.
    private let tag: [UInt8]?
    /// A received frame with its VLAN tag inserted again, for traces.
    private var tagged: [UInt8] = []
    private var vlanFilter: VLANFilter
    /// Whether an interface that goes down ends the run; false if the caller waits for it to come up. The kernel keeps
    /// the socket bound meanwhile, and its memberships.
    public var endsWithInterface = true
    /// The number of received frames of other VLANs.
    public var ignoredVLANs: [VLANIdentity: Int] { vlanFilter.ignored }

    /// Starts to receive on a socket. Earlier frames are not reported.
    /// - Parameters:
    ///   - socket: a socket that was opened while CAP_NET_RAW was effective.
    ///   - interface: the interface index; 0 to receive on all, and then every packet of the batch has its own.
    ///   - vlan: the identifier of the VLAN to receive; nil for untagged and priority-tagged frames
    ///     (identifier 0). The engine gets frames without the tag.
    ///   - tagsFrames: whether the VLAN's tag is inserted in sent frames; otherwise they have it already, or have none.
    ///   - hearsOwn: whether frames sent by this host are received too.
    ///   - frameLength: the maximum length of a frame that is received whole, in bytes.
    ///   - ringSlots: the number of slots of a receive ring shared with the
    ///     kernel, for high packet rates; 0 for the socket's queue.
    public init(
        _ socket: consuming UnboundPacketSocket, interface: UInt32, hearing reception: Reception,
        vlan: UInt16? = nil, tagsFrames: Bool = false, hearsOwn: Bool = false, frameLength: Int = 2_048,
        ringSlots: Int = 0,
        reactor: Reactor, tap: PacketTap? = nil, trace: ((PacketTrace) -> Void)? = nil
    ) throws(SystemError) {
        let opened = socket.descriptor
        try opened.setOption(
            SOL_PACKET, PACKET_IGNORE_OUTGOING, Int32(hearsOwn ? 0 : 1), "PACKET_IGNORE_OUTGOING")
        var ring: ReceiveRing?
        if ringSlots > 0 {
            // The ring's slots contain timestamp and tag, and frames for other sockets are not timestamped.
            ring = try ReceiveRing(on: opened, slots: ringSlots, frameLength: frameLength)
        } else {
            try opened.setOption(SOL_PACKET, PACKET_AUXDATA, Int32(1), "PACKET_AUXDATA")
            try opened.setOption(SOL_SOCKET, SO_TIMESTAMPNS, Int32(1), "SO_TIMESTAMPNS")
        }
        var hidesTags = false
        switch reception {
        case .etherType(let etherType):
            hidesTags = true
            try opened.bindToLink(interface: interface, etherType: etherType)
        case .filtered(let filter):
            try filter.attach(to: opened.rawValue)
            try opened.bindToLink(interface: interface)
        }
        waits = WaitSet(reactor, [opened.rawValue])
        descriptor = opened
        self.ring = ring
        receiveVector = ReceiveVector(capacity: ring == nil ? 64 : 1, slotLength: max(frameLength, 2_048))
        self.interface = interface
        vlanFilter = VLANFilter(vlan, hidesTags: hidesTags)
        var tag: [UInt8]?
        if tagsFrames, let vlan, vlan != 0 { tag = RemovedTag(information: vlan).bytes }
        self.tag = tag
        sendVector = SendVector(capacity: 64, tag: tag)
        self.tap = tap
        self.trace = trace
    }

    /// Makes the interface accept more frames, until the port is closed.
    /// - Parameter index: the interface index; nil for the port's interface.
    public func admit(_ multicast: LinkMulticast, on index: UInt32? = nil) throws(SystemError) {
        try descriptor.admit(multicast, on: index ?? interface)
    }

    public var now: Instant { SystemClock.now }

    /// The descriptor that is readable if frames are waiting.
    var pollDescriptor: Int32 { descriptor.rawValue }

    /// The number of frames that the kernel dropped because the receive buffer was full.
    public var overflowCount: UInt64 { ring?.dropCount ?? Descriptor.dropCount(descriptor.rawValue) }

    // MARK: Sending

    public mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(SystemError) -> Int {
        var next = first
        let most = engine.wantsExactTimes ? 1 : Int.max
        while next < batch.count {
            let start = now
            let range = next..<min(batch.count, next + min(most, batch.count - next))
            let result = sendVector.sendFrames(batch, range, on: descriptor.rawValue, boundTo: interface)
            if result > 0 {
                let sent = next..<next + result
                engine.transmitted(batch, sent, from: start, span: result > 1 ? now - start : .zero)
                if let trace {
                    for index in sent {
                        let entry = batch.entries[index]
                        var frame = batch.bytes(of: entry)
                        if let tag, frame.count >= 12 { frame.insert(contentsOf: tag, at: 12) }
                        trace(PacketTrace(direction: .outbound, frame: frame, hasEthernetHeader: entry.isFrame))
                    }
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

    // MARK: Receiving

    public mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(SystemError) -> Int {
        if let ring { return receive(from: ring, into: &engine) }
        var total = 0
        for _ in 0..<16 {
            let count = receiveVector.receive(from: descriptor.rawValue)
            guard count > 0 else {
                if count < 0, Int32(-count) == ENETDOWN, endsWithInterface {
                    throw SystemError(code: ENETDOWN, operation: "interface")
                }
                break
            }
            translator.refresh()
            for index in 0..<count { deliver(index, to: &engine) }
            total += count
            guard count == receiveVector.capacity else {
                translator.markEmpty()
                break
            }
        }
        return total
    }

    /// Receives at most as many frames as a socket's queue would contain, so that the engine is not kept from sending.
    private mutating func receive<E: Engine & ~Copyable>(from ring: ReceiveRing, into engine: inout E) -> Int {
        for total in 0..<1_024 {
            guard let frame = ring.take() else {
                if total > 0 { translator.markEmpty() }
                return total
            }
            if total & 63 == 0 { translator.refresh() }
            deliver(
                frame.bytes, hasEthernetHeader: Self.hasEthernetHeader(frame.link), tag: frame.tag, link: frame.link,
                arrival: translator.instantOfPast(frame.stamp),
                hasPendingChecksum: false, to: &engine)
        }
        return 1_024
    }

    private mutating func deliver<E: Engine & ~Copyable>(_ index: Int, to engine: inout E) {
        let details = receiveVector.frameDetails(index)
        let link = receiveVector.linkSource(index)
        var bytes = receiveVector.bytes(index)
        let hasEthernetHeader = Self.hasEthernetHeader(link)
        if !hasEthernetHeader { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(details.networkOffset)) }
        deliver(
            bytes, hasEthernetHeader: hasEthernetHeader, tag: details.tag, link: link,
            arrival: translator.instant(ofStamp: details.stamp), hasPendingChecksum: details.hasPendingChecksum,
            to: &engine)
    }

    /// Whether a received packet has an Ethernet header. Without one it is an IP packet.
    private static func hasEthernetHeader(_ link: sockaddr_ll) -> Bool {
        InterfaceType(rawValue: link.sll_hatype).hasEthernetHeader
    }

    /// Passes a frame to the engine if it belongs to the received VLAN.
    private mutating func deliver<E: Engine & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, hasEthernetHeader: Bool, tag: RemovedTag?, link: sockaddr_ll, arrival: Instant,
        hasPendingChecksum: Bool, to engine: inout E
    ) {
        let interface = interface != 0 ? interface : UInt32(bitPattern: link.sll_ifindex)
        let isOutbound = Int32(link.sll_pkttype) == PACKET_OUTGOING
        if let trace {
            // The frame as it was on the wire.
            tagged.removeAll(keepingCapacity: true)
            tagged.append(contentsOf: bytes)
            tag?.insert(in: &tagged)
            trace(
                PacketTrace(
                    direction: isOutbound ? .outbound : .inbound, frame: tagged, hasEthernetHeader: hasEthernetHeader))
        }
        guard vlanFilter.accepts(tag: tag, packetType: Int32(link.sll_pkttype)) else { return }
        engine.receive(
            ReceivedPacket(
                bytes: bytes.bytes, form: hasEthernetHeader ? .frame : .datagram, arrival: arrival,
                source: .v4(.unspecified), interfaceIndex: interface, isOutbound: isOutbound,
                hasPendingChecksum: hasPendingChecksum))
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        let wakeReason = try waits.wait(until: deadline)
        tap?.drain()
        if wakeReason.contains(.packets), !waits.failing.isEmpty { try checkLink() }
        return wakeReason
    }

    /// A ring has no system call that would report that its interface is down. The error stays pending until it is
    /// read.
    func checkLink() throws(SystemError) {
        guard ring != nil, descriptor.option(SOL_SOCKET, SO_ERROR) == ENETDOWN, endsWithInterface else { return }
        throw SystemError(code: ENETDOWN, operation: "interface")
    }
}
