import PacketEngine

import func Glibc.log

/// The paced tries of a host that limits its replies: after the tries of the scan its unanswered ports are probed again,
/// few at a time, slightly faster than it replies.
///
/// A limit wastes no reply if probes arrive faster than it allows, so the host replies at its own highest rate. A port
/// is filtered if its tries are unanswered and, by the share of tries that other ports needed, a reply to one of them was
/// to be expected.
struct PacedHost: Sendable {
    enum Step: Sendable {
        /// Send a probe to the port at this index of the list.
        case send(Int)
        case wait(until: Instant)
        case finished
    }

    /// A port that is being probed.
    private struct Port: Sendable {
        var index: Int
        var tries: Int
        var sent: Instant
        /// The end of the wait for a reply, which doubles with each try: a limit may drop several probes in a row.
        var due: Instant
    }

    /// Counts since the last change of the rate.
    private struct Period: Sendable {
        var start: Instant
        var sent = 0
        var answers = 0
        /// The tries of the ports that answered.
        var tries = 0
    }

    /// The number of ports that are probed at a time, besides those that wait for their first reply, and the maximum of
    /// both.
    private static let portsAtOnce = 16
    private static let mostPorts = 512
    /// The excess of the rate of probes over that of replies.
    private static let margin = 1.15
    private static let growth = 1.5
    /// The lowest rate at first, and later, per second.
    private static let firstRate = 20.0
    private static let lowestRate = 2.0
    private static let shortestPeriod = Nanoseconds.milliseconds(250)
    private static let longestPeriod = Nanoseconds.seconds(2)
    /// The replies, or the time, after which the measured rate decides whether the time left is enough.
    private static let enoughReplies = 20
    private static let enoughTime = Nanoseconds.seconds(3)
    /// The maximum probability that an unfiltered port replies to no try, and the numbers of tries it may lead to.
    private static let missed = 1e-6
    private static let tries = 6...25
    private static let longestWait = Nanoseconds.milliseconds(250)
    /// After this number of unanswered tries, and before silent ports are called filtered, a port that answered before must
    /// answer again: the host may have stopped.
    private static let suspiciousTries = 16
    private static let silence = Nanoseconds.seconds(1)
    private static let mostControls = 4

    /// The target index.
    let host: Int
    /// What is reported of it unless it is complete.
    var record: UnreliableHost
    private(set) var isOver = false
    /// Whether each of its ports replied or is known to be filtered.
    private(set) var isComplete = false
    private let start: Instant
    /// The end of the first tries, which used up what the host allows at once, and the number of replies from then to the
    /// start.
    private let since: Instant
    private let earlier: Int
    private let fastest: Double
    private var rate: Double
    private var due: Instant
    /// Ports that are being probed.
    private var ports: [Port] = []
    private var nextPort = 0
    private let portCount: Int
    /// Unanswered ports that are not known to be filtered.
    private var left: Int
    /// Ports that answered a paced try, and the number of paced tries that they took.
    private var answers = 0
    private var answeredTries = 0
    private var period: Period
    private var lastAnswer: Instant?
    /// A port that answered, and the tries and probes to it since the last reply.
    private var control: Int?
    /// Whether the replies of that port count: it is the only one known to answer.
    private let measuresControl: Bool
    private var triesSince = 0
    private var controls = 0
    private var lastControl: Instant?
    /// The highest rate of replies so far: filtered ports and loss lower it, a limit does not.
    private var best = 0.0
    /// Whether the host left tries unanswered when it was last counted.
    private var isLimiting = true

    /// - Parameters:
    ///   - earlier: the number of ports that answered later tries than the first.
    ///   - tries: the times of the last of the first tries, and of the last of all.
    ///   - control: a port that answered before, if other ports may have nothing to answer.
    ///   - fastest: the highest rate, per second.
    init(
        _ host: Int, _ record: UnreliableHost, ports: Int, earlier: Int, tries: (first: Instant, last: Instant),
        control: Int? = nil, fastest: Double, at now: Instant
    ) {
        (self.host, self.record, self.earlier, self.fastest) = (host, record, earlier, fastest)
        (self.control, measuresControl) = (control, control != nil)
        since = tries.first
        (start, due, period) = (now, now, Period(start: now))
        (left, portCount) = (record.unanswered, ports)
        if earlier >= 5 { best = Double(earlier) / max(tries.last - tries.first, .milliseconds(1)).seconds }
        rate = min(max(best * Self.margin, Self.firstRate), fastest)
    }

    /// Ends the paced tries.
    mutating func stop() { isOver = true }

    /// The rate of replies since the end of the first tries, per second.
    private func measured(at now: Instant) -> Double {
        Double(earlier + answers) / max(now - since, .milliseconds(1)).seconds
    }

    // MARK: Replies

    /// Notes that a port answered for the first time.
    /// - Parameter isPaced: whether it answered a paced try.
    mutating func receive(_ port: Int, isPaced: Bool, at now: Instant) {
        receiveAgain(port, at: now)
        control = port
        left = max(0, left - 1)
        guard let slot = ports.firstIndex(where: { $0.index == port }) else { return }
        let tries = ports.remove(at: slot).tries
        guard isPaced else { return }
        answers += 1
        answeredTries += tries
        period.answers += 1
        period.tries += tries
    }

    /// Notes that a port answered again.
    mutating func receiveAgain(_ port: Int, at now: Instant) {
        if measuresControl, port == control, controls > 0 {
            answers += 1
            answeredTries += controls
        }
        lastAnswer = now
        (triesSince, controls) = (0, 0)
    }

    /// Returns the time of the last try of a port that is being probed.
    func sendTime(of port: Int) -> Instant? { ports.first { $0.index == port }?.sent }

    /// Updates the report of a host that is not complete.
    /// - Parameter limitsClosedReplies: returns whether the host limits only the replies of closed ports.
    mutating func finish(at now: Instant, limitsClosedReplies: () -> Bool) {
        guard answers > 0 else { return }
        if record.reason == .stopsAnswering {
            record.reason = limitsClosedReplies() ? .limitsClosedReplies : .limitsAnswers
        }
        if earlier + answers >= 3 { record.rate = measured(at: now) }
    }

    // MARK: Tries

    /// Returns what to do next.
    /// - Parameters:
    ///   - timeout: the time after which a try is unanswered.
    ///   - end: the time at which the host is given up.
    ///   - isPending: returns whether the port at an index of the list has no result.
    mutating func step(
        at now: Instant, timeout: Nanoseconds, until end: Instant, _ isPending: (Int) -> Bool
    ) -> Step {
        adjust(at: now, timeout: timeout)
        if end <= now || lacksTime(at: now, until: end) { isOver = true }
        guard !isOver else { return .finished }
        guard due <= now else { return .wait(until: min(due, end)) }
        if triesSince >= Self.suspiciousTries { return confirm(at: now, timeout: timeout) }
        if ports.count < min(Self.portsAtOnce + Int(rate * timeout.seconds), Self.mostPorts) {
            while nextPort < portCount {
                defer { nextPort += 1 }
                if isPending(nextPort) { return send(nextPort, try: 1, timeout: timeout, at: now) }
            }
        }
        let mostTries = mostTries
        while let slot = ports.indices.min(by: { ports[$0].due < ports[$1].due }) {
            guard ports[slot].due <= now else { return .wait(until: min(ports[slot].due, end)) }
            let port = ports.remove(at: slot)
            guard isPending(port.index) else { continue }
            guard port.tries >= mostTries else {
                return send(port.index, try: port.tries + 1, timeout: timeout, at: now)
            }
            left = max(0, left - 1)
            if nextPort < portCount { return .wait(until: now) }
        }
        guard let lastAnswer, now - lastAnswer < max(Self.silence, timeout * 2) else {
            return confirm(at: now, timeout: timeout)
        }
        (isOver, isComplete) = (true, true)
        return .finished
    }

    private mutating func send(_ port: Int, try count: Int, timeout: Nanoseconds, at now: Instant) -> Step {
        var wait = max(timeout, min(timeout * (1 << Int64(min(count - 1, 8))), Self.longestWait))
        // Spread: a limit drops probes at regular times, and a port must not meet all of them.
        let spread = (port &* 37 &+ count &* 101) & 63
        if count > 1 { wait = wait + Nanoseconds(wait.count / 64) * Int64(spread) }
        ports.append(Port(index: port, tries: count, sent: now, due: now + wait))
        period.sent += 1
        triesSince += 1
        spend(at: now)
        return .send(port)
    }

    private mutating func spend(at now: Instant) { due = max(due + Nanoseconds(Int64(1e9 / rate)), now) }

    /// Probes a port that answered before. The host is given up if it does not answer.
    private mutating func confirm(at now: Instant, timeout: Nanoseconds) -> Step {
        if let lastControl, now - lastControl < timeout { return .wait(until: lastControl + timeout) }
        guard let control, controls < Self.mostControls else {
            isOver = true
            return .finished
        }
        controls += 1
        lastControl = now
        // The next tries may follow before the next probe of this port.
        triesSince = 0
        spend(at: now)
        return .send(control)
    }

    /// The number of tries after which a port is filtered.
    private var mostTries: Int {
        guard answers > 0 else { return Self.tries.upperBound }
        let lost = Double(answeredTries - answers + 1) / Double(answeredTries + 1)
        let needed = (log(Self.missed) / log(lost)).rounded(.up)
        return Int(min(max(needed, Double(Self.tries.lowerBound)), Double(Self.tries.upperBound)))
    }

    // MARK: Rate

    /// Adapts the rate to that of replies: up while all probes are answered, otherwise to slightly more than the host
    /// replies. Filtered ports do not lower it, as far as the ports that answered needed few tries.
    private mutating func adjust(at now: Instant, timeout: Nanoseconds) {
        let span = now - period.start
        // Fewer replies than 3 do not show how many tries a reply takes.
        let isEnough = period.sent >= 4 && (period.answers >= 3 || span >= .seconds(1))
        guard span >= max(Self.shortestPeriod, timeout * 2), isEnough || span >= Self.longestPeriod else { return }
        defer { period = Period(start: now) }
        guard period.sent > 0 else { return }
        isLimiting = Double(period.answers) < 0.9 * Double(period.sent)
        if !isLimiting {
            rate *= Self.growth
        } else {
            let replies = measured(at: now)
            if earlier + answers >= 5 { best = max(best, replies) }
            var expected = max(best, replies, Double(period.answers) / span.seconds)
            if period.answers >= 3 {
                expected = max(expected, rate * Double(period.answers) / Double(period.tries))
            }
            rate = min(rate * Self.growth, expected * Self.margin)
        }
        rate = min(max(rate, Self.lowestRate), fastest)
    }

    /// Whether the host does not answer, or its ports would take longer than the time left.
    private func lacksTime(at now: Instant, until end: Instant) -> Bool {
        let isLong = now - start >= Self.enoughTime
        if answers == 0, isLong { return true }
        guard isLimiting, isLong || earlier + answers >= Self.enoughReplies else { return false }
        return Double(left) > max(best, measured(at: now)) * (end - now).seconds * 1.25
    }
}
