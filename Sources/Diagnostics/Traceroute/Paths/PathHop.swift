import PacketEngine
import WireFormat

/// The state of one hop: which flow reached which router.
struct PathHop: Sendable {
    enum FlowState: Sendable {
        case unasked
        /// To be probed, or probed again, not before the instant.
        case due(Instant)
        case underWay(since: Instant)
        /// Reached the node of this index.
        case met(Int)
        /// The flow ended before this hop: a reply would not come from the hop.
        case ended
    }

    struct Node: Sendable {
        /// The address; nil for an unresponsive node.
        var address: IPAddress?
        var answer: TraceAnswer?
        var roundTrip: Nanoseconds?
        var flows: [Int] = []
    }

    /// The states by flow; flows beyond the end were not probed.
    private(set) var states: [FlowState] = []
    /// The number of unanswered probes per flow.
    private var failures: [Int] = []
    private(set) var nodes: [Node] = []
    /// The number of flows that are due or in flight.
    private(set) var pending = 0
    /// The longest round trip.
    private(set) var roundTrip: Nanoseconds?
    var pace = Pace.full

    /// The interval between probes of the hop.
    enum Pace: Sendable {
        case full
        /// Whether flows were lost more often than by chance: the hop may limit its errors per peer.
        case slow(next: Instant)
    }

    /// Routers at the previous hop whose flows got no reply at a slow rate; nil for an unresponsive node.
    private var settled: Set<IPAddress?> = []

    /// The number of consecutive unanswered probes of a flow before it is probed slowly.
    static let quickAttempts = 3
    /// Linux sends a peer 1 error per second, after a burst of 6 (icmp_ratelimit, ip-sysctl).
    static let slowInterval = Nanoseconds.milliseconds(1_050)
    /// The number of slow unanswered probes of one flow that prove it dead: a limit of errors would have let one
    /// through.
    private static let slowAttempts = 2

    func state(_ flow: Int) -> FlowState { flow < states.count ? states[flow] : .unasked }

    /// Returns the node that a flow reached.
    func node(_ flow: Int) -> Int? {
        if case .met(let node) = state(flow) { node } else { nil }
    }

    var isAnswered: Bool { roundTrip != nil }
    /// Whether the end of a flow is known.
    var isKnown: Bool { !nodes.isEmpty }

    /// The number of flows with a result.
    var metCount: Int { nodes.reduce(0) { $0 + $1.flows.count } }

    private mutating func reach(_ flow: Int) {
        while states.count <= flow {
            states.append(.unasked)
            failures.append(0)
        }
    }

    /// Schedules a flow for probing.
    mutating func ask(_ flow: Int, at now: Instant) {
        reach(flow)
        guard case .unasked = states[flow] else { return }
        states[flow] = .due(now)
        pending += 1
    }

    func isAsked(_ flow: Int) -> Bool { if case .unasked = state(flow) { false } else { true } }

    /// The number of flows that were probed and did not end before this hop.
    var askedFlows: [Int] { states.indices.filter { isAsked($0) && !isEnded($0) } }

    func isEnded(_ flow: Int) -> Bool { if case .ended = state(flow) { true } else { false } }

    /// Schedules up to `count` flows that were not probed yet.
    /// - Returns: the number scheduled.
    mutating func ask(_ count: Int, of flows: some Sequence<Int>, at now: Instant) -> Int {
        guard count > 0 else { return 0 }
        var found = 0
        for flow in flows where !isAsked(flow) {
            ask(flow, at: now)
            found += 1
            if found == count { break }
        }
        return found
    }

    mutating func send(_ flow: Int, at now: Instant) {
        reach(flow)
        states[flow] = .underWay(since: now)
    }

    mutating func answered(_ flow: Int, _ answer: TraceAnswer, at now: Instant) {
        guard flow < states.count else { return }
        switch states[flow] {
        case .unasked, .ended: return
        case .met(let node):
            // The flow timed out too early: it moves to the router that replied.
            guard nodes[node].address == nil else { return }
            nodes[node].flows.removeAll { $0 == flow }
            if nodes[node].flows.isEmpty { dropNode(node) }
        case .due, .underWay: pending -= 1
        }
        if roundTrip == nil { retryUnresponsive(flow, at: now) }
        failures[flow] = 0
        roundTrip = max(roundTrip ?? .zero, answer.roundTrip)
        let index = self.index(of: answer.source)
        if nodes[index].answer == nil { nodes[index].answer = answer }
        nodes[index].roundTrip = min(nodes[index].roundTrip ?? answer.roundTrip, answer.roundTrip)
        nodes[index].flows.append(flow)
        states[flow] = .met(index)
    }

    /// Flows that were lost while the hop seemed unresponsive may have been lost by chance.
    private mutating func retryUnresponsive(_ flow: Int, at now: Instant) {
        guard let unresponsive = nodes.firstIndex(where: { $0.address == nil }) else { return }
        for other in nodes[unresponsive].flows where other != flow {
            states[other] = .due(now)
            failures[other] = 0
            pending += 1
        }
        dropNode(unresponsive)
    }

    /// Probes flows of the unresponsive node again: a few times, if a flow of their router was found dead.
    /// - Parameter interval: the time from one flow to the next.
    mutating func retry(_ flows: some Sequence<Int>, interval: Nanoseconds, at now: Instant) {
        var instant = now
        for flow in flows {
            guard let index = node(flow), nodes[index].address == nil else { continue }
            nodes[index].flows.removeAll { $0 == flow }
            if nodes[index].flows.isEmpty { dropNode(index) }
            states[flow] = .due(instant)
            failures[flow] = 0
            pending += 1
            instant = instant + interval
        }
    }

    /// Probes flows of the unresponsive node again, as if no flow had been found dead.
    mutating func revive(_ flows: some Sequence<Int>, at now: Instant) {
        settled = []
        retry(flows, interval: .zero, at: now)
    }

    /// Retries the first flow once if no flow was answered.
    mutating func retryUnresponsive(at instant: Instant) {
        guard case .met(let node) = state(0), roundTrip == nil else { return }
        nodes[node].flows.removeAll { $0 == 0 }
        if nodes[node].flows.isEmpty { dropNode(node) }
        states[0] = .due(instant)
        pending += 1
    }

    /// Handles a timeout: the flow is retried, or counts as unresponsive.
    /// - Parameters:
    ///   - isLast: whether no later hop is known.
    ///   - wasUnanswered: whether the previous hop, which replied to other flows, did not reply either: its branch is dead.
    ///   - router: the router that it reached at the previous hop; nil for an unresponsive node.
    ///   - companions: the flows that reached the same router.
    mutating func expired(
        _ flow: Int, at now: Instant, isLast: Bool, wasUnanswered: Bool, router: IPAddress?, companions: () -> [Int]
    ) {
        failures[flow] += 1
        guard roundTrip != nil else {
            // At the end of the path one probe is enough.
            return isLast || failures[flow] >= 2 ? giveUp(flow) : askAgain(flow, at: now)
        }
        guard failures[flow] >= Self.quickAttempts else { return askAgain(flow, at: now) }
        guard !wasUnanswered, !settled.contains(router) else { return giveUpBranch(flow, companions()) }
        guard case .slow = pace else {
            pace = .slow(next: now + Self.slowInterval)
            return askAgain(flow, at: now)
        }
        guard failures[flow] >= Self.quickAttempts + Self.slowAttempts else { return askAgain(flow, at: now) }
        // Limits of errors do not depend on the flow: the result of this flow holds for those of the same branch.
        settled.insert(router)
        giveUpBranch(flow, companions())
    }

    private mutating func giveUpBranch(_ flow: Int, _ companions: [Int]) {
        giveUp(flow)
        for other in companions where isDoubtful(other) { giveUpPending(other) }
        if !states.indices.contains(where: isDoubtful) { pace = .full }
    }

    /// Whether the flow was unanswered more often than by chance and is still retried.
    private func isDoubtful(_ flow: Int) -> Bool {
        guard flow < states.count, failures[flow] >= Self.quickAttempts else { return false }
        return switch states[flow] {
        case .due, .underWay: true
        case .unasked, .met, .ended: false
        }
    }

    /// Returns the flow that is sent next at a slow rate: the first doubtful one, which settles the most; nil for any.
    var urgentFlow: Int? {
        guard case .slow = pace else { return nil }
        return states.indices.first(where: isDoubtful)
    }

    /// Sends a flow that is in flight again.
    mutating func repeatFlow(_ flow: Int, at now: Instant) {
        if case .underWay = state(flow) { askAgain(flow, at: now) }
    }

    private mutating func askAgain(_ flow: Int, at instant: Instant) { states[flow] = .due(instant) }

    /// Stops probing a flow.
    mutating func giveUp(_ flow: Int) {
        pending -= 1
        let index = self.index(of: nil)
        nodes[index].flows.append(flow)
        states[flow] = .met(index)
    }

    /// Stops probing a flow if it is still in flight.
    mutating func giveUpPending(_ flow: Int) {
        switch state(flow) {
        case .due, .underWay: giveUp(flow)
        case .unasked, .met, .ended: break
        }
    }

    /// Removes a flow that ended before this hop, with the node it reached here.
    mutating func end(_ flow: Int) {
        reach(flow)
        switch states[flow] {
        case .due, .underWay: pending -= 1
        case .met(let node):
            nodes[node].flows.removeAll { $0 == flow }
            if nodes[node].flows.isEmpty { dropNode(node) }
            if nodes.allSatisfy({ $0.address == nil }) { roundTrip = nil }
        case .unasked, .ended: break
        }
        states[flow] = .ended
    }

    private mutating func index(of address: IPAddress?) -> Int {
        if let known = nodes.firstIndex(where: { $0.address == address }) { return known }
        nodes.append(Node(address: address))
        return nodes.count - 1
    }

    private mutating func dropNode(_ dropped: Int) {
        nodes.remove(at: dropped)
        for flow in states.indices {
            if case .met(let node) = states[flow], node > dropped { states[flow] = .met(node - 1) }
        }
    }
}
