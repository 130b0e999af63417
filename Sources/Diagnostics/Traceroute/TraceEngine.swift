import PacketEngine
import WireFormat

/// Finds the hops on the way to one target.
///
/// Probes of many hops are on their way at once, nearest first. A hop is
/// reported when all its probes are answered or given up, and all hops before it are.
public struct TraceEngine: Engine, ~Copyable {
    public typealias Event = TraceEvent

    private enum State {
        case unsent
        case underWay(Instant)
        case done(TraceProbe)
    }

    private let configuration: TraceConfiguration
    private let format: TraceFormat
    /// By number: hop after hop, `queries` of each.
    private var states: [State]
    /// The first probe that is not sent yet.
    private var nextNumber = 0
    private var underWay = 0
    /// Before this nothing more is sent.
    private var nextSending: Instant?
    /// The hop that is reported next, counted from 0.
    private var nextHop = 0
    /// The first hop, counted from 0, with a final answer.
    private var finalHop: Int?
    /// The last hop, counted from 0, with any answer.
    private var lastAnswered: Int?
    /// The longest round trip of each hop.
    private var roundTrips: [Nanoseconds?]
    private var events: [TraceEvent] = []
    private var known: Set<IPAddress> = []
    private var start: Instant?
    private var end: Instant?
    /// When it was asked for packets before: since then what had arrived by that time was handed over.
    private var lastTurn: Instant?
    private var isStopped = false
    private var sent = 0
    private var received = 0
    private var isReached = false
    /// What was reported.
    private var hops: [TraceHop] = []

    public init(_ configuration: TraceConfiguration) {
        self.configuration = configuration
        format = TraceFormat(configuration)
        states = Array(repeating: .unsent, count: configuration.probeCount)
        roundTrips = Array(repeating: nil, count: configuration.probeCount / max(configuration.queries, 1))
    }

    public var maximumPacketLength: Int { format.packetLength }
    public var batchCapacity: Int { 16 }
    private var hopCount: Int { roundTrips.count }
    private func hop(of number: Int) -> Int { number / configuration.queries }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        // A program that was kept from running finds its answers waiting: nothing
        // is given up for a time at which they have not been looked for.
        if let lastTurn { expire(at: lastTurn) }
        lastTurn = now
        report(at: now)
        guard !isFinished else { return .finished }
        while underWay < configuration.window, nextNumber < states.count, wants(hop(of: nextNumber)) {
            if let due = nextSending, due > now { return nextExpiry.map { .at(min($0, due)) } ?? .at(due) }
            let timeToLive = UInt8(clamping: configuration.firstHop + hop(of: nextNumber))
            // The rest is due at once, in the next batch.
            guard format.append(nextNumber, timeToLive: timeToLive, to: &batch) else { return .at(now) }
            states[nextNumber] = .underWay(now)
            underWay += 1
            nextNumber += 1
            if configuration.sendInterval > .zero { nextSending = now + configuration.sendInterval }
        }
        return nextExpiry.map { .at($0) } ?? .never
    }

    /// Hops beyond the target, or far behind the last one that answered, are not asked.
    private func wants(_ hop: Int) -> Bool {
        if let finalHop, hop > finalHop { return false }
        return hop <= (lastAnswered ?? -1) + max(configuration.gap, TraceConfiguration.lookAhead)
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let number = Int(exactly: token), number < states.count, case .underWay = states[number] else { return }
        states[number] = .underWay(instant)
        sent += 1
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        guard let number = Int(exactly: token), number < states.count, case .underWay = states[number] else { return }
        finish(number, .failed(failure))
    }

    // MARK: Waiting

    /// When a probe of a hop is given up, counted from its sending.
    private func patience(_ hop: Int) -> Nanoseconds {
        let longest = configuration.longestWait
        if let here = roundTrips[hop] { return clamp(here * configuration.hereFactor, longest) }
        if let later = roundTrips[(hop + 1)...].lazy.compactMap({ $0 }).first {
            return clamp(later * configuration.nearFactor, longest)
        }
        guard let earlier = roundTrips[..<hop].last(where: { $0 != nil }) ?? nil else { return longest }
        return min(longest, max(configuration.tailWait, earlier * configuration.nearFactor))
    }

    private func clamp(_ wait: Nanoseconds, _ longest: Nanoseconds) -> Nanoseconds {
        min(max(wait, TraceConfiguration.shortestWait), longest)
    }

    private var nextExpiry: Instant? {
        var earliest: Instant?
        for number in nextHop * configuration.queries..<nextNumber {
            guard case .underWay(let since) = states[number] else { continue }
            let due = since + patience(hop(of: number))
            if earliest.map({ due < $0 }) ?? true { earliest = due }
        }
        return earliest
    }

    private mutating func expire(at now: Instant) {
        for number in nextHop * configuration.queries..<nextNumber {
            guard case .underWay(let since) = states[number], since + patience(hop(of: number)) <= now else { continue }
            finish(number, .timeout)
        }
    }

    private mutating func finish(_ number: Int, _ probe: TraceProbe) {
        states[number] = .done(probe)
        underWay -= 1
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard let message = try? ArrivedMessage(packet), message.checksum != .incorrect else { return }
        let match = message.isError ? format.match(quotedBy: message) : nil
        let number = message.isError ? match?.number : format.number(answeredBy: message)
        guard let number, number < nextNumber, hop(of: number) >= nextHop, case .underWay(let since) = states[number]
        else { return }
        let roundTrip = packet.arrival - since
        guard roundTrip >= .zero else { return }
        received += 1
        let answer = answer(message, roundTrip, isTranslated: match?.isTranslated ?? false)
        let hop = hop(of: number)
        roundTrips[hop] = max(roundTrips[hop] ?? .zero, roundTrip)
        lastAnswered = max(lastAnswered ?? hop, hop)
        if answer.isFinal { finalHop = min(finalHop ?? hop, hop) }
        if answer.isTarget { isReached = true }
        if known.insert(answer.source).inserted { events.append(.answered(answer.source)) }
        finish(number, .answered(answer))
    }

    private func answer(
        _ message: borrowing ArrivedMessage, _ roundTrip: Nanoseconds, isTranslated: Bool
    ) -> TraceAnswer {
        let isExceeded =
            message.family == .v4
            ? message.type == ICMPv4Type.timeExceeded.rawValue : message.type == ICMPv6Type.timeExceeded.rawValue
        let body = ICMPErrorBody(restOfHeader: message.restOfHeader, data: message.data.copied())
        let extensions =
            !message.isError
            ? nil
            : message.family == .v4
                ? body.extensions(ICMPv4Type(rawValue: message.type))
                : body.extensions(ICMPv6Type(rawValue: message.type))
        return TraceAnswer(
            source: message.source, roundTrip: roundTrip, type: message.type, code: message.code,
            information: message.restOfHeader, replyTimeToLive: message.hopLimit,
            labels: extensions?.objects.lazy.compactMap(\.mplsLabelStack).first ?? [],
            interfaces: extensions?.objects.compactMap(\.interfaceInformation) ?? [],
            isTranslated: isTranslated, isFinal: !isExceeded,
            isTarget: !isExceeded && message.source == configuration.destination)
    }

    // MARK: Reporting

    private mutating func report(at now: Instant) {
        while nextHop < hopCount, finalHop.map({ nextHop <= $0 }) ?? true, let probes = finished(nextHop) {
            let hop = TraceHop(timeToLive: configuration.firstHop + nextHop, probes: probes)
            hops.append(hop)
            events.append(.hop(hop))
            nextHop += 1
            if let finalHop, nextHop > finalHop { break }
            if nextHop > (lastAnswered ?? -1) + configuration.gap { break }
        }
        if isFinished, end == nil { end = now }
    }

    /// The probes of a hop, once nothing more can come of them.
    private func finished(_ hop: Int) -> [TraceProbe]? {
        var probes: [TraceProbe] = []
        for number in hop * configuration.queries..<(hop + 1) * configuration.queries {
            guard case .done(let probe) = states[number] else { return nil }
            probes.append(probe)
        }
        return probes
    }

    private var isFinished: Bool {
        isStopped || nextHop >= hopCount || finalHop.map { nextHop > $0 } ?? false
            || nextHop > (lastAnswered ?? -1) + configuration.gap
    }

    public mutating func stop(at now: Instant) {
        isStopped = true
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (TraceEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    /// The result so far.
    public var summary: TraceSummary {
        TraceSummary(
            isReached: isReached, hops: nextHop, sent: sent, received: received,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero,
            verdicts: TraceVerdict.judge(hops, lastAnswered: lastAnsweredTimeToLive, isReached: isReached))
    }

    /// 0 when nothing answered. Probes of hops behind a final answer got the same one.
    private var lastAnsweredTimeToLive: Int {
        guard let lastAnswered else { return 0 }
        return configuration.firstHop + min(lastAnswered, finalHop ?? lastAnswered)
    }
}
