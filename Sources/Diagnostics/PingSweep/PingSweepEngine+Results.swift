import PacketEngine
import WireFormat

// The results of targets: each is decided once.

extension PingSweepEngine {
    /// Notes that an attempt failed or timed out.
    mutating func end(attempt: UInt32, of index: Int) {
        let age = Int(hosts[index].attempts) - Int(attempt)
        if (0..<64).contains(age) { hosts[index].ended |= 1 << UInt64(age) }
        if !probes.isEmpty { probes[index].end(age: age) }
    }

    /// Reports the result of a target as soon as each of its probes has a reply or a final error.
    mutating func decideIfComplete(_ index: Int, at now: Instant) {
        let host = hosts[index]
        guard host.state != .decided, Int(host.attempts) == attemptsPerTarget, host.attempts <= 64 else { return }
        let all = UInt64.max >> UInt64(64 - Int(host.attempts))
        guard host.answered | host.ended | ~all == .max else { return }
        decide(index, at: now)
    }

    mutating func decide(_ index: Int, at now: Instant, _ reply: (roundTrip: Nanoseconds?, hopLimit: UInt8?)? = nil) {
        guard hosts[index].state != .decided else { return }
        hosts[index].state = .decided
        undecided -= 1
        noteStation(of: index)
        let host = hosts[index]
        let isAlive = host.received > 0
        if !isAlive, !isFinished, retry(index) { return }
        // A local send failure does not describe the target, unless a router or the target has also reported an error.
        let failure = isAlive ? nil : linkFailure(index) ?? (reasons[index] == nil ? failures[index] : nil)
        if isAlive {
            summary.alive += 1
        } else if failure != nil {
            summary.unchecked += 1
        } else {
            summary.unreachable += 1
        }
        let tally = tallies.isEmpty ? nil : tallies[index]
        emit(
            .host(
                PingSweepHostResult(
                    label: targets.label(of: index), address: targets[index], isAlive: isAlive,
                    roundTrip: reply?.roundTrip ?? tally?.first, hopLimit: reply?.hopLimit ?? tally?.hopLimit,
                    transmitted: Int(host.attempts), received: Int(host.received), minimum: tally?.minimum,
                    average: tally?.average, maximum: tally?.maximum,
                    roundTrips: configuration.keepsRoundTrips && !probes.isEmpty ? probes[index].roundTrips : [],
                    reason: isAlive || failure != nil ? nil : reasons[index],
                    failure: failure, at: now)))
    }

    /// Gives up the address of a target given by name if the name has another one that is not a target.
    private mutating func retry(_ index: Int) -> Bool {
        guard let others = alternatives.removeValue(forKey: index),
            let next = others.firstIndex(where: { targets.index(of: $0) == nil })
        else { return false }
        retries.append(Retry(name: targets.label(of: index), addresses: Array(others[next...])))
        summary.targets -= 1
        return true
    }
}
