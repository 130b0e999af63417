import PacketEngine
import WireFormat

/// Decides whether unanswered means filtered. A host that limits its replies leaves most probes of a fast scan
/// unanswered, as a firewall does. The difference shows in which of its ports answered, and in how the unanswered ones
/// react to slow probes.
extension ScanEngine {
    /// Records the properties of a reply that the review needs.
    mutating func mark(_ index: UInt64, round: Int, state: ScanState) {
        // Routers limit their errors, and a port they prohibit is filtered with or without an error.
        guard state != .filtered else { return window.errors.insert(index) }
        if state == .open, reviewsHosts { window.open.insert(index) }
        guard 1...max(1, configuration.retries) ~= round else { return }
        window.later.insert(index)
        if round == configuration.retries { window.last.insert(index) }
    }

    /// Reviews the hosts while waiting for replies to the last try.
    /// - Returns: the time at which to continue; nil if the window is finished.
    mutating func lookBack(into batch: inout PacketBatch, at now: Instant) -> Instant? {
        // Moved out, so that it is modified in place.
        var review = self.review ?? ScanReview(after: lastSent)
        self.review = nil
        defer { self.review = review }
        let end = review.tryEnd + waitAtEnd
        // If no port has answered, or every port has, there is nothing to review.
        let hasAnswers = UInt64(window.indices.count) > window.undecidedCount
        // Replies of a resumed scan's earlier run would all count as replies to a first try, ICMP errors included.
        guard hasAnswers, !window.isResumed else { return end <= now ? nil : end }
        let pause = max(ScanReview.pause, min((roundTrips.bound(share: 0.99) ?? .zero) * 2, waitAtEnd))
        guard let recheck = review.recheck else {
            let start = review.tryEnd + min(pause, waitAtEnd)
            guard start <= now else { return start }
            look(&review)
            return now
        }
        while review.nextRecheck < recheck.count {
            let index = recheck[review.nextRecheck]
            guard !window.isDecided(index) else {
                review.nextRecheck += 1
                continue
            }
            let due =
                review.recheckStart.map { $0 + recheckInterval * Int64(review.nextRecheck) } ?? review.tryEnd + pause
            guard due <= now else { return due }
            review.recheckStart = review.recheckStart ?? now
            round = configuration.retries + 1
            guard append(index, to: &batch) else { return now }
            review.nextRecheck += 1
            return now
        }
        if review.paced == nil {
            let last = review.recheckStart.map { $0 + recheckInterval * Int64(recheck.count) + pause }
            if let last, last > now { return last }
            judge(&review, at: now)
        }
        if let due = pace(&review, into: &batch, at: now) { return due }
        return end <= now ? nil : end
    }

    /// The interval between probes of the recheck.
    private var recheckInterval: Nanoseconds { Nanoseconds(Int64(1e9 / recheckRate)) }

    private var recheckRate: Double {
        min(max(configuration.rate ?? ScanReview.recheckRate, 1), ScanReview.recheckRate)
    }

    /// Reviews more hosts; at the end, selects the ports to recheck.
    private mutating func look(_ review: inout ScanReview) {
        var left = ScanReview.portsAtOnce
        if review.nextHost == 0 {
            review.together.fill(window)
            review.answeredLater = review.together.answeredLater
        }
        while reviewsHosts, review.nextHost < configuration.targets.count {
            guard left > 0 else { return }
            left -= configuration.ports.count
            let host = review.nextHost
            review.nextHost += 1
            fill(&review.pattern, host, sample: [])
            let evidence = evidence(review.pattern)
            guard evidence >= ScanReview.suspicion else { continue }
            review.suspects.append(ScanReview.Suspect(host: host, evidence: evidence))
            if evidence >= ScanReview.certainty { review.together.subtract(review.pattern) }
        }
        let count = configuration.retries > 0 ? max(1, Int(recheckRate)) : 0
        review.chooseRecheck(count, onlyUncertain: pacingLeft > .zero) { silentPlaces(of: $0, atMost: $1) }
    }

    /// The evidence that the unanswered ports of a host are not just unanswered.
    private func evidence(_ pattern: AnswerPattern) -> Double {
        let evidence = pattern.evidence(retries: configuration.retries)
        let isExpected = Method.limitsClosedReplies && pattern.closed > 0 && pattern.unanswered > 0
        return isExpected ? max(evidence, ScanReview.certainty) : evidence
    }

    /// Counts the ports of a host in the window.
    private func fill(_ pattern: inout AnswerPattern, _ host: Int, sample: [UInt64]) {
        pattern.removeAll()
        for port in 0..<portCount {
            guard let index = windowIndex(host: host, port: port) else { continue }
            let offset = index &- window.indices.lowerBound
            if !window.isDecided(index) {
                pattern.addUnanswered(offset, rechecked: sample.contains(index))
            } else if window.errors.contains(index) {
                continue
            } else if sample.contains(index) {
                pattern.addRechecked()
            } else {
                pattern.addAnswered(
                    offset, isOpen: window.open.contains(index), isLater: window.later.contains(index),
                    isLast: window.last.contains(index))
            }
        }
    }

    /// Returns the index of a port in the scan order if it belongs to this shard and is in flight.
    func windowIndex(host: Int, port: UInt64) -> UInt64? {
        let index = permutation.index(of: UInt64(host) &* portCount &+ port)
        guard index % shardStride == shardOffset else { return nil }
        let own = index / shardStride
        return window.indices.contains(own) ? own : nil
    }

    /// Returns the first unanswered ports of a host in scan order, which is random.
    private func silentPlaces(of host: Int, atMost count: Int) -> [UInt64] {
        var indices: [UInt64] = []
        for port in 0..<portCount {
            guard let index = windowIndex(host: host, port: port), !window.isDecided(index) else { continue }
            if indices.count == count {
                guard let last = indices.last, index < last else { continue }
                indices.removeLast()
            }
            indices.insert(index, at: indices.firstIndex { $0 > index } ?? indices.count)
        }
        return indices
    }

    /// Judges the suspects: the recheck may have left no unanswered ports. Unreliable hosts are probed again at their own
    /// rates.
    private mutating func judge(_ review: inout ScanReview, at now: Instant) {
        var paced: [PacedHost] = []
        let fastest = configuration.rate ?? ScanReview.fastestPaced
        for suspect in review.suspects {
            fill(&review.pattern, suspect.host, sample: suspect.sample)
            let pattern = review.pattern
            guard evidence(pattern) >= ScanReview.certainty else { continue }
            let address = configuration.targets[suspect.host]
            var record = UnreliableHost(
                address: address.withoutScope, zone: address.scope, reason: .answersLate,
                answered: pattern.answered + pattern.recheckAnswered, unanswered: pattern.unanswered,
                rate: rate(of: pattern.answeredLater, until: review.tryEnd), at: now)
            if pattern.isLimit || Method.limitsClosedReplies {
                let answersAgain = pattern.answeredLater + pattern.recheckAnswered > 0
                record.reason = answersAgain ? .limitsAnswers : .stopsAnswering
                if limitsClosedRepliesAlone(suspect.host) { record.reason = .limitsClosedReplies }
            }
            var host = PacedHost(
                suspect.host, record, ports: configuration.ports.count,
                earlier: pattern.answeredLater, tries: (firstEnd, review.tryEnd),
                control: Method.limitsClosedReplies ? closedPort(of: suspect.host) : nil,
                fastest: fastest / Double(min(review.suspects.count, ScanReview.mostPaced)), at: now)
            if pacingLeft <= .zero || paced.count >= ScanReview.mostPaced { host.stop() }
            paced.append(host)
        }
        review.paced = paced
        review.pacingEnd = now + pacingLeft
    }

    /// Returns the index of a closed port of a host in the list.
    private func closedPort(of host: Int) -> Int? {
        (0..<portCount).first { port in
            guard let index = windowIndex(host: host, port: port), window.isDecided(index) else { return false }
            return !window.errors.contains(index) && !window.open.contains(index)
        }.map { Int($0) }
    }

    /// Whether the host limits only the replies of closed ports: its open ports answer first tries when nearly all
    /// replies of closed ports are used up, or more often than its closed ports do.
    func limitsClosedRepliesAlone(_ host: Int) -> Bool {
        guard !Method.limitsClosedReplies else { return true }
        var closed: [UInt64] = []
        var open: [UInt64] = []
        var (later, openLater) = (0, 0)
        for port in 0..<portCount {
            guard let index = windowIndex(host: host, port: port), window.isDecided(index),
                !window.errors.contains(index)
            else { continue }
            switch (window.open.contains(index), window.later.contains(index)) {
            case (true, true): openLater += 1
            case (true, false): open.append(index)
            case (false, true): later += 1
            case (false, false): closed.append(index)
            }
        }
        closed.sort()
        guard !closed.isEmpty, !open.isEmpty else { return false }
        let most = closed[(closed.count - 1) * 9 / 10]
        let behind = AnswerPattern.excess(open.count { $0 > most }, of: open.count, over: 0.1)
        let first = AnswerPattern.excess(
            open.count, of: open.count + openLater, over: Double(closed.count) / Double(closed.count + later))
        return behind + first >= ScanReview.distinction
    }

    /// Replies per second between the end of the first try and that of the last: the first try used up the burst.
    func rate(of answeredLater: Int, until tryEnd: Instant) -> Double? {
        guard configuration.retries > 0, answeredLater >= 3, tryEnd > firstEnd else { return nil }
        return Double(answeredLater) / (tryEnd - firstEnd).seconds
    }

    mutating func reportUnreliable() {
        for (_, host) in unreliable.sorted(by: { $0.key < $1.key }) { events.append(.unreliable(host)) }
        for (host, open, at) in uniform?.found ?? [] {
            let address = configuration.targets[host]
            if unreliable[host] == nil { result.unreliable += 1 }
            events.append(
                .unreliable(
                    UnreliableHost(
                        address: address.withoutScope, zone: address.scope, reason: .answersEveryPort, answered: open,
                        unanswered: 0, at: at)))
        }
    }
}
