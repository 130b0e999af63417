import PacketEngine
import WireFormat

/// Asks one link who has an address, as iputils' and Habets' arping do.
public struct ArpingEngine: Engine, ~Copyable {
    public typealias Event = ArpingEvent

    private let configuration: ArpingConfiguration
    /// Whom probes are for: everybody, until somebody has answered.
    private var destination = MACAddress.broadcast
    private var start: Instant?
    private var end: Instant?
    /// When the next probe is due; kept on an absolute schedule.
    private var nextSending: Instant?
    private var lastSent: Instant?
    /// Handed over, and not yet sent.
    private var pending = 0
    private var isAnswered = false
    private var isOver = false
    private var events: [ArpingEvent] = []
    private var result = ArpingSummary()

    public init(_ configuration: ArpingConfiguration) { self.configuration = configuration }

    public var maximumPacketLength: Int { EthernetHeader.minimumFrameLength }
    public var batchCapacity: Int { 1 }

    public var summary: ArpingSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    // MARK: Sending

    private var packet: ARPPacket {
        let (mac, source, target) = (configuration.mac, configuration.source, configuration.target)
        switch configuration.mode {
        case .ask:
            var request = ARPPacket.request(for: target, from: mac, source)
            if destination != .broadcast { request.targetMAC = destination }
            return request
        case .detectDuplicates: return ARPPacket.request(for: target, from: mac, source)
        case .announceByRequest: return ARPPacket.request(for: target, from: mac, source)
        case .announceByReply:
            return ARPPacket(
                operation: .reply, senderMAC: mac, senderAddress: source, targetMAC: mac, targetAddress: target)
        }
    }

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil {
            start = now
            nextSending = now + configuration.initialDelay
        }
        if let deadline = end(at: now) {
            guard deadline > now else { return finish(at: now) }
        }
        let isSaid = configuration.mode.isAnnouncement && !hasMore && pending == 0
        guard !isOver, !isSaid else { return finish(at: now) }
        if let due = nextSending, due <= now, hasMore {
            if result.sent > 0, !isAnswered, !configuration.mode.isAnnouncement { events.append(.timeout(result.sent)) }
            let bytes = ARPFrame.bytes(packet, to: destination)
            guard batch.append(frameOf: bytes.count, token: UInt64(result.sent), { $0.copy(bytes, at: $1) }) else {
                return .at(now)
            }
            // Missed turns are not made up for.
            let index = result.sent
            let pause =
                configuration.pauses.indices.contains(index) ? configuration.pauses[index] : configuration.interval
            nextSending = max(due + pause, now)
            pending = 1
        }
        // What is waited for is known when it has left.
        if pending > 0 { return .at(now) }
        let next = hasMore ? nextSending : nil
        switch (next, end(at: now)) {
        case (let next?, let end?): return .at(min(next, end))
        case (let instant?, nil), (nil, let instant?): return .at(instant)
        case (nil, nil): return .never
        }
    }

    /// Counted with what is on its way to the wire.
    private var hasMore: Bool { configuration.count.map { result.sent + pending < $0 } ?? true }

    /// When all is over: at the deadline, or when the last probe was waited for.
    private func end(at now: Instant) -> Instant? {
        var ends: [Instant] = []
        if let start, let deadline = configuration.deadline { ends.append(start + deadline) }
        if !hasMore, let lastSent { ends.append(lastSent + (configuration.lastWait ?? configuration.interval)) }
        return ends.min()
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil {
            end = now
            if result.sent > 0, !isAnswered, !configuration.mode.isAnnouncement { events.append(.timeout(result.sent)) }
        }
        isOver = true
        return .finished
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        result.sent += 1
        pending = 0
        if destination == .broadcast { result.sentBroadcasts += 1 }
        lastSent = instant
        isAnswered = false
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        events.append(.failed(failure))
        pending = 0
        lastSent = instant
        isOver = true
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let arrived = ArrivedARP(packet.bytes), isAboutTarget(arrived) else {
            return
        }
        let isBroadcast = arrived.frameDestination.isMulticast
        let mac = arrived.packet.senderMAC
        let isDuplicate = !result.machines.isEmpty && !result.machines.contains(mac)
        if !result.machines.contains(mac), result.machines.count < Self.mostMachines { result.machines.append(mac) }
        result.received += 1
        if isBroadcast { result.receivedBroadcasts += 1 }
        if arrived.packet.operation == .request { result.receivedRequests += 1 }
        if !isAnswered { result.answered += 1 }
        isAnswered = true
        events.append(
            .reply(
                ArpingReply(
                    address: arrived.packet.senderAddress, mac: mac, frameSource: arrived.frameSource,
                    targetAddress: arrived.packet.targetAddress, targetMAC: arrived.packet.targetMAC,
                    isRequest: arrived.packet.operation == .request, isBroadcast: isBroadcast,
                    roundTrip: lastSent.map { packet.arrival - $0 }, isDuplicate: isDuplicate,
                    arrival: packet.arrival)))
        let isEnough = configuration.deadline != nil && configuration.count == result.received
        if configuration.endsAtFirstAnswer || configuration.mode == .detectDuplicates || isEnough {
            isOver = true
            end = packet.arrival
        }
        if !configuration.staysBroadcast, configuration.mode == .ask { destination = mac }
    }

    /// Machines that are remembered: enough for any honest link, and no more for a flood.
    private static let mostMachines = 256

    /// Whether a packet tells us who has the target.
    private func isAboutTarget(_ arrived: ArrivedARP) -> Bool {
        let packet = arrived.packet
        guard packet.operation == .request || packet.operation == .reply,
            packet.senderAddress == configuration.target
        else {
            // Another host that probes for the same address wants it too (RFC 5227, section 2.1.1).
            return configuration.mode == .detectDuplicates && packet.operation == .request
                && packet.senderAddress == .unspecified && packet.targetAddress == configuration.target
                && packet.senderMAC != configuration.mac
        }
        switch configuration.mode {
        case .ask: return packet.targetAddress == configuration.source && packet.targetMAC == configuration.mac
        case .detectDuplicates:
            return packet.senderMAC != configuration.mac
                && (configuration.source == .unspecified || packet.targetAddress == configuration.source)
        case .announceByRequest, .announceByReply: return packet.senderMAC != configuration.mac
        }
    }

    public mutating func stop(at now: Instant) {
        isOver = true
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (ArpingEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
