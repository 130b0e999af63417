import SwiftNet

/// The output of a sweep as one JSON object per line.
final class PingSweepJSON: PingSweepReport {
    private let filter: PingSweepFilter
    private let isQuiet: Bool
    let console: Console
    private var unchecked: UncheckedTargets

    private let required: Int?

    init(_ command: PingCommand, _ console: Console, interface: @escaping (IPAddress) -> String?) {
        unchecked = UncheckedTargets(interface: interface)
        filter = command.filter
        isQuiet = command.general.isQuiet
        required = command.requiredCount
        self.console = console
    }

    func report(_ event: PingSweepEvent, at now: Instant) {
        if case .host(let result) = event { unchecked.note(result) }
        guard !isQuiet else { return }
        switch event {
        case .host(let result):
            guard filter.shows(result) else { return }
            console.write("host", PingSweepHostRow(result, interface: unchecked.interface), at: result.at)
        case .icmpError(let label, let notice):
            console.write("icmp-error", PingErrorRow(notice, target: label), at: notice.arrival)
        case .statistics(let targets, let instant):
            for target in targets { console.write("report", PingSweepStatisticsRow(target), at: instant) }
        }
    }

    func finish(_ summary: PingSweepSummary, drops: KernelDrops, at now: Instant) {
        console.write("summary", PingSweepSummaryRow(summary, required: required, drops), at: now)
        unchecked.complain(console)
    }
}

/// The result of one target.
private struct PingSweepHostRow: JSONRow {
    var target: String
    var addr: IPAddress
    /// Whether the target replied; null if it could not be checked.
    @Null var alive: Bool?
    @Null var rttMs: Nanoseconds?
    var ttl: UInt8?
    var transmitted: Int
    var received: Int
    var rtt: RoundTripRow?
    var roundTripsMs: [Nanoseconds?]?
    var failure: String?
    var interface: String?
    var reason: String?

    init(_ result: PingSweepHostResult, interface: (IPAddress) -> String?) {
        target = result.label
        addr = result.address
        alive = result.failure == nil ? result.isAlive : nil
        rttMs = result.roundTrip
        ttl = result.hopLimit
        transmitted = result.transmitted
        received = result.received
        if let minimum = result.minimum, let average = result.average, let maximum = result.maximum {
            rtt = RoundTripRow(min: minimum, avg: average, max: maximum)
        }
        if !result.roundTrips.isEmpty { roundTripsMs = result.roundTrips }
        failure = result.failure
        if result.failure != nil { self.interface = interface(result.address) }
        reason = result.reason
    }
}

/// The statistics of one target.
private struct PingSweepStatisticsRow: JSONRow {
    var target: String
    var addr: IPAddress
    var interval: Tally
    var total: Tally

    struct Tally: Encodable {
        var transmitted: Int
        var received: Int
        @Null var rtt: RoundTripRow?

        init(_ tally: PingSweepStatistics.Tally) {
            transmitted = tally.transmitted
            received = tally.received
            if let minimum = tally.minimum, let average = tally.average, let maximum = tally.maximum {
                rtt = RoundTripRow(min: minimum, avg: average, max: maximum)
            }
        }
    }

    init(_ statistics: PingSweepStatistics) {
        target = statistics.label
        addr = statistics.address
        interval = Tally(statistics.interval)
        total = Tally(statistics.total)
    }
}

/// The summary of a sweep.
private struct PingSweepSummaryRow: JSONRow {
    var targets: Int
    var alive: Int
    var unreachable: Int
    var unchecked: Int
    var pending: Int
    var skipped: Int
    var unresolved: Int
    /// The number of --reachable.
    var required: Int?
    var transmitted: Int
    var received: Int
    var duplicates: Int
    var errors: Int
    var lossPercent: Percentage
    var elapsedMs: Nanoseconds
    @Null var rtt: RoundTripRow?
    @Null var percentiles: PercentileRow?
    @Inlined var drops: DropsRow

    init(_ summary: PingSweepSummary, required: Int?, _ drops: KernelDrops) {
        targets = summary.targets
        alive = summary.alive
        unreachable = summary.unreachable
        unchecked = summary.unchecked
        pending = summary.pending
        skipped = summary.skipped
        unresolved = summary.unresolved
        self.required = required
        transmitted = summary.transmitted
        received = summary.received
        duplicates = summary.duplicates
        errors = summary.errors
        lossPercent = Percentage(summary.missing, of: summary.transmitted)
        elapsedMs = summary.elapsed
        rtt = RoundTripRow(summary.roundTrips)
        percentiles = PercentileRow(summary.roundTrips)
        self.drops = DropsRow(drops)
    }
}
