import HostStack
import PacketEngine
import WireFormat

/// Resolves one address on one link, as iputils' and Habets' arping do.
public struct ArpingEngine: LinkEngine, ~Copyable {
    public typealias Event = ArpingEvent

    private let configuration: ArpingConfiguration
    /// The destination of probes: broadcast until a station has replied.
    private var destination: MACAddress
    private var start: Instant?
    private var end: Instant?
    /// The time at which the next probe is due, on an absolute schedule.
    private var nextSending: Instant?
    private var lastSent: Instant?
    /// The send times of the last probes, in order.
    private var recentlySent: [Instant] = []
    /// Probes queued but not sent yet.
    private var pending = 0
    private var isAnswered = false
    private var isOver = false
    private var ignored: AllowancePerSecond
    private var events: [ArpingEvent] = []
    private var result = ArpingSummary()

    public init(_ configuration: ArpingConfiguration) {
        self.configuration = configuration
        ignored = .ignoredReplies(isWanted: configuration.reportsIgnored)
        destination = configuration.station?.mac ?? configuration.targetMAC ?? .broadcast
    }

    public var maximumPacketLength: Int { ArpingStation.frameLength + VLANTagView.headerLength }
    public var batchCapacity: Int { 1 }

    public var summary: ArpingSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        if !hasMore, let lastSent, let end {
            summary.isComplete = end >= lastSent + (configuration.lastWait ?? configuration.interval)
        }
        summary.isConclusive = summary.isComplete || !configuration.isAddressCheck
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

    private var frame: [UInt8] {
        var bytes =
            configuration.station?.request(
                UInt16(truncatingIfNeeded: result.sent), from: configuration.mac, configuration.source)
            ?? ARPFrame.bytes(packet, to: destination)
        if var tag = configuration.tag {
            tag.etherType = EtherType(rawValue: bytes.rawBytes.bigEndian16(at: 12))
            bytes[12...13] = [UInt8(EtherType.vlan.rawValue >> 8), UInt8(EtherType.vlan.rawValue & 0xFF)]
            bytes.insert(contentsOf: tag.encoded(), at: 14)
        }
        return bytes
    }

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil {
            start = now
            nextSending = now + configuration.initialDelay
        }
        if let deadline = end(at: now) {
            guard deadline > now else { return finish(at: now) }
        }
        let isSaid = !configuration.expectsAnswers && !hasMore && pending == 0
        guard !isOver, !isSaid else { return finish(at: now) }
        if let due = nextSending, due <= now, hasMore {
            if result.sent > 0, !isAnswered, configuration.expectsAnswers { events.append(.timeout(result.sent)) }
            guard batch.append(frame: frame, token: UInt64(result.sent)) else { return .at(now) }
            // Missed probes are skipped.
            let index = result.sent
            let pause =
                configuration.pauses.indices.contains(index) ? configuration.pauses[index] : configuration.interval
            nextSending = max(due + pause, now)
            pending = 1
        }
        // The wait starts when the probe was sent.
        if pending > 0 { return .at(now) }
        let next = hasMore ? nextSending : nil
        switch (next, end(at: now)) {
        case (let next?, let end?): return .at(min(next, end))
        case (let instant?, nil), (nil, let instant?): return .at(instant)
        case (nil, nil): return .never
        }
    }

    /// Includes probes in the send queue.
    private var hasMore: Bool { configuration.count.map { result.sent + pending < $0 } ?? true }

    /// The end of the run: the deadline, or the end of the wait after the last probe.
    private func end(at now: Instant) -> Instant? {
        var ends: [Instant] = []
        if let start, let deadline = configuration.deadline { ends.append(start + deadline) }
        if !hasMore, let lastSent { ends.append(lastSent + (configuration.lastWait ?? configuration.interval)) }
        return ends.min()
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil {
            end = now
            if result.sent > 0, !isAnswered, configuration.expectsAnswers { events.append(.timeout(result.sent)) }
        }
        isOver = true
        return .finished
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        result.sent += 1
        pending = 0
        if destination == .broadcast { result.sentBroadcasts += 1 }
        lastSent = instant
        recentlySent.append(instant)
        if recentlySent.count > Self.mostSent { recentlySent.removeFirst() }
        isAnswered = false
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        result.failure = failure
        pending = 0
        lastSent = instant
        isOver = true
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let claim = claim(in: packet.bytes, at: packet.arrival) else { return }
        let isBroadcast = claim.frameDestination.isMulticast
        let isDuplicate = !result.stations.isEmpty && !result.stations.contains(claim.mac)
        if !result.stations.contains(claim.mac), result.stations.count < Self.mostStations {
            result.stations.append(claim.mac)
        }
        // ARP has no sequence numbers: a reply is matched to the last probe sent before it was received.
        let sent = recentlySent.last { $0 <= packet.arrival }
        let roundTrip = sent.map { packet.arrival - $0 }
        if let roundTrip { result.roundTrips.add(roundTrip) }
        events.append(
            .reply(
                ArpingReply(
                    address: claim.address, mac: claim.mac, frameSource: claim.frameSource,
                    targetAddress: claim.targetAddress, targetMAC: claim.targetMAC, isRequest: claim.isRequest,
                    isBroadcast: isBroadcast, roundTrip: roundTrip, isDuplicate: isDuplicate, index: result.received,
                    lastProbe: max(result.sent - 1, 0), length: packet.bytes.byteCount, arrival: packet.arrival)))
        result.received += 1
        if isBroadcast { result.receivedBroadcasts += 1 }
        if claim.isRequest { result.receivedRequests += 1 }
        if !isAnswered { result.answered += 1 }
        isAnswered = true
        let isEnough = configuration.enough.map { result.received >= $0 } ?? false
        if configuration.endsAtFirstAnswer || configuration.mode == .detectDuplicates || isEnough {
            isOver = true
            end = packet.arrival
        }
        if !configuration.staysBroadcast, configuration.mode == .ask, configuration.station == nil {
            destination = claim.mac
        }
    }

    /// The addresses of a reply, whether to ARP or to echo.
    struct Claim {
        var address: IPv4Address
        var mac: MACAddress
        var frameSource: MACAddress
        var frameDestination: MACAddress
        var targetAddress: IPv4Address
        var targetMAC: MACAddress
        var isRequest = false
    }

    /// Returns the reply in a packet; nil if it is not for this run.
    private mutating func claim(in frame: RawSpan, at now: Instant) -> Claim? {
        if let station = configuration.station { return station.answer(frame, to: configuration.mac) }
        guard let received = ReceivedARP(frame) else { return nil }
        let problem = isAboutTarget(received) ? received.senderProblem : misdirection(of: received)
        if let problem, ignored.take(at: now) { events.append(.ignored(IgnoredReply(received, problem))) }
        guard problem == nil, isAboutTarget(received) else { return nil }
        return Claim(
            address: received.packet.senderAddress, mac: received.packet.senderMAC, frameSource: received.frameSource,
            frameDestination: received.frameDestination, targetAddress: received.packet.targetAddress,
            targetMAC: received.packet.targetMAC, isRequest: received.packet.operation == .request)
    }

    /// The number of probes that a late reply may still be matched to.
    private static let mostSent = 16

    /// The maximum number of stations kept, a bound against floods.
    private static let mostStations = 256

    /// Whether a packet identifies the station that has the target.
    private func isAboutTarget(_ received: ReceivedARP) -> Bool {
        let packet = received.packet
        guard packet.operation == .request || packet.operation == .reply,
            packet.senderAddress == configuration.target
        else {
            // Another host that probes for the same address claims it too (RFC 5227, section 2.1.1).
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

    /// Returns the reason why a reply from the target is not for this host; nil for other packets.
    private func misdirection(of received: ReceivedARP) -> IgnoredReply.Reason? {
        let packet = received.packet
        guard configuration.mode == .ask, packet.operation == .reply, packet.senderAddress == configuration.target
        else { return nil }
        return packet.targetMAC != configuration.mac
            ? .otherStation(packet.targetMAC) : .otherAddress(packet.targetAddress)
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
