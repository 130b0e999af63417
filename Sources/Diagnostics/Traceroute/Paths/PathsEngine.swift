import PacketEngine
import WireFormat

/// Finds every path of a balanced route to one target: the multipath detection
/// algorithm with control of nodes, driven by what arrives instead of rounds.
///
/// A first flow finds how long the way is. From then on each router is owed as
/// many flows as its `MDAStoppingRule` ask for; flows that are known to pass it
/// are asked for the next hop, and where there are too few, further flows are
/// tried at its own hop.
public struct PathsEngine: Engine, ~Copyable {
    public typealias Event = PathsEvent

    /// Flows of one hop, at the most: some thirty equal branches are told with these.
    private static let flowLimit = 1_024

    private let configuration: TracerouteConfiguration
    private let stoppingPoints: MDAStoppingRule
    private var prober: TraceProber
    private var pacer = HopPacer()
    private var hops: [PathHop]
    /// By flow the first hop with a final answer: it is not asked beyond.
    private var ends: [Int: Int] = [:]
    /// Where the first flow ends.
    private var finalHop: Int? { ends[0] }
    /// The last hop with an answer, -1 for none.
    private var lastAnswered: Int { hops.lastIndex { $0.isAnswered } ?? -1 }
    /// The last hop at which a router, not the end of the way, answered.
    private var lastRouter = -1
    private var hasLookedAgain = false
    /// The last router from which other flows than the first were tried; nil for none yet.
    private var triedFrom: Int?
    private var start: Instant?
    private var end: Instant?
    private var lastTurn: Instant?
    private var isStopped = false
    private var isDone = false
    private var isReached = false
    private var isTranslatedAt: Int?
    /// The MTU of the first link when probes, which must not be fragmented, exceed it.
    private var refusingMTU: Int?
    private var known: Set<IPAddress> = []
    private var events: [PathsEvent] = []

    public init(_ configuration: TracerouteConfiguration, _ stoppingPoints: MDAStoppingRule) {
        self.configuration = configuration
        self.stoppingPoints = stoppingPoints
        prober = TraceProber(configuration)
        let count = max(configuration.maximumHops - configuration.firstHop + 1, 0)
        hops = Array(repeating: PathHop(), count: count)
    }

    public var maximumPacketLength: Int { prober.format.maximumLength }
    public var batchCapacity: Int { max(32, prober.packetsPerProbe) }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        if let lastTurn { expire(at: lastTurn) }
        lastTurn = now
        if let mtu = prober.refusingMTU { refusingMTU = mtu }
        guard !isStopped, refusingMTU == nil else { return finish(at: now) }
        plan(at: now)
        var next: Instant?
        for hop in hops.indices where hops[hop].pending > 0 {
            for flow in hops[hop].states.indices {
                switch hops[hop].states[flow] {
                case .underWay(let since): next = earlier(next, since + patience(hop))
                case .due(let due):
                    var allowed = due
                    if case .slow(let next) = hops[hop].pace { allowed = max(due, next) }
                    guard allowed <= now else {
                        next = earlier(next, allowed)
                        continue
                    }
                    if let urgent = hops[hop].urgentFlow, urgent != flow { continue }
                    guard batch.room > 0 else { return .at(now) }
                    if let due = pacer.due(timeToLive(hop), at: now) {
                        next = earlier(next, due)
                        continue
                    }
                    let packet = TracePacket(timeToLive: timeToLive(hop), flow: flow, length: prober.usualLength)
                    guard prober.append(packet, tag: hop * Self.flowLimit + flow, to: &batch, at: now) else {
                        return .at(now)
                    }
                    hops[hop].send(flow, at: now)
                    if case .slow = hops[hop].pace { hops[hop].pace = .slow(next: now + PathHop.slowInterval) }
                    next = earlier(next, now + patience(hop))
                case .unasked, .met, .ended: break
                }
            }
        }
        guard hops.contains(where: { $0.pending > 0 }) else {
            if !hasLookedAgain {
                hasLookedAgain = true
                lookAgain(at: now)
                return .at(now)
            }
            // The first flow met silence, or a refusal: another may be sent to a branch that works.
            guard !isReached, triedFrom != lastRouter else { return finish(at: now) }
            triedFrom = lastRouter
            tryOtherFlows(at: now)
            return .at(now)
        }
        return next.map { .at($0) } ?? .never
    }

    private func earlier(_ left: Instant?, _ right: Instant) -> Instant { left.map { min($0, right) } ?? right }

    private func timeToLive(_ hop: Int) -> UInt8 { UInt8(clamping: configuration.firstHop + hop) }

    private mutating func finish(at now: Instant) -> Deadline {
        if !isDone {
            isDone = true
            end = end ?? now
            events.append(.finished(graph, summary))
        }
        return .finished
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let tag = prober.transmitted(token, at: instant) else { return }
        guard prober.linkFailure == nil else { return giveUp(tag) }
        let (hop, flow) = tag.quotientAndRemainder(dividingBy: Self.flowLimit)
        if case .underWay = hops[hop].state(flow) { hops[hop].send(flow, at: instant) }
    }

    /// The link that probes leave by does not work, or with nil works again.
    public mutating func setLink(_ failure: TransmissionFailure?) {
        let lost = prober.setLink(failure) { tag in
            let (hop, flow) = tag.quotientAndRemainder(dividingBy: Self.flowLimit)
            if case .underWay = hops[hop].state(flow) { return true }
            return false
        }
        for tag in lost { giveUp(tag) }
    }

    private mutating func giveUp(_ tag: Int) {
        let (hop, flow) = tag.quotientAndRemainder(dividingBy: Self.flowLimit)
        if case .underWay = hops[hop].state(flow) { hops[hop].giveUp(flow) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        if case .messageTooLong(let mtu) = failure {
            refusingMTU = mtu > 0 ? mtu : configuration.unfragmentedLength
        }
        if let tag = prober.failed(token, failure) { giveUp(tag) }
    }

    /// Hops that are silent behind the last router may be the target, whose
    /// answers were used up by what went further: they are asked once more, slowly.
    private mutating func lookAgain(at now: Instant) {
        let doubtful = lastRouter + 1..<max(finalHop ?? lastRouter + 2, lastRouter + 1)
        for (index, hop) in doubtful.enumerated() where hops.indices.contains(hop) {
            hops[hop].askSilentAgain(at: now + PathHop.slowInterval * Int64(index + 1))
        }
    }

    /// Asks for several flows through each of the last routers, at every hop of the gap.
    private mutating func tryOtherFlows(at now: Instant) {
        guard hops.indices.contains(lastRouter) else { return }
        let isOnly = isOnly(lastRouter)
        let count = stoppingPoints.flows(1)
        for node in hops[lastRouter].nodes where node.address != nil && node.answer?.isFinal != true {
            for flow in isOnly ? Array(0..<count) : Array(node.flows.prefix(count)) where ends[flow] == nil {
                for hop in hops.indices.dropFirst(lastRouter + 1).prefix(configuration.gap) {
                    hops[hop].ask(flow, at: now)
                }
            }
        }
    }

    // MARK: The plan

    /// Asks for every flow that is still owed to somebody.
    private mutating func plan(at now: Instant) {
        let lastAnswered = lastAnswered
        for hop in hops.indices {
            if wantsFirstFlow(hop) { hops[hop].ask(0, at: now) }
            askDeadBranch(beyond: hop, now)
            // What is silent at the end of the way is not asked with many flows.
            guard hop <= lastAnswered || hop == lastAnswered + 1 && finalHop.map({ $0 < hop }) ?? false else {
                continue
            }
            guard hasLookedAgain || hop <= lastRouter + 1 else { continue }
            planSuccessors(at: hop, now)
        }
    }

    /// Flows that met silence while others were answered: one of them is asked for all hops of the gap at once.
    private mutating func askDeadBranch(beyond hop: Int, _ now: Instant) {
        guard hop > 0, hops[hop].isAnswered || hasLookedAgain,
            let silent = hops[hop].nodes.first(where: { $0.address == nil })
        else { return }
        let isOnly = isOnly(hop - 1)
        // What was silent before is asked for already.
        let first = silent.flows.first { flow in
            hops[hop - 1].node(flow).map { hops[hop - 1].nodes[$0].address != nil } ?? isOnly
        }
        guard let flow = first else { return }
        for further in hops.indices.dropFirst(hop + 1).prefix(configuration.gap - 1) {
            hops[further].ask(flow, at: now)
        }
    }

    private func wantsFirstFlow(_ hop: Int) -> Bool {
        hop <= min(finalHop ?? .max, lastAnswered + configuration.gap)
    }

    /// Asks at `hop` for the flows that the nodes before it are owed.
    private mutating func planSuccessors(at hop: Int, _ now: Instant) {
        guard hop > 0 else {
            // What the first router refuses at its own hop it refuses to every flow.
            if hops[0].isKnown, hops[0].nodes.allSatisfy({ $0.answer?.isRefusal == true }) { return }
            // The source: every flow passes it.
            let wanted = stoppingPoints.flows(hops[0].nodes.count)
            for flow in 0..<min(max(wanted, hops[0].metCount), Self.flowLimit) { hops[0].ask(flow, at: now) }
            return
        }
        let before = hop - 1
        var furtherFlows = 0
        let isOnly = isOnly(before)
        for node in hops[before].nodes where node.answer?.isFinal != true {
            let asked = isOnly ? hops[hop].askedFlows : node.flows.filter { hops[hop].isAsked($0) }
            // Flows that were silent before and are so here are a dead branch: one shows it.
            if node.address == nil, hops[before].isAnswered, !asked.isEmpty,
                asked.allSatisfy({ hops[hop].node($0).map { hops[hop].nodes[$0].address == nil } ?? true })
            {
                continue
            }
            let successors = Set(asked.compactMap { hops[hop].node($0) })
            // Who passes packets to the target itself has it beside him, and no choice.
            let isLast = successors.contains { hops[hop].nodes[$0].answer?.isTarget == true }
            var missing = (isLast ? 1 : stoppingPoints.flows(successors.count)) - asked.count
            if isOnly {
                missing -= hops[hop].ask(missing, of: 0..<Self.flowLimit, at: now)
            } else {
                missing -= hops[hop].ask(missing, of: node.flows, at: now)
            }
            // Of further flows it gets its share, if all are equal. Nobody looks for more silence,
            // and what comes up once in a long time was a change of the route.
            guard node.address != nil, hops[before].metCount < stoppingPoints.flows(8 * hops[before].nodes.count)
            else { continue }
            furtherFlows = max(furtherFlows, missing * hops[before].nodes.count)
        }
        // Those under way to the hop before may be what is missing.
        guard hops[before].pending == 0 else { return }
        _ = hops[before].ask(furtherFlows, of: 0..<Self.flowLimit, at: now)
    }

    /// All flows pass the one node of this hop, as far as it takes to be sure.
    private func isOnly(_ hop: Int) -> Bool {
        hops[hop].nodes.count == 1 && hops[hop].pending == 0 && hops[hop].metCount >= stoppingPoints.flows(1)
    }

    // MARK: Waiting

    /// How long a probe of a hop is waited for.
    private func patience(_ hop: Int) -> Nanoseconds {
        let longest = configuration.longestWait
        if let here = hops[hop].roundTrip {
            return min(max(here * configuration.hereFactor, .milliseconds(20)), longest)
        }
        if let later = hops[(hop + 1)...].lazy.compactMap(\.roundTrip).first {
            return min(max(later * configuration.nearFactor, .milliseconds(20)), longest)
        }
        let earlier = hops[..<hop].lazy.compactMap(\.roundTrip).last ?? .zero
        if hasLookedAgain, earlier > .zero {
            return min(longest, max(TailRetry.patience, earlier * configuration.nearFactor))
        }
        return min(longest, max(configuration.tailWait, earlier * configuration.nearFactor))
    }

    /// The flow met silence at the hop before, which answered others.
    private func wasSilent(_ flow: Int, before hop: Int) -> Bool {
        guard hop > 0, hops[hop - 1].isAnswered, let node = hops[hop - 1].node(flow) else { return false }
        return hops[hop - 1].nodes[node].address == nil
    }

    private mutating func expire(at now: Instant) {
        let lastAnswered = lastAnswered
        for hop in hops.indices where hops[hop].pending > 0 {
            for flow in hops[hop].states.indices {
                guard case .underWay(let since) = hops[hop].states[flow], since + patience(hop) <= now else { continue }
                let before = hop > 0 ? hops[hop - 1] : nil
                let isOnly = hop > 0 && isOnly(hop - 1)
                let node = isOnly ? 0 : before?.node(flow)
                hops[hop].expired(
                    flow, at: now, isLast: hop > lastAnswered, wasSilent: wasSilent(flow, before: hop),
                    router: node.flatMap { before?.nodes[$0].address }
                ) {
                    guard let before, !isOnly else { return Array(0..<Self.flowLimit) }
                    return node.map { before.nodes[$0].flows } ?? []
                }
            }
        }
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard let arrival = prober.arrived(packet) else { return }
        let (hop, flow) = arrival.tag.quotientAndRemainder(dividingBy: Self.flowLimit)
        let answer = arrival.answer
        guard !arrival.mustBeRepeated else { return hops[hop].repeatFlow(flow, at: packet.arrival) }
        hops[hop].answered(flow, answer, at: packet.arrival)
        if !answer.isFinal { lastRouter = max(lastRouter, hop) }
        if answer.isFinal, hop < ends[flow] ?? .max {
            ends[flow] = hop
            for further in hops.indices.dropFirst(hop + 1) where hops[further].isAsked(flow) { hops[further].end(flow) }
        }
        if answer.isTarget { isReached = true }
        if answer.isTranslated { isTranslatedAt = min(isTranslatedAt ?? hop, hop) }
        if known.insert(answer.source).inserted { events.append(.answered(answer.source)) }
    }

    public mutating func stop(at now: Instant) {
        isStopped = true
        end = end ?? now
    }

    public mutating func drain(_ report: (PathsEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: The result

    /// The graph as far as it is known.
    public var graph: PathGraph {
        var graph = PathGraph(hops: [], links: [])
        for hop in hops.indices.prefix(reportedHops) {
            let timeToLive = configuration.firstHop + hop
            // By address, and silence last: the same way looks the same each time.
            let nodes = hops[hop].nodes.sorted { Self.precedes($0.address, $1.address) }
            graph.hops.append(
                nodes.map { node in
                    PathGraph.Node(
                        timeToLive: timeToLive, address: node.address, answer: node.answer,
                        roundTrip: node.roundTrip, flows: node.flows.count)
                })
            guard hop > 0 else { continue }
            var seen: Set<PathGraph.Link> = []
            for node in nodes {
                for flow in node.flows {
                    guard let before = hops[hop - 1].node(flow) ?? (isOnly(hop - 1) ? 0 : nil) else { continue }
                    // What lies behind an end is an echo of it.
                    guard hops[hop - 1].nodes[before].answer?.isFinal != true else { continue }
                    let link = PathGraph.Link(
                        timeToLive: timeToLive, from: hops[hop - 1].nodes[before].address, to: node.address)
                    if seen.insert(link).inserted { graph.links.append(link) }
                }
            }
        }
        return graph
    }

    private static func precedes(_ left: IPAddress?, _ right: IPAddress?) -> Bool {
        guard let left else { return false }
        guard let right else { return true }
        return left < right
    }

    /// Up to the end of the longest path, or some silent hops behind the last that answered.
    private var reportedHops: Int {
        let lastAnswered = lastAnswered
        let ends = hops.indices.filter { hop in
            hop <= lastAnswered && hops[hop].isKnown && hops[hop].nodes.allSatisfy { $0.answer?.isFinal == true }
        }
        if let end = ends.first { return end + 1 }
        if isReached { return lastAnswered + 1 }
        if refusingMTU != nil { return lastAnswered + 1 }
        return min(hops.count, lastAnswered + 1 + configuration.gap)
    }

    /// Routers behind which some flows get no answer at any hop, while others reach the target.
    private var deadBranches: [TraceVerdict] {
        guard isReached else { return [] }
        var found: [TraceVerdict] = []
        for hop in hops.indices.dropFirst() where hops[hop].isAnswered {
            guard let silent = hops[hop].nodes.first(where: { $0.address == nil }) else { continue }
            // Behind a silent router that passes packets on some flow is answered.
            let dead = silent.flows.filter { flow in
                ends[flow] == nil && !hops[(hop + 1)...].contains { isAnswered(flow, at: $0) }
            }
            var routers: Set<IPAddress> = []
            for flow in dead {
                guard let node = hops[hop - 1].node(flow) ?? (isOnly(hop - 1) ? 0 : nil),
                    let address = hops[hop - 1].nodes[node].address
                else { continue }
                // Of the flows that meet the same silence none may come through.
                let companions = silent.flows.filter { (hops[hop - 1].node($0) ?? node) == node }
                guard companions.allSatisfy(dead.contains) else { continue }
                routers.insert(address)
            }
            for router in routers.sorted() {
                found.append(.deadBranch(timeToLive: configuration.firstHop + hop - 1, router: router))
            }
        }
        return found
    }

    private func isAnswered(_ flow: Int, at hop: PathHop) -> Bool {
        hop.node(flow).map { hop.nodes[$0].address != nil } ?? false
    }

    public var summary: TracerouteSummary {
        let graph = graph
        var verdicts = graph.hops.compactMap { nodes -> TraceVerdict? in
            guard let first = nodes.first, nodes.allSatisfy({ $0.address == nil }),
                first.timeToLive - configuration.firstHop < lastAnswered
            else { return nil }
            return .silentHop(timeToLive: first.timeToLive)
        }
        // Silence may be this host's own.
        if prober.unsent > 0 { verdicts = [] } else { verdicts += deadBranches }
        verdicts += graph.balanced
        if let isTranslatedAt { verdicts.append(.nat(timeToLive: configuration.firstHop + isTranslatedAt)) }
        if let refusingMTU {
            verdicts.append(.packetTooLong(length: prober.usualLength, mtu: refusingMTU))
        } else if !isReached, prober.unsent == 0 {
            verdicts.append(.unreachable(last: lastAnswered < 0 ? 0 : configuration.firstHop + lastAnswered))
        }
        return TracerouteSummary(
            isReached: isReached, hops: graph.hops.count, sent: prober.sent, received: prober.received,
            unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero, verdicts: verdicts)
    }
}

/// What is found of the paths.
public enum PathsEvent: Hashable, Sendable {
    /// Somebody answered for the first time.
    case answered(IPAddress)
    case finished(PathGraph, TracerouteSummary)
}
