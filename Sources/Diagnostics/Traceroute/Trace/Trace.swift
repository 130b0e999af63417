import PacketEngine
import WireFormat

/// The trace of the path to one target, hop by hop.
///
/// Probes of many hops are in flight at once, nearest first. A hop is finished when all its probes are answered or
/// timed out and all hops before it are finished.
struct Trace: Sendable {
    /// The state of one probe of one hop; TCP may send more than one packet for it.
    private enum State {
        case unsent
        case underWay(Instant)
        case done(TraceProbe)
    }

    let configuration: TracerouteConfiguration
    private var prober: TraceProber
    /// The probes, hop after hop, `queries` of each.
    private var states: [State]
    /// The index of the first probe that was not sent yet.
    private var nextIndex = 0
    private var underWay = 0
    /// Nothing is sent before this time.
    private var nextSending: Instant?
    private var again = HalfOpenQueue()
    private var tailRetry = TailRetry()
    /// The last hop, counted from 0, at which a router replied that is not the end of the path.
    private var lastRouter: Int?
    private var lastSending: Instant?
    /// The next hop to finish, counted from 0.
    private var nextHop = 0
    /// The first hop, counted from 0, with a final reply.
    private var finalHop: Int?
    /// The last hop, counted from 0, with any reply.
    private var lastAnswered: Int?
    /// The longest round trip of each hop.
    private var roundTrips: [Nanoseconds?]
    private var start: Instant?
    private var end: Instant?
    /// The time of the previous call: packets received by then have been handled.
    private var lastTurn: Instant?
    private var isStopped = false
    private var isReached = false
    private var finishedHops: [TraceHop] = []
    private var search: PathMTUSearch?
    /// The MTU of the first link if probes exceed it and must not be fragmented.
    private var refusingMTU: Int?

    init(_ configuration: TracerouteConfiguration, target: Int) {
        self.configuration = configuration
        prober = TraceProber(configuration, target: target)
        states = Array(repeating: .unsent, count: configuration.probeCount)
        roundTrips = Array(repeating: nil, count: configuration.probeCount / max(configuration.queries, 1))
    }

    var maximumPacketLength: Int { prober.format.maximumLength }
    private var hopCount: Int { roundTrips.count }
    private func hop(of index: Int) -> Int { index / configuration.queries }
    private func indices(of hop: Int) -> Range<Int> {
        hop * configuration.queries..<(hop + 1) * configuration.queries
    }

    // MARK: Sending

    mutating func transmit(into batch: inout PacketBatch, at now: Instant, _ pacer: inout HopPacer) -> Deadline {
        if start == nil { start = now }
        // If this process was suspended, replies may be queued: no probe times out at an instant up to which the queue
        // was not read.
        if let lastTurn { expire(at: lastTurn) }
        lastTurn = now
        finishHops(at: now)
        if let mtu = prober.refusingMTU, refusingMTU == nil { refuse(mtu, at: now) }
        guard !isFinished else { return .finished }
        if search != nil { return transmitSearch(into: &batch, at: now, &pacer) }
        if let due = tailRetry.due {
            guard due <= now else { return .at(due) }
            if let hop = tailRetry.hop {
                guard send(indices(of: hop).lowerBound, into: &batch, at: now) else { return .at(now) }
                tailRetry.sent()
            }
        }
        if let index = again.next {
            guard send(index, into: &batch, at: now) else { return .at(now) }
            again.begin()
        }
        while underWay < configuration.window, nextIndex < states.count, wants(hop(of: nextIndex)) {
            guard case .unsent = states[nextIndex], !again.contains(nextIndex) else {
                nextIndex += 1
                continue
            }
            if let due = nextSending, due > now { return nextExpiry.map { .at(min($0, due)) } ?? .at(due) }
            guard batch.room > 0 else { return .at(now) }
            if let due = pacer.due(timeToLive(of: hop(of: nextIndex)), at: now) {
                return nextExpiry.map { .at(min($0, due)) } ?? .at(due)
            }
            // The rest is due now, in the next batch.
            guard send(nextIndex, into: &batch, at: now) else { return .at(now) }
            nextIndex += 1
            if configuration.sendInterval > .zero { nextSending = now + configuration.sendInterval }
        }
        return nextExpiry.map { .at($0) } ?? .never
    }

    private mutating func send(_ index: Int, into batch: inout PacketBatch, at now: Instant) -> Bool {
        let packet = TracePacket(timeToLive: timeToLive(of: hop(of: index)), length: prober.usualLength)
        guard prober.append(packet, tag: index, to: &batch, at: now) else { return false }
        states[index] = .underWay(now)
        underWay += 1
        lastSending = now
        return true
    }

    private func timeToLive(of hop: Int) -> UInt8 { UInt8(clamping: configuration.firstHop + hop) }

    /// Whether a hop needs no probes: it is beyond the target or far beyond the last hop that replied.
    private func wants(_ hop: Int) -> Bool {
        if let finalHop, hop > finalHop { return false }
        return hop <= (lastAnswered ?? -1) + max(configuration.gap, TracerouteConfiguration.lookAhead)
    }

    mutating func transmitted(_ token: UInt64, at instant: Instant) {
        guard let index = prober.transmitted(token, at: instant), index < states.count, case .underWay = states[index]
        else { return }
        if let failure = prober.linkFailure { return finish(index, .failed(failure)) }
        states[index] = .underWay(instant)
    }

    /// The maximum number of packets per probe.
    var packetsPerProbe: Int { prober.packetsPerProbe }

    mutating func setLink(_ failure: TransmissionFailure?) {
        let lost = prober.setLink(failure) { index in
            if index < states.count, case .underWay = states[index] { true } else { false }
        }
        guard let failure else { return }
        for index in lost { if case .underWay = states[index] { finish(index, .failed(failure)) } }
    }

    mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        guard let index = prober.failed(token, failure) else { return }
        guard index < states.count else {
            if case .messageTooLong(let mtu) = failure { search?.failed(index - states.count, mtu: mtu) }
            return
        }
        guard case .underWay = states[index] else { return }
        finish(index, .failed(failure))
        // No other probe is shorter.
        guard case .messageTooLong(let mtu) = failure, refusingMTU == nil else { return }
        refuse(mtu > 0 ? mtu : configuration.unfragmentedLength, at: instant)
    }

    /// Ends the trace at this host, which cannot send the probes unfragmented and must not fragment them.
    private mutating func refuse(_ mtu: Int, at now: Instant) {
        refusingMTU = mtu
        finishedHops.append(
            TraceHop(timeToLive: configuration.firstHop + nextHop, probes: [.failed(.messageTooLong(mtu: mtu))]))
        stop(at: now)
    }

    // MARK: Waiting

    /// Returns when a probe of a hop times out, measured from its send time.
    private func patience(_ hop: Int) -> Nanoseconds {
        let longest = configuration.longestWait
        if tailRetry.hasBegun {
            return min(longest, max(TailRetry.patience, longestRoundTrip * configuration.nearFactor))
        }
        if let here = roundTrips[hop] { return clamp(here * configuration.hereFactor, longest) }
        if let later = roundTrips[(hop + 1)...].lazy.compactMap({ $0 }).first {
            guard configuration.hastens else { return clamp(later * configuration.nearFactor, longest) }
            return clamp(max(later * 2, longestRoundTrip + Nanoseconds(longestRoundTrip.count / 4)), longest)
        }
        guard let earlier = roundTrips[..<hop].last(where: { $0 != nil }) ?? nil else { return longest }
        return min(longest, max(configuration.tailWait, earlier * configuration.nearFactor))
    }

    private var longestRoundTrip: Nanoseconds { roundTrips.lazy.compactMap { $0 }.max() ?? .zero }

    private func clamp(_ wait: Nanoseconds, _ longest: Nanoseconds) -> Nanoseconds {
        min(max(wait, TracerouteConfiguration.shortestWait), longest)
    }

    private var nextExpiry: Instant? {
        var earliest: Instant?
        for index in nextHop * configuration.queries..<nextIndex {
            guard case .underWay(let since) = states[index] else { continue }
            let due = since + patience(hop(of: index))
            if earliest.map({ due < $0 }) ?? true { earliest = due }
        }
        return earliest
    }

    private mutating func expire(at now: Instant) {
        for index in nextHop * configuration.queries..<nextIndex {
            guard case .underWay(let since) = states[index], since + patience(hop(of: index)) <= now else { continue }
            if again.retries(index) {
                states[index] = .unsent
                underWay -= 1
            } else {
                finish(index, .timeout)
            }
        }
    }

    private mutating func finish(_ index: Int, _ probe: TraceProbe) {
        states[index] = .done(probe)
        underWay -= 1
        again.end(index)
        if tailRetry.hop == hop(of: index) {
            let isFound = if case .answered = probe { true } else { false }
            tailRetry.ended(isFound: isFound, next: (lastSending ?? .init(nanoseconds: 0)) + TailRetry.interval)
        }
    }

    // MARK: Receiving

    /// - Returns: the address that replied; nil if the packet is not a reply to this trace.
    mutating func receive(_ packet: borrowing ReceivedPacket) -> IPAddress? {
        prober.received(packet).flatMap { receive($0) }
    }

    private mutating func receive(_ arrival: TraceProber.Arrival) -> IPAddress? {
        let index = arrival.tag
        guard index < states.count else {
            search?.answered(
                index - states.count, hop: Int(arrival.packet.timeToLive) - configuration.firstHop, arrival.answer)
            return nil
        }
        let hop = hop(of: index)
        let answer = arrival.answer
        if case .done = states[index] { return nil }
        guard !arrival.mustBeRepeated else {
            if case .underWay = states[index] { underWay -= 1 }
            states[index] = .unsent
            if !again.contains(index) { again.append(index) } else { _ = again.retries(index) }
            return answer.source
        }
        // It answers an earlier packet of a probe that waits to be sent again.
        if case .unsent = states[index] { underWay += 1 }
        finish(index, .answered(answer))
        roundTrips[hop] = max(roundTrips[hop] ?? .zero, answer.roundTrip)
        lastAnswered = max(lastAnswered ?? hop, hop)
        if answer.isFinal {
            finalHop = min(finalHop ?? hop, hop)
        } else {
            lastRouter = max(lastRouter ?? hop, hop)
        }
        if answer.isTarget { isReached = true }
        if case .tcp(let flags) = answer.kind, flags.contains(.syn), finalHop == hop { openedHalf(hop) }
        return answer.source
    }

    /// Handles a half-open connection at the target, which exists until our kernel's reset has reached it; until then
    /// the target answers no other SYN of the flow. The rest of the hop's probes are sent again, one at a time.
    private mutating func openedHalf(_ hop: Int) {
        for index in indices(of: hop) where !again.contains(index) {
            if case .done = states[index] { continue }
            if case .underWay = states[index] { underWay -= 1 }
            states[index] = .unsent
            again.append(index)
        }
        nextIndex = max(nextIndex, indices(of: hop).upperBound)
    }

    // MARK: Hops

    private mutating func finishHops(at now: Instant) {
        while nextHop < hopCount, finalHop.map({ nextHop <= $0 }) ?? true, let probes = finished(nextHop) {
            let hop = TraceHop(timeToLive: configuration.firstHop + nextHop, probes: probes)
            if hop.isUnresponsive, isDoubtful(nextHop), !tailRetry.isOver {
                if !tailRetry.hasBegun, isQuiet {
                    let first = (lastRouter ?? -1) + 1
                    tailRetry.begin(
                        first..<max(finalHop ?? first + 1, first), at: (lastSending ?? now) + TailRetry.interval)
                }
                guard tailRetry.isOver else { break }
            }
            finishedHops.append(hop)
            nextHop += 1
            if let finalHop, nextHop > finalHop { break }
            if nextHop > (lastAnswered ?? -1) + configuration.gap { break }
        }
        if areHopsFound, configuration.findsPathMTU, search == nil { beginSearch(at: now) }
        search?.advance(at: now)
        if isFinished, end == nil { end = now }
    }

    /// Whether an unresponsive hop may be the end of the path: no router after it replied, and the end did not answer
    /// all its probes.
    private func isDoubtful(_ hop: Int) -> Bool {
        guard configuration.looksAgain, hop > lastRouter ?? -1 else { return false }
        guard let finalHop else { return true }
        return !indices(of: finalHop).allSatisfy { if case .done(.answered) = states[$0] { true } else { false } }
    }

    /// Whether nothing is in flight or left to send.
    private var isQuiet: Bool {
        underWay == 0 && !(nextIndex < states.count && wants(hop(of: nextIndex)))
    }

    /// Returns the probes of a hop once all are finished.
    private func finished(_ hop: Int) -> [TraceProbe]? {
        var probes: [TraceProbe] = []
        for index in indices(of: hop) {
            guard case .done(let probe) = states[index] else { return nil }
            probes.append(probe)
        }
        return probes
    }

    var isFinished: Bool {
        isStopped || areHopsFound && (!configuration.findsPathMTU || search?.isOver ?? false)
    }

    private var areHopsFound: Bool {
        nextHop >= hopCount || finalHop.map { nextHop > $0 } ?? false
            || nextHop > (lastAnswered ?? -1) + configuration.gap
    }

    mutating func stop(at now: Instant) {
        isStopped = true
        if end == nil { end = now }
    }

    // MARK: Path MTU

    /// Returns the hops in order, as far as they are finished.
    var hops: [TraceHop] {
        guard configuration.findsPathMTU else { return finishedHops }
        guard isFinished, let search else { return isStopped ? finishedHops : [] }
        return finishedHops.map { hop in
            var hop = hop
            hop.mtu = search.sizes[hop.timeToLive - configuration.firstHop]
            return hop
        }
    }

    private mutating func beginSearch(at now: Instant) {
        let answering = finishedHops.filter { !$0.isUnresponsive }.map { hop in
            PathMTUSearch.Hop(
                number: hop.timeToLive - configuration.firstHop, addresses: Set(hop.answers.map(\.source)))
        }
        search = PathMTUSearch(
            hops: answering, linkMTU: configuration.longestPacket, usualLength: prober.usualLength,
            wait: min(configuration.longestWait, max(.milliseconds(200), longestRoundTrip * 4)), at: now)
    }

    private mutating func transmitSearch(
        into batch: inout PacketBatch, at now: Instant, _ pacer: inout HopPacer
    ) -> Deadline {
        while let probe = search?.next(at: now) {
            guard batch.room > 0 else { return .at(now) }
            let timeToLive = timeToLive(of: probe.hop)
            if let due = pacer.due(timeToLive, at: now) { return .at(due) }
            let packet = TracePacket(timeToLive: timeToLive, length: probe.size)
            guard prober.append(packet, tag: states.count + probe.tag, to: &batch, at: now) else { return .at(now) }
            search?.sent(at: now)
        }
        return search?.due.map { .at($0) } ?? .at(now)
    }

    /// Returns the result so far.
    var summary: TracerouteSummary {
        TracerouteSummary(
            isReached: isReached, hops: finishedHops.count, sent: prober.sent, received: prober.received,
            unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero, pathMTU: search?.pathMTU,
            verdicts: verdicts)
    }

    private var verdicts: [TraceVerdict] {
        let refused = refusingMTU.map { TraceVerdict.packetTooLong(length: prober.usualLength, mtu: $0 > 0 ? $0 : nil) }
        let hole = search?.blackHole.map {
            TraceVerdict.mtuBlackHole(timeToLive: configuration.firstHop + $0.hop, size: $0.size)
        }
        return [hole, refused].compactMap { $0 }
            + TraceVerdict.judge(
                finishedHops, lastAnswered: lastAnsweredTimeToLive, isReached: isReached,
                mayBeCut: refused != nil || prober.unsent > 0)
    }

    /// 0 if nothing replied. Probes of hops after a final reply received the same one.
    private var lastAnsweredTimeToLive: Int {
        guard let lastAnswered else { return 0 }
        return configuration.firstHop + min(lastAnswered, finalHop ?? lastAnswered)
    }
}
