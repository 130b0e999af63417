import PacketEngine

/// The ends of rounds and of windows.
extension ScanEngine {
    /// The measured rate of the round just sent, in packets per second.
    var roundRate: Double? {
        roundStart.map { Double(roundSent) / max(lastSent - $0, .microseconds(1)).seconds }
    }

    /// The wait after the last probe: twice the longest round trip if those of every target are known.
    var waitAtEnd: Nanoseconds {
        let most = configuration.wait ?? max(Self.shortestEnd, roundTrips.longest * 2)
        guard respondents?.isComplete == true else { return most }
        return min(most, max(Self.shortestKnownEnd, roundTrips.longest * 2))
    }

    /// Continues with the next round or the end of the window.
    /// - Returns: the time until which to wait for replies; nil if there is more to do now.
    mutating func endOfRound(into batch: inout PacketBatch, at now: Instant) -> Instant? {
        if window.undecidedCount > 0 {
            if round < configuration.retries {
                if round == 0 { (firstRate, firstEnd) = (roundRate, lastSent) }
                round += 1
                cursor = window.indices.lowerBound
                dueThrough = nil
                governor.beginRound(round, after: roundRate, at: now)
                roundStart = nil
                return nil
            }
            if let due = lookBack(into: &batch, at: now) { return due }
        }
        closeReview(at: now)
        review = nil
        closing = window.indices.lowerBound
        return nil
    }

    /// Reports the unanswered ports of a finished window, a limited number per call, and begins the next window.
    /// - Returns: false while there are more to report.
    mutating func finishWindow(at now: Instant) -> Bool {
        var left = Self.reportedAtOnce
        if !configuration.reportsAll {
            result.count(Method.silence, window.undecidedCount)
        } else {
            while let from = closing, let index = window.next(from: from) {
                guard left > 0 else { return false }
                left -= 1
                closing = index + 1
                result.count(Method.silence)
                let (host, address, port) = target(at: index)
                events.append(
                    .finding(
                        ScanFinding(
                            address, port: port, state: Method.silence, reason: .noResponse, at: now,
                            isReliable: complete.contains(host) || (unreliable[host] == nil && !isLimitShared))))
            }
        }
        let probed = probedPorts(before: nil)
        uniform?.finish(probed: probed)
        reportReleased()
        closing = nil
        complete.removeAll()
        isLimitShared = false
        let first = window.indices.upperBound
        guard first < configuration.probes else {
            isOver = true
            end = now
            reportUnreliable()
            return true
        }
        window = ScanWindow(first..<min(first + configuration.windowSize, configuration.probes))
        cursor = first
        round = 0
        log.removeAll()
        // If many ports were found only by a later try, the first try was too fast.
        let isLossy = (result.answeredLater - laterBefore) * 1_000 > result.answered - answeredBefore
        governor.beginRound(0, after: isLossy ? firstRate : nil, at: now)
        laterBefore = result.answeredLater
        answeredBefore = result.answered
        roundStart = nil
        return true
    }
}
