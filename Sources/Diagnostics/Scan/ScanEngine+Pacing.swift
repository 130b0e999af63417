import PacketEngine

/// Probes unreliable hosts again, each at the rate of its own replies, after the tries of the scan.
extension ScanEngine {
    /// Appends the next paced try.
    /// - Returns: the time at which to continue; nil when no host is being probed.
    mutating func pace(_ review: inout ScanReview, into batch: inout PacketBatch, at now: Instant) -> Instant? {
        guard let count = review.paced?.count, let end = review.pacingEnd else { return nil }
        let timeout = ScanRetryWait.wait(after: 1, roundTrips, isKnown: false)
        var next: Instant?
        for slot in 0..<count {
            guard let host = review.paced?[slot].host else { continue }
            let step = review.paced?[slot].step(at: now, timeout: timeout, until: end) { port in
                windowIndex(host: host, port: UInt64(port)).map { !window.isDecided($0) } ?? false
            }
            switch step {
            case .send(let port):
                round = configuration.retries + 1
                if let index = windowIndex(host: host, port: UInt64(port)) { _ = append(index, to: &batch) }
                return now
            case .wait(let due): next = .earliest(next, due)
            case .finished, nil: break
            }
        }
        return next
    }

    /// Notes a reply of a host that is probed at its own rate.
    /// - Parameter isFirst: whether it is the first reply of the port.
    /// - Returns: the time of the paced try that it answers.
    @discardableResult
    mutating func receivePaced(_ probe: Probe, round: Int, isFirst: Bool, at now: Instant) -> Instant? {
        guard let slot = review?.paced?.firstIndex(where: { $0.host == probe.host }) else { return nil }
        guard isFirst else {
            review?.paced?[slot].receiveAgain(probe.port, at: now)
            return nil
        }
        let isPaced = round > configuration.retries
        let sent = isPaced ? review?.paced?[slot].sendTime(of: probe.port) : nil
        review?.paced?[slot].receive(probe.port, isPaced: isPaced, at: now)
        return sent
    }

    /// Ends the review of a window: hosts with ports that neither replied nor are known to be filtered are unreliable.
    mutating func closeReview(at now: Instant) {
        guard let review, let paced = review.paced else { return }
        self.review = nil
        if let end = review.pacingEnd { pacingLeft = min(pacingLeft, max(end - now, .zero)) }
        var ofPaced = 0
        isLimitShared = review.together.earliness >= ScanReview.certainty && configuration.targets.count > 1
        for var host in paced {
            var unanswered = 0
            for port in 0..<portCount {
                guard let index = windowIndex(host: host.host, port: port) else { continue }
                if !window.isDecided(index) { unanswered += 1 }
            }
            ofPaced += unanswered
            if host.isComplete { complete.insert(host.host) }
            guard unanswered > 0, !host.isComplete else { continue }
            let target = host.host
            host.finish(at: now) { limitsClosedRepliesAlone(target) }
            var record = host.record
            record.answered += record.unanswered - unanswered
            record.unanswered = unanswered
            if let earlier = unreliable[target] {
                record.answered += earlier.answered
                record.unanswered += earlier.unanswered
                record.rate = record.rate ?? earlier.rate
                record.at = earlier.at
            } else {
                result.unreliable += 1
            }
            unreliable[target] = record
            if !result.isCutShort { result.unresolved += UInt64(unanswered) }
        }
        guard isLimitShared, window.undecidedCount > ofPaced else { return }
        let unanswered = window.undecidedCount - UInt64(ofPaced)
        var limit = result.sharedLimit ?? SharedLimit(unanswered: 0)
        limit.unanswered += unanswered
        limit.rate = rate(of: review.answeredLater, until: review.tryEnd) ?? limit.rate
        result.sharedLimit = limit
        if !result.isCutShort { result.unresolved += unanswered }
    }
}
