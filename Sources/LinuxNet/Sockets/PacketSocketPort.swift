import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of engines that speak in frames, on one interface or on all (packet(7)).
public struct PacketSocketPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    /// Which frames are heard.
    public enum Reception: Sendable {
        /// Those of one protocol, untagged. (The kernel hides VLAN tags from such a socket.)
        case etherType(EtherType)
        /// Those that a filter lets through, with the VLAN tags they had. It takes
        /// a socket for all types, which slows the interface's sending.
        case filtered(SocketFilter)
    }

    private let descriptor: Descriptor
    private let interface: UInt32
    private var waits: WaitSet
    private let tap: PacketTap?
    private let trace: ((PacketTrace) -> Void)?
    private var translator = StampTranslator()
    private var receiveVector: ReceiveVector
    /// Frames come by this one where there is one.
    private let ring: ReceiveRing?
    private var sendVector: SendVector
    /// What every frame is tagged with on its way out.
    private let tag: [UInt8]?
    /// A frame whose VLAN tag the kernel has taken out and we have put back, for traces.
    private var tagged: [UInt8] = []
    /// The VLAN that is heard: untagged frames, or those of one identifier (IEEE 802.1Q).
    private let vlan: UInt16?
    /// The kernel has taken the tags off before it hands frames over.
    private let hidesTags: Bool
    /// An interface that goes down ends the run; false where something else waits for it to come up. The kernel keeps
    /// the socket bound meanwhile, and its memberships.
    public var endsWithInterface = true
    /// Frames of other VLANs, by identifier.
    public private(set) var ignoredVLANs: [UInt16: Int] = [:]

    /// Begins to hear on a socket. What came before is not heard.
    /// - Parameters:
    ///   - socket: opened while CAP_NET_RAW was effective.
    ///   - interface: an interface's index; 0 to hear all, and then every packet of the batch names its own.
    ///   - vlan: the identifier of the only VLAN that is heard; nil for untagged frames and those with a priority
    ///     alone (identifier 0). The engine gets its frames without the tag.
    ///   - tagsFrames: the engine's frames get the VLAN's tag; otherwise they have it already, or have none.
    ///   - hearsOwn: what this host sends is heard too.
    ///   - frameLength: bytes of the longest frame that is wanted whole.
    ///   - ringSlots: frames that wait for us in memory that we share with the
    ///     kernel, which pays when there are many; 0 for a socket's queue.
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
            // Its slots have stamp and tag by themselves, and no frame is stamped that is not for us.
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
        self.vlan = vlan == 0 ? nil : vlan
        let tag = tagsFrames ? self.vlan.map { Self.tag($0) } : nil
        self.tag = tag
        sendVector = SendVector(capacity: 64, tag: tag)
        self.hidesTags = hidesTags
        self.tap = tap
        self.trace = trace
    }

    /// A tag as it stands in a frame, type and all (IEEE 802.1Q).
    private static func tag(_ information: UInt16) -> [UInt8] {
        [0x81, 0x00, UInt8(information >> 8), UInt8(information & 0xFF)]
    }

    /// Has the interface let through more; it ends with the port.
    /// - Parameter index: of the interface; nil for the port's own.
    public func admit(_ multicast: LinkMulticast, on index: UInt32? = nil) throws(SystemError) {
        try descriptor.admit(multicast, on: index ?? interface)
    }

    public var now: Instant { SystemClock.now }

    /// Readable when frames are waiting.
    var pollDescriptor: Int32 { descriptor.rawValue }

    /// Frames that the kernel threw away because the receive buffer was full.
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
            let result = sendVector.sendFrames(batch, range, on: descriptor.rawValue)
            if result > 0 {
                let sent = next..<next + result
                engine.transmitted(batch, sent, from: start, span: result > 1 ? now - start : .zero)
                if let trace {
                    for index in sent {
                        var frame = batch.bytes(of: batch.entries[index])
                        if let tag, frame.count >= 12 { frame.insert(contentsOf: tag, at: 12) }
                        trace(PacketTrace(direction: .outbound, frame: frame))
                    }
                }
                next += result
                continue
            }
            let code = Int32(-result)
            if [EAGAIN, ENOBUFS, ENOMEM].contains(code) { return next }
            engine.transmissionFailed(
                batch.entries[next].token, .system(code: code, message: SystemError.message(code)), at: now)
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

    /// As many as a socket's queue would give at once; who fills the ring faster does not keep us from sending.
    private mutating func receive<E: Engine & ~Copyable>(from ring: ReceiveRing, into engine: inout E) -> Int {
        for total in 0..<1_024 {
            guard let frame = ring.take() else {
                if total > 0 { translator.markEmpty() }
                return total
            }
            if total & 63 == 0 { translator.refresh() }
            deliver(
                frame.bytes, tag: frame.tag, link: frame.link, arrival: translator.instantOfPast(frame.stamp),
                hasPendingChecksum: false, to: &engine)
        }
        return 1_024
    }

    private mutating func deliver<E: Engine & ~Copyable>(_ index: Int, to engine: inout E) {
        var details = ControlDetails()
        var tag: UInt16?
        var hasPendingChecksum = false
        receiveVector.forEachControl(index) { level, type, data in
            details.read(level, type, data)
            guard level == SOL_PACKET, type == PACKET_AUXDATA, data.count >= MemoryLayout<tpacket_auxdata>.size else {
                return
            }
            let auxiliary = data.loadUnaligned(as: tpacket_auxdata.self)
            if auxiliary.tp_status & UInt32(TP_STATUS_VLAN_VALID) != 0 { tag = auxiliary.tp_vlan_tci }
            hasPendingChecksum = auxiliary.tp_status & UInt32(TP_STATUS_CSUMNOTREADY) != 0
        }
        deliver(
            receiveVector.bytes(index), tag: tag, link: receiveVector.linkSource(index),
            arrival: translator.instant(ofStamp: details.stamp), hasPendingChecksum: hasPendingChecksum,
            to: &engine)
    }

    /// Hands over a frame of the VLAN that is heard.
    private mutating func deliver<E: Engine & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, tag: UInt16?, link: sockaddr_ll, arrival: Instant,
        hasPendingChecksum: Bool, to engine: inout E
    ) {
        let interface = interface != 0 ? interface : UInt32(bitPattern: link.sll_ifindex)
        let direction: PacketTrace.Direction = Int32(link.sll_pkttype) == PACKET_OUTGOING ? .outbound : .inbound
        if let trace {
            // As it was on the wire.
            tagged.removeAll(keepingCapacity: true)
            tagged.append(contentsOf: bytes)
            if let tag, bytes.count >= 12 {
                tagged.insert(contentsOf: Self.tag(tag), at: 12)
            }
            trace(PacketTrace(direction: direction, frame: tagged))
        }
        let identifier = (tag ?? 0) & 0x0FFF
        guard identifier == vlan ?? 0, Int32(link.sll_pkttype) != PACKET_OTHERHOST || !hidesTags else {
            // Where the kernel hides the tag, it marks the frame as another host's.
            ignoredVLANs[identifier, default: 0] += 1
            return
        }
        engine.receive(
            ReceivedPacket(
                frame: bytes.bytes, arrival: arrival, interfaceIndex: interface,
                hasPendingChecksum: hasPendingChecksum))
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        let wakening = try waits.wait(until: deadline)
        tap?.drain()
        if wakening.contains(.packets), !waits.failing.isEmpty { try checkLink() }
        return wakening
    }

    /// A ring has no call that would tell that its interface is down. The error stays pending until it is read.
    func checkLink() throws(SystemError) {
        guard ring != nil, descriptor.option(SOL_SOCKET, SO_ERROR) == ENETDOWN, endsWithInterface else { return }
        throw SystemError(code: ENETDOWN, operation: "interface")
    }
}
