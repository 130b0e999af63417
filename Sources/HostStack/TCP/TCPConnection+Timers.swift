import PacketEngine

extension TCPConnection {
    /// When `advance` has something to do; nil for never.
    var deadline: Instant? {
        .earliest(.earliest(retransmitAt, acknowledgeAt), .earliest(forgetAt, keepAliveAt))
    }

    /// There is something to be sent, or there may be.
    var mayHaveOutput: Bool {
        reset != nil || needsSyn || needsAcknowledgment || needsProbe || needsKeepAlive || recovery != .none
            || state.maySend && hasUnsent
    }

    /// Does what has become due.
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
        // Who has been silent for long is asked more often, as Linux does it.
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
        doubtsWay = roundTrip.backoffs > 1
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
                // It took back what it said that it has (RFC 2018, section 8).
                scoreboard.removeAll()
            }
            if case .loss = recovery {} else { congestion.timedOut(inFlight: outstanding) }
            recovery = .loss(until: sendNext)
            retransmitNext = sendUnacknowledged
        }
    }

    /// Where nothing is on its way and the window is shut, the timer asks for it.
    mutating func waitForWindow(at now: Instant) {
        guard sendWindow == 0, outstanding == 0, hasUnsent, state.maySend, retransmitAt == nil else { return }
        retransmitAt = now + roundTrip.timeout
        waitingSince = now
    }

    /// The window was shut: what was sent into it is sent again.
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
