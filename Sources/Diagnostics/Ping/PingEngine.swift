import PacketEngine
import WireFormat

/// Pings one target: sends probes on schedule, matches the replies, and counts the results.
///
/// Methods that run for every packet are `mutating` even if they only read: a nonmutating method would copy the whole
/// engine, 800 bytes per call.
public struct PingEngine: Engine, ~Copyable {
    let configuration: PingConfiguration
    public internal(set) var summary = PingSummary()
    /// The current form of the probes; it changes as routers report the path MTU.
    var format: PingProbeFormat

    var window = PingProbeWindow()
    var schedule: PingProbeSchedule
    /// Every probe before this number is answered, timed out or failed.
    private var firstUnresolved = 1
    /// The newest probe that was answered or failed.
    var newestResolved = 0
    /// The number of probes that could not be sent.
    private var unsentCount = 0
    /// The newest answered probe.
    var newestAnswered = 0
    private var isStopping = false
    private var isFinished = false
    private var lingerEnd: Instant?
    var tally = PingReport.PingTally()
    private var nextReport: Instant?
    var outage = PingOutageClock()
    var parts = FirstRoundTrip()
    var shared = BatchRoundTrips()
    private var events: [PingEvent] = []

    public init(_ configuration: PingConfiguration) {
        self.configuration = configuration
        format = configuration.format
        schedule = PingProbeSchedule(configuration)
    }

    public var maximumPacketLength: Int {
        if let plan = format.header.fragments { return plan.longestPacket(format) }
        return format.mayBeCut ? min(format.packetLength, format.header.linkMTU) : format.packetLength
    }

    public var batchCapacity: Int { max(min(configuration.preload, 64), format.mostPackets) }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if summary.start == nil {
            summary.start = now
            schedule.begin(at: now)
            nextReport = configuration.reportInterval.map { now + $0 }
        }
        expire(at: now)
        report(at: now)
        if isOver(at: now) {
            finish(at: now)
            return .finished
        }
        while maySendMore, schedule.isDue(at: now, inFlight: inFlight) {
            guard batch.room > 0, sendProbe(into: &batch, at: now) else { return .at(now) }
        }
        return nextDeadline(at: now)
    }

    /// The maximum number of probes in flight.
    private var inFlight: Int { window.newest &- newestResolved }

    private var maySendMore: Bool {
        guard let count = configuration.count, configuration.deadline == nil else { return true }
        return window.newest < count
    }

    /// - Returns: false if the batch has too little room.
    private mutating func sendProbe(into batch: inout PacketBatch, at now: Instant) -> Bool {
        let number = window.newest &+ 1
        let length = format.packetLength
        var isTooLong =
            format.level == .datagram && format.header.fragments == nil && !format.header.mayFragment
            && length > format.header.effectiveMTU
        if !isTooLong, !format.append(fields(number, at: now), token: UInt64(number), to: &batch) {
            guard batch.isEmpty else { return false }
            // Not even an empty batch has room for the fragments.
            isTooLong = true
        }
        if configuration.reportsOutstanding, window.newest > 0, window[window.newest].state == .pending {
            events.append(.outstanding(sequence: UInt16(truncatingIfNeeded: window.newest), at: now))
        }
        if let expired = window.append() {
            if expired.state == .pending || expired.state == .queued {
                lose(sequence: UInt16(truncatingIfNeeded: number &- PingProbeWindow.maximumCapacity), at: now)
            }
            outage.pass(sentAt: expired.sentAt, isAnswered: expired.isAnswered)
        }
        summary.transmitted &+= 1
        tally.transmitted &+= 1
        summary.lastTransmission = now
        schedule.sent(at: now)
        if isTooLong { fail(number, .messageTooLong(mtu: format.header.effectiveMTU), at: now) }
        return true
    }

    private mutating func fields(_ number: Int, at now: Instant) -> PingProbeFields {
        let sequence = UInt16(truncatingIfNeeded: number)
        var fields = PingProbeFields(
            destination: configuration.destination, sequence: sequence,
            identification: sequence &+ format.header.firstIdentification)
        fields.cookie = cookie(number)
        if format.query == .timestamp || !format.header.options.isEmpty {
            let time = InternetTimestamp(nanosecondsSince1970: now.nanoseconds &+ configuration.wallOffset)
            fields.originate = time.rawValue
        }
        return fields
    }

    mutating func cookie(_ number: Int) -> UInt64 { format.cookie(UInt64(number), 0) }

    /// Whether this is a flood with many probes in flight, tuned for speed.
    public var wantsExactTimes: Bool { configuration.interval > .zero || configuration.preload == 1 }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        let number = Int(truncatingIfNeeded: token)
        guard number >= window.oldest, number <= window.newest, window[number].state == .queued else { return }
        window[number] = PingProbeWindow.Slot(sentAt: instant, state: .pending, isExact: isExact)
        if number == 1 { parts.sent = instant }
        if configuration.reportsTransmissions { events.append(.transmitted(number: number)) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        let number = Int(truncatingIfNeeded: token)
        guard number >= window.oldest, number <= window.newest else { return }
        if failure == .noBuffers { schedule.slowDown() }
        fail(number, failure, at: instant)
    }

    private mutating func fail(_ number: Int, _ failure: TransmissionFailure, at instant: Instant) {
        switch window[number].state {
        case .queued, .pending: break
        default: return
        }
        window[number] = PingProbeWindow.Slot(sentAt: instant, state: .failed)
        summary.failed &+= 1
        unsentCount &+= 1
        if case .messageTooLong = failure {} else { summary.refusedBySystem &+= 1 }
        summary.errors &+= 1
        resolve(number)
        events.append(
            .transmissionFailed(sequence: UInt16(truncatingIfNeeded: number), failure, at: instant))
    }

    public mutating func transmitStamped(_ token: UInt64, _ stage: TransmitStage, at instant: Instant) {
        guard configuration.splitsFirstRoundTrip, token == 1 else { return }
        parts.stamp(stage, at: instant)
        if let found = parts.take(needsNeighbor: configuration.needsNeighbor) { events.append(.firstRoundTrip(found)) }
    }

    // MARK: Time

    /// Times out probes. All have the same timeout, so they expire in send order.
    private mutating func expire(at now: Instant) {
        while firstUnresolved <= window.newest {
            let number = max(firstUnresolved, window.oldest)
            let slot = window[number]
            if slot.state == .queued { break }
            if slot.state == .pending {
                guard slot.sentAt + configuration.timeout <= now else { break }
                window[number].state = .timedOut
                lose(sequence: UInt16(truncatingIfNeeded: number), at: now)
            }
            firstUnresolved = number &+ 1
        }
    }

    private mutating func lose(sequence: UInt16, at now: Instant) {
        summary.lost &+= 1
        events.append(.timeout(sequence: sequence, at: now))
    }

    /// The requested number of replies and errors has been received; nothing more counts.
    var isComplete: Bool {
        if summary.hasConsecutive { return true }
        guard let count = configuration.count else { return false }
        let counted = configuration.endsAtError ? summary.received &+ summary.errors : summary.received
        return counted >= count
    }

    /// Notes whether an answered probe and those before and after it, all with a reply, reach the requested number.
    mutating func countConsecutive(around number: Int) {
        guard let wanted = configuration.consecutive else { return }
        var (first, last) = (number, number)
        while last &- first &+ 1 < wanted, first > window.oldest, window[first &- 1].isAnswered { first &-= 1 }
        while last &- first &+ 1 < wanted, last < window.newest, window[last &+ 1].isAnswered { last &+= 1 }
        if last &- first &+ 1 >= wanted { summary.hasConsecutive = true }
    }

    // MARK: Outages

    /// Returns the outages up to `now`. A probe without a reply counts as lost when a later one was answered, or when
    /// it has waited longer than replies take.
    /// - Parameter start: the instant from which outages are also counted separately.
    private mutating func outages(at now: Instant, from start: Instant? = nil, isFinal: Bool = false) -> PingOutageClock
    {
        var clock = outage
        if let start { clock.count(from: start) }
        let patience = max(schedule.interval, summary.roundTrips.count > 0 ? summary.roundTrips.maximum * 2 : .zero)
        var number = window.oldest
        while number <= window.newest {
            let slot = window[number]
            let isUnderWay = slot.state == .pending || slot.state == .queued
            if isUnderWay, !isFinal, number > newestAnswered,
                slot.state == .queued || slot.sentAt + min(patience, configuration.timeout) > now
            {
                break
            }
            clock.pass(sentAt: slot.sentAt, isAnswered: slot.isAnswered)
            number &+= 1
        }
        let end = isFinal ? summary.lastTransmission.map { min(now, $0 + schedule.interval) } ?? now : now
        clock.end(at: end)
        return clock
    }

    private mutating func isOver(at now: Instant) -> Bool {
        if isStopping || isFinished { return true }
        if isComplete {
            return parts.awaitedUntil.map { now >= $0 } ?? true
        }
        if let deadline = configuration.deadline {
            // As in iputils, an ICMP error ends the run; a local send failure does not.
            if configuration.endsAtError, summary.errors > unsentCount { return true }
            return summary.start.map { now >= $0 + deadline } ?? false
        }
        guard !maySendMore else { return false }
        // Every probe is finished: nothing that counts can be received.
        if firstUnresolved > window.newest { return true }
        return lingerEnd(at: now).map { now >= $0 } ?? false
    }

    /// Returns when to stop waiting for the last replies. As in iputils: after twice the longest round trip or an
    /// interval, whichever is longer, or after the full timeout if there was no reply.
    private mutating func lingerEnd(at now: Instant) -> Instant? {
        guard !maySendMore, let last = summary.lastTransmission else { return nil }
        let wait =
            summary.received > 0
            ? max(summary.roundTrips.maximum * 2, schedule.interval) : configuration.timeout
        return last + wait
    }

    private mutating func finish(at now: Instant) {
        guard !isFinished else { return }
        isFinished = true
        var number = max(firstUnresolved, window.oldest)
        while number <= window.newest {
            let slot = window[number]
            if slot.state == .pending || slot.state == .queued {
                window[number].state = .timedOut
                lose(sequence: UInt16(truncatingIfNeeded: number), at: now)
            }
            number &+= 1
        }
        let outages = outages(at: now, isFinal: true)
        summary.outage = outages.total
        summary.longestOutage = outages.longest
    }

    private mutating func nextDeadline(at now: Instant) -> Deadline {
        var deadline: Deadline = maySendMore ? .at(schedule.nextDue) : .never
        if firstUnresolved <= window.newest {
            // The timeout of a probe that was only just handed over starts now.
            let slot = window[max(firstUnresolved, window.oldest)]
            let sent = slot.state == .queued ? now : slot.sentAt
            deadline = .earliest(deadline, .at(sent + configuration.timeout))
        }
        if let linger = lingerEnd(at: now), configuration.deadline == nil {
            deadline = .earliest(deadline, .at(linger))
        }
        if let limit = configuration.deadline, let start = summary.start {
            deadline = .earliest(deadline, .at(start + limit))
        }
        if let awaited = parts.awaitedUntil { deadline = .earliest(deadline, .at(awaited)) }
        if let nextReport { deadline = .earliest(deadline, .at(nextReport)) }
        return deadline
    }

    private mutating func report(at now: Instant) {
        guard let interval = configuration.reportInterval, let due = nextReport, now >= due else { return }
        let total = PingReport.PingTally(
            transmitted: summary.transmitted, received: summary.received, roundTrips: summary.roundTrips,
            outage: outages(at: now).total)
        tally.outage = outages(at: now, from: now - interval).sinceStart
        events.append(.report(PingReport(at: now, interval: tally, total: total)))
        tally = PingReport.PingTally()
        // A late report does not shift the next one, and missed reports are skipped.
        var next = due
        while next <= now { next = next + interval }
        nextReport = next
    }

    public mutating func stop(at now: Instant) { isStopping = true }

    // MARK: Used by PingEngine+Receive

    mutating func resolve(_ number: Int) {
        let inFlight = window.newest &- number &+ 1
        if inFlight > summary.mostInFlight { summary.mostInFlight = inFlight }
        if number > newestResolved { newestResolved = number }
    }

    mutating func emit(_ event: PingEvent) { events.append(event) }

    public mutating func drain(_ report: (PingEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}

extension PingProbeFormat {
    /// Whether probes can be fragmented, now or after a router reports a smaller MTU.
    var mayBeCut: Bool { level == .datagram && (header.mayFragment || header.fragments != nil) }

    /// The number of packets of one probe on the narrowest possible path.
    var mostPackets: Int {
        if let plan = header.fragments { return plan.count(messageLength) }
        guard mayBeCut, packetLength > min(header.effectiveMTU, PingProbeHeader.minimumMTU(family)) else { return 1 }
        var narrow = header
        narrow.pathMTU = min(narrow.effectiveMTU, PingProbeHeader.minimumMTU(family))
        return with(header: narrow).pieces?.count ?? 1
    }
}
