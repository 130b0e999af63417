import PacketEngine

/// An event of a target that lasts: it begins, and ends.
public struct MonitorIncident: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No probe gets a reply.
        case down
        /// More probes are lost than usual.
        case loss
        /// Replies take longer than usual.
        case slow
    }

    public var kind: Kind
    /// Whether it begins here, or ends.
    public var isBeginning: Bool
    /// When it began or ended, which was some samples ago: one sample is no evidence.
    public var at: Instant
    /// The reason that an ICMP error or this host gave, as text for users.
    public var reason: String?
}

/// Turns the samples of one target, in the order of its probes, into incidents.
///
/// Each question has its own rule against chance. A target is down after some probes in a row without a reply, and up
/// after some replies in a row. Loss and slowness are changes of a rate, by `ChangeDetector`: of lost probes, and of
/// replies that are slower than usual.
public struct MonitorJudge: Sendable {
    public struct Rules: Hashable, Sendable {
        /// The number of probes in a row without a reply after which a target is down.
        public var downAfter = 3
        /// The number of replies in a row after which it is up.
        public var upAfter = 2
        /// The share of probes that are usually lost: more than 0, less than `raisedLoss`.
        public var usualLoss = 0.001
        /// The least share of lost probes that is an incident: less than 1.
        public var raisedLoss = 0.01

        public init() {}
    }

    private let rules: Rules
    private var isDown = false
    /// The samples in a row that contradict `isDown`: when they were sent.
    private var contrary: [Instant] = []
    private var reason: String?
    private var loss: ChangeDetector
    private var slowness = MonitorJudge.slowness
    private var slowSince: Instant?
    private var usual = UsualTimes()

    /// The evidence for a change; with it, a false report in a day of a thousand targets is unlikely.
    private static let threshold = 18.0
    /// One in 20 replies is above the 95th percentile, and less above the limit; half of them are when something is slow.
    private static let slowness = ChangeDetector(usual: 0.05, raised: 0.5, threshold: threshold)
    /// The time after which slow replies are the usual ones.
    private static let habituation = Nanoseconds.seconds(3_600)

    public init(_ rules: Rules = Rules()) {
        self.rules = rules
        loss = ChangeDetector(usual: rules.usualLoss, raised: rules.raisedLoss, threshold: Self.threshold)
    }

    /// The incidents that last.
    public var current: Set<MonitorIncident.Kind> {
        var kinds: Set<MonitorIncident.Kind> = isDown ? [.down] : []
        if loss.isRaised { kinds.insert(.loss) }
        if slowness.isRaised { kinds.insert(.slow) }
        return kinds
    }

    /// Returns the incidents that begin or end by a sample.
    public mutating func add(_ sample: MonitorSample) -> [MonitorIncident] {
        if case .failed(let text) = sample.result { reason = text }
        guard let roundTrip = sample.roundTrip else { return addLost(at: sample.sent) }
        return addReply(roundTrip, at: sample.sent)
    }

    private mutating func addLost(at sent: Instant) -> [MonitorIncident] {
        guard !isDown else {
            contrary.removeAll(keepingCapacity: true)
            return []
        }
        contrary.append(sent)
        guard contrary.count >= rules.downAfter else { return [] }
        isDown = true
        // A target that is down loses no probes: these are not added to its loss.
        defer { contrary.removeAll(keepingCapacity: true) }
        return [MonitorIncident(kind: .down, isBeginning: true, at: contrary[0], reason: reason)]
    }

    private mutating func addReply(_ roundTrip: Nanoseconds, at sent: Instant) -> [MonitorIncident] {
        var incidents: [MonitorIncident] = []
        reason = nil
        if isDown {
            contrary.append(sent)
            guard contrary.count >= rules.upAfter else { return [] }
            isDown = false
            incidents.append(MonitorIncident(kind: .down, isBeginning: false, at: contrary[0]))
        } else {
            for lost in contrary { note(loss.add(true, at: lost), .loss, &incidents) }
        }
        contrary.removeAll(keepingCapacity: true)
        note(loss.add(false, at: sent), .loss, &incidents)
        judge(roundTrip, at: sent, &incidents)
        return incidents
    }

    private mutating func judge(_ roundTrip: Nanoseconds, at sent: Instant, _ incidents: inout [MonitorIncident]) {
        if let limit = usual.limit {
            let change = slowness.add(roundTrip > limit, at: sent)
            note(change, .slow, &incidents)
            if case .began(let start)? = change { slowSince = start }
            if !slowness.isRaised { slowSince = nil }
        }
        if let slowSince, sent - slowSince >= Self.habituation {
            incidents.append(
                MonitorIncident(kind: .slow, isBeginning: false, at: sent, reason: "usual from now on"))
            slowness = Self.slowness
            usual = UsualTimes()
            self.slowSince = nil
        }
        // What is slow must not become usual while it is an incident.
        if !slowness.isRaised { usual.add(roundTrip) }
    }

    private func note(
        _ change: ChangeDetector.Change?, _ kind: MonitorIncident.Kind, _ incidents: inout [MonitorIncident]
    ) {
        switch change {
        case .began(let at): incidents.append(MonitorIncident(kind: kind, isBeginning: true, at: at))
        case .ended(let at): incidents.append(MonitorIncident(kind: kind, isBeginning: false, at: at))
        case nil: break
        }
    }
}
