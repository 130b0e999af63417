import PacketEngine
import WireFormat

/// Finds every path of a load-balanced route to one target: the multipath detection algorithm with node control, driven
/// by received replies instead of rounds.
///
/// A first flow finds the length of the path. From then on each router needs the number of flows that its
/// `MDAStoppingRule` requires. Flows known to pass it are sent to the next hop; if there are too few, further flows are
/// tried at its own hop.
public struct PathsEngine: Engine, ~Copyable {
    public typealias Event = PathsEvent

    /// The maximum number of flows per hop: enough to distinguish about 30 equal branches.
    private static let flowLimit = 1_024

    let configuration: TracerouteConfiguration
    private let stoppingRule: MDAStoppingRule
    var prober: TraceProber
    private var pacer = HopPacer()
    var hops: [PathHop]
    /// By flow, the first hop with a final reply: later hops are not probed.
    var ends: [Int: Int] = [:]
    /// The end of the first flow.
    private var finalHop: Int? { ends[0] }
    /// The last hop with a reply, -1 for none.
    var lastAnswered: Int { hops.lastIndex { $0.isAnswered } ?? -1 }
    /// The last hop at which a router replied that is not the end of the path.
    private var lastRouter = -1
    private var hasLookedAgain = false
    /// The tags of flows of branches that seem dead, while they are probed again.
    private var suspects: Set<Int> = []
    private var verifications = 0
    /// Whether every branch that seems dead stayed so when it was probed again.
    private(set) var areDeadBranchesVerified = false
    /// The last router from which flows other than the first were tried; nil for none yet.
    private var triedFrom: Int?
    var start: Instant?
    var end: Instant?
    private var lastTurn: Instant?
    private var isStopped = false
    private var isDone = false
    var isReached = false
    var isTranslatedAt: Int?
    /// The MTU of the first link if probes exceed it and must not be fragmented.
    var refusingMTU: Int?
    private var known: Set<IPAddress> = []
    private var events: [PathsEvent] = []

    public init(_ configuration: TracerouteConfiguration, _ stoppingRule: MDAStoppingRule) {
        self.configuration = configuration
        self.stoppingRule = stoppingRule
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
            // The first flow got no reply, or an error: another flow may take a branch that works.
            guard !isReached, triedFrom != lastRouter else {
                return verifyDeadBranches(at: now) ? .at(now) : finish(at: now)
            }
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

    /// Notes that the link that probes leave by is down, or with nil that it is up again.
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

    /// Retries unresponsive hops after the last router, slowly: one may be the target, whose error limit the probes to
    /// later hops used up.
    private mutating func lookAgain(at now: Instant) {
        let doubtful = lastRouter + 1..<max(finalHop ?? lastRouter + 2, lastRouter + 1)
        for (index, hop) in doubtful.enumerated() where hops.indices.contains(hop) {
            hops[hop].retryUnresponsive(at: now + PathHop.slowInterval * Int64(index + 1))
        }
    }

    /// Sends several flows through each of the last routers, to every hop of the gap.
    private mutating func tryOtherFlows(at now: Instant) {
        guard hops.indices.contains(lastRouter) else { return }
        let isOnly = isOnly(lastRouter)
        let count = stoppingRule.flows(1)
        for node in hops[lastRouter].nodes where node.address != nil && node.answer?.isFinal != true {
            for flow in isOnly ? Array(0..<count) : Array(node.flows.prefix(count)) where ends[flow] == nil {
                for hop in hops.indices.dropFirst(lastRouter + 1).prefix(configuration.gap) {
                    hops[hop].ask(flow, at: now)
                }
            }
        }
    }

    // MARK: Dead branches

    /// The maximum number of times that branches are probed again, and the number of flows per branch.
    private static let mostVerifications = 4
    private static let suspectsPerBranch = 2

    /// Probes some flows of each branch that seems dead again, slowly: a router that loses packets, or that limits its
    /// errors, is not dead.
    /// - Returns: whether there are such branches.
    private mutating func verifyDeadBranches(at now: Instant) -> Bool {
        guard !areDeadBranchesVerified, verifications < Self.mostVerifications else { return false }
        let branches = deadBranches
        verifications += 1
        areDeadBranchesVerified = true
        for branch in branches {
            let flows = branch.flows.prefix(Self.suspectsPerBranch)
            hops[branch.hop].retry(flows, interval: PathHop.slowInterval, at: now)
            suspects.formUnion(flows.map { branch.hop * Self.flowLimit + $0 })
        }
        return !branches.isEmpty
    }

    /// A branch works after all: the other flows without an end were lost by chance, and are probed again.
    private mutating func reviveBranches(from hop: Int, at now: Instant) {
        areDeadBranchesVerified = false
        suspects = []
        for further in hops.indices.dropFirst(hop) {
            let lost = hops[further].nodes.first { $0.address == nil }?.flows ?? []
            hops[further].revive(lost.filter { ends[$0] == nil }, at: now)
        }
    }

    // MARK: Planning

    /// Schedules every flow that a router still needs.
    private mutating func plan(at now: Instant) {
        let lastAnswered = lastAnswered
        for hop in hops.indices {
            if wantsFirstFlow(hop) { hops[hop].ask(0, at: now) }
            askDeadBranch(beyond: hop, now)
            // Unresponsive hops at the end of the path are not probed with many flows.
            guard hop <= lastAnswered || hop == lastAnswered + 1 && finalHop.map({ $0 < hop }) ?? false else {
                continue
            }
            guard hasLookedAgain || hop <= lastRouter + 1 else { continue }
            planSuccessors(at: hop, now)
        }
    }

    /// Takes flows that got no reply while others did, and probes one of them at all hops of the gap at once.
    private mutating func askDeadBranch(beyond hop: Int, _ now: Instant) {
        guard hop > 0, hops[hop].isAnswered || hasLookedAgain,
            let unresponsive = hops[hop].nodes.first(where: { $0.address == nil })
        else { return }
        let isOnly = isOnly(hop - 1)
        // Hops that were unresponsive before are scheduled already.
        let first = unresponsive.flows.first { flow in
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

    /// Schedules at `hop` the flows that the nodes before it need.
    private mutating func planSuccessors(at hop: Int, _ now: Instant) {
        guard hop > 0 else {
            // If the first router rejects one flow at its own hop, it rejects every flow.
            if hops[0].isKnown, hops[0].nodes.allSatisfy({ $0.answer?.isRefusal == true }) { return }
            // The source: every flow passes it.
            let wanted = stoppingRule.flows(hops[0].nodes.count)
            for flow in 0..<min(max(wanted, hops[0].metCount), Self.flowLimit) { hops[0].ask(flow, at: now) }
            return
        }
        let before = hop - 1
        var furtherFlows = 0
        let isOnly = isOnly(before)
        for node in hops[before].nodes where node.answer?.isFinal != true {
            let asked = isOnly ? hops[hop].askedFlows : node.flows.filter { hops[hop].isAsked($0) }
            // Flows without replies at the previous hop and at this one are a dead branch: one flow shows it.
            if node.address == nil, hops[before].isAnswered, !asked.isEmpty,
                asked.allSatisfy({ hops[hop].node($0).map { hops[hop].nodes[$0].address == nil } ?? true })
            {
                continue
            }
            let successors = Set(asked.compactMap { hops[hop].node($0) })
            // A router that forwards to the target itself is adjacent to it and has no choice.
            let isLast = successors.contains { hops[hop].nodes[$0].answer?.isTarget == true }
            var missing = (isLast ? 1 : stoppingRule.flows(successors.count)) - asked.count
            if isOnly {
                missing -= hops[hop].ask(missing, of: 0..<Self.flowLimit, at: now)
            } else {
                missing -= hops[hop].ask(missing, of: node.flows, at: now)
            }
            // It gets its share of further flows if all are equal. Unresponsive nodes are not searched for more
            // successors, and a node seen only once in a long time was a route change.
            guard node.address != nil, hops[before].metCount < stoppingRule.flows(8 * hops[before].nodes.count)
            else { continue }
            furtherFlows = max(furtherFlows, missing * hops[before].nodes.count)
        }
        // Flows in flight to the previous hop may be the ones that are missing.
        guard hops[before].pending == 0 else { return }
        _ = hops[before].ask(furtherFlows, of: 0..<Self.flowLimit, at: now)
    }

    /// Whether all flows pass the single node of this hop, with enough flows to be sure.
    func isOnly(_ hop: Int) -> Bool {
        hops[hop].nodes.count == 1 && hops[hop].pending == 0 && hops[hop].metCount >= stoppingRule.flows(1)
    }

    // MARK: Waiting

    /// Returns how long to wait for a probe of a hop.
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

    /// Whether the flow was unanswered at the previous hop, which replied to others.
    private func wasUnanswered(_ flow: Int, before hop: Int) -> Bool {
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
                    flow, at: now, isLast: hop > lastAnswered, wasUnanswered: wasUnanswered(flow, before: hop),
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
        guard let arrival = prober.received(packet) else { return }
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
        if suspects.contains(arrival.tag) { reviveBranches(from: hop, at: packet.arrival) }
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
}

/// An event of a search for paths.
public enum PathsEvent: Hashable, Sendable {
    /// An address replied for the first time.
    case answered(IPAddress)
    case finished(PathGraph, TracerouteSummary)
}
