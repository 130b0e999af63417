import PacketEngine

// The state of targets for a display, its keys, and periodic statistics.

extension PingSweepEngine {
    public var targetCount: Int { hosts.count }

    /// Returns the state of a target; without round trips unless the plan has a count, and without results unless the
    /// configuration keeps them.
    /// - Parameter index: less than `targetCount`.
    public func target(at index: Int, now: Instant) -> PingSweepTarget {
        let start = index < resetCounts.count ? resetCounts[index] : (attempts: 0, received: 0)
        return PingSweepTarget(
            label: targets.label(of: index), address: targets[index],
            tally: .init(
                transmitted: Int(hosts[index].attempts &- start.attempts),
                received: Int(hosts[index].received &- start.received),
                tallies.isEmpty ? RoundTripTally() : tallies[index]),
            recent: probes.isEmpty ? [] : probes[index].results(timeout: configuration.timeout, at: now),
            reason: reasons[index])
    }

    public mutating func pause() { isPaused = true }
    public mutating func resume() { isPaused = false }

    /// Starts the counters and the round-trip times of every target anew.
    public mutating func reset() {
        resetCounts = hosts.map { ($0.attempts, $0.received) }
        tallies = tallies.map { _ in RoundTripTally() }
    }

    mutating func emitStatistics(at now: Instant) {
        let statistics = hosts.indices.map { index in
            PingSweepStatistics(
                label: targets.label(of: index), address: targets[index],
                interval: intervals[index].tally,
                total: .init(
                    transmitted: Int(hosts[index].attempts), received: Int(hosts[index].received),
                    tallies[index]))
        }
        emit(.statistics(statistics, at: now))
        for index in intervals.indices { intervals[index] = PingSweepInterval() }
    }
}
