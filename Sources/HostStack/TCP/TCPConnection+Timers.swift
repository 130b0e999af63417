import PacketEngine

extension TCPConnection {
    /// The time of the next call of `advance`; nil if no timer runs.
    var deadline: Instant? {
        .earliest(.earliest(retransmitAt, acknowledgeAt), .earliest(forgetAt, keepAliveAt))
    }

    /// Whether `next` may return a segment.
    var mayHaveOutput: Bool {
        reset != nil || needsSyn || needsAcknowledgment || needsProbe || needsKeepAlive || recovery != .none
            || state.maySend && hasUnsent
    }

    /// Processes the timers that have expired.
    mutating func advance(at now: Instant) {
        if let acknowledgeAt, acknowledgeAt <= now {
            self.acknowledgeAt = nil
            needsAcknowledgment = true
        }
        if let forgetAt, forgetAt <= now { return close() }
        if let keepAliveAt, keepAliveAt <= now { askWhetherThere(at: now) }
        if let retransmitAt, retransmitAt <= now { retransmissionTimedOut(at: now) }
    }

    private mutating func askWhetherThere(at now: Instant) {
        guard let interval = configuration.keepAlive else { return }
        guard keepAliveCount < configuration.keepAliveProbes else { return fail(.timedOut) }
        keepAliveCount += 1
        // An unresponsive peer is probed at shorter intervals, as in Linux.
        keepAliveAt = now + max(Nanoseconds(interval.count / 96), .seconds(1))
        if outstanding == 0 { needsKeepAlive = true }
    }

    private mutating func retransmissionTimedOut(at now: Instant) {
        retransmitAt = nil
        let since = max(waitingSince ?? now, lastHeard)
        guard now - since < configuration.patience else {
            if state.isSynchronized { reset = sendNext }
            return fail(.timedOut)
        }
        roundTrip.backOff()
        suspectsNextHop = roundTrip.backoffs > 1
        timed = nil
        switch state {
        case .synSent, .synReceived: needsSyn = true
        default:
            guard outstanding > 0 || hasUnsent else { return }
            retransmitAt = now + roundTrip.timeout
            if sendWindow == 0 {
                needsProbe = true
                return
            }
            if scoreboard.holds(sendUnacknowledged) {
                // The peer may have discarded data that it reported (RFC 2018, section 8).
                scoreboard.removeAll()
            }
            if case .loss = recovery {} else { congestion.timedOut(inFlight: outstanding) }
            recovery = .loss(until: sendNext)
            retransmitNext = sendUnacknowledged
        }
    }

    /// Starts the persist timer if the window is closed and nothing is outstanding.
    mutating func waitForWindow(at now: Instant) {
        guard sendWindow == 0, outstanding == 0, hasUnsent, state.maySend, retransmitAt == nil else { return }
        retransmitAt = now + roundTrip.timeout
        waitingSince = now
    }

    /// Sends data again that was sent into a closed window.
    mutating func reopenWindow(at now: Instant) {
        roundTrip.clearBackoff()
        guard outstanding > 0 else {
            retransmitAt = nil
            return
        }
        recovery = .loss(until: sendNext)
        retransmitNext = sendUnacknowledged
        retransmitAt = now + roundTrip.timeout
    }
}
