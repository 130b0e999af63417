import PacketEngine
import WireFormat

/// What is known of one hop: which flow met whom.
struct PathHop: Sendable {
    enum FlowState: Sendable {
        case unasked
        /// To be asked, or asked again, not before the instant.
        case due(Instant)
        case underWay(since: Instant)
        /// Met the node of this index.
        case met(Int)
        /// It ended before this hop: what would come back says nothing of the hop.
        case ended
    }

    struct Node: Sendable {
        /// Nil for silence.
        var address: IPAddress?
        var answer: TraceAnswer?
        var roundTrip: Nanoseconds?
        var flows: [Int] = []
    }

    /// By flow; beyond the end nothing was asked.
    private(set) var states: [FlowState] = []
    /// How often each flow was asked in vain.
    private var failures: [Int] = []
    private(set) var nodes: [Node] = []
    /// Flows that are due or under way.
    private(set) var pending = 0
    /// The longest round trip.
    private(set) var roundTrip: Nanoseconds?
    var pace = Pace.full

    /// How fast the hop is asked.
    enum Pace: Sendable {
        case full
        /// Flows were lost more often than by chance: it may count its errors to one peer.
        case slow(next: Instant)
    }

    /// Routers at the hop before whose flows stayed silent although they were sent slowly; nil for what is silent.
    private var settled: Set<IPAddress?> = []

    /// In vain, one after the other, before a flow is asked slowly.
    static let quickAttempts = 3
    /// Linux sends a peer one error a second, after a burst of six (icmp_ratelimit, ip-sysctl).
    static let slowInterval = Nanoseconds.milliseconds(1_050)
    /// Slow probes of one flow without an answer that settle it: a limit of errors would have let them through.
    private static let slowAttempts = 2

    func state(_ flow: Int) -> FlowState { flow < states.count ? states[flow] : .unasked }

    /// The node that a flow met.
    func node(_ flow: Int) -> Int? {
        if case .met(let node) = state(flow) { node } else { nil }
    }

    var isAnswered: Bool { roundTrip != nil }
    /// Some flow's end is known.
    var isKnown: Bool { !nodes.isEmpty }

    /// Flows with a result.
    var metCount: Int { nodes.reduce(0) { $0 + $1.flows.count } }

    private mutating func reach(_ flow: Int) {
        while states.count <= flow {
            states.append(.unasked)
            failures.append(0)
        }
    }

    /// Notes that a flow is to be asked.
    mutating func ask(_ flow: Int, at now: Instant) {
        reach(flow)
        guard case .unasked = states[flow] else { return }
        states[flow] = .due(now)
        pending += 1
    }

    func isAsked(_ flow: Int) -> Bool { if case .unasked = state(flow) { false } else { true } }

    /// Flows that were asked and did not end before.
    var askedFlows: [Int] { states.indices.filter { isAsked($0) && !isEnded($0) } }

    func isEnded(_ flow: Int) -> Bool { if case .ended = state(flow) { true } else { false } }

    /// Notes so many flows that were not asked yet.
    /// - Returns: how many there were.
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
            // Given up too early: the flow moves to who answered for it.
            guard nodes[node].address == nil else { return }
            nodes[node].flows.removeAll { $0 == flow }
            if nodes[node].flows.isEmpty { dropNode(node) }
        case .due, .underWay: pending -= 1
        }
        if roundTrip == nil { askSilentAgain(flow, at: now) }
        failures[flow] = 0
        roundTrip = max(roundTrip ?? .zero, answer.roundTrip)
        let index = self.index(of: answer.source)
        if nodes[index].answer == nil { nodes[index].answer = answer }
        nodes[index].roundTrip = min(nodes[index].roundTrip ?? answer.roundTrip, answer.roundTrip)
        nodes[index].flows.append(flow)
        states[flow] = .met(index)
    }

    /// Flows that were lost when the hop seemed to be silent were so by chance, perhaps.
    private mutating func askSilentAgain(_ flow: Int, at now: Instant) {
        guard let silent = nodes.firstIndex(where: { $0.address == nil }) else { return }
        for other in nodes[silent].flows where other != flow {
            states[other] = .due(now)
            failures[other] = 0
            pending += 1
        }
        dropNode(silent)
    }

    /// The first flow, when all is silent, is asked once more.
    mutating func askSilentAgain(at instant: Instant) {
        guard case .met(let node) = state(0), roundTrip == nil else { return }
        nodes[node].flows.removeAll { $0 == 0 }
        if nodes[node].flows.isEmpty { dropNode(node) }
        states[0] = .due(instant)
        pending += 1
    }

    /// Nothing came: the flow is asked again, or silence is what it met.
    /// - Parameters:
    ///   - isLast: nothing is known from beyond this hop.
    ///   - wasSilent: it was not heard at the hop before either, which answered others: its branch is dead.
    ///   - router: what it met at the hop before; nil for silence.
    ///   - companions: the flows that met the same.
    mutating func expired(
        _ flow: Int, at now: Instant, isLast: Bool, wasSilent: Bool, router: IPAddress?, companions: () -> [Int]
    ) {
        failures[flow] += 1
        guard roundTrip != nil else {
            // Nobody has heard of it: at the end of the way once is enough.
            return isLast || failures[flow] >= 2 ? giveUp(flow) : askAgain(flow, at: now)
        }
        guard failures[flow] >= Self.quickAttempts else { return askAgain(flow, at: now) }
        guard !wasSilent, !settled.contains(router) else { return giveUpBranch(flow, companions()) }
        guard case .slow = pace else {
            pace = .slow(next: now + Self.slowInterval)
            return askAgain(flow, at: now)
        }
        guard failures[flow] >= Self.quickAttempts + Self.slowAttempts else { return askAgain(flow, at: now) }
        // Limits of errors do not tell flows apart: what holds for this one holds for those of the same branch.
        settled.insert(router)
        giveUpBranch(flow, companions())
    }

    private mutating func giveUpBranch(_ flow: Int, _ companions: [Int]) {
        giveUp(flow)
        for other in companions where isDoubtful(other) { giveUpPending(other) }
        if !states.indices.contains(where: isDoubtful) { pace = .full }
    }

    /// It was asked in vain more often than by chance, and is not given up.
    private func isDoubtful(_ flow: Int) -> Bool {
        guard flow < states.count, failures[flow] >= Self.quickAttempts else { return false }
        return switch states[flow] {
        case .due, .underWay: true
        case .unasked, .met, .ended: false
        }
    }

    /// At a slow pace the flow that is sent next: the first doubtful one, which settles the most; nil for any.
    var urgentFlow: Int? {
        guard case .slow = pace else { return nil }
        return states.indices.first(where: isDoubtful)
    }

    /// Sends a flow that is under way once more.
    mutating func repeatFlow(_ flow: Int, at now: Instant) {
        if case .underWay = state(flow) { askAgain(flow, at: now) }
    }

    private mutating func askAgain(_ flow: Int, at instant: Instant) { states[flow] = .due(instant) }

    /// It is not asked any more.
    mutating func giveUp(_ flow: Int) {
        pending -= 1
        let index = self.index(of: nil)
        nodes[index].flows.append(flow)
        states[flow] = .met(index)
    }

    /// The same, where it is still waited for.
    mutating func giveUpPending(_ flow: Int) {
        switch state(flow) {
        case .due, .underWay: giveUp(flow)
        case .unasked, .met, .ended: break
        }
    }

    /// Takes a flow away that ended before this hop, with what it met here.
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
