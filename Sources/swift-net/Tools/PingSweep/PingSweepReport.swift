import SwiftNet

/// The selection of results to print.
enum PingSweepFilter {
    case all, alive, unreachable

    func shows(_ result: PingSweepHostResult) -> Bool {
        switch self {
        case .all: true
        case .alive: result.isAlive
        case .unreachable: !result.isAlive && result.failure == nil
        }
    }
}

/// Counts the targets that this host could not check, by reason.
struct UncheckedTargets {
    /// Returns the outgoing interface for a target.
    let interface: (IPAddress) -> String?
    private var counts: [String: Int] = [:]

    init(interface: @escaping (IPAddress) -> String?) { self.interface = interface }

    /// Returns the failure with its interface; nil for a target that was checked.
    func reason(_ result: PingSweepHostResult) -> String? {
        guard let failure = result.failure else { return nil }
        return interface(result.address).map { "\($0): \(failure)" } ?? failure
    }

    mutating func note(_ result: PingSweepHostResult) {
        if let reason = reason(result) { counts[reason, default: 0] += 1 }
    }

    func complain(_ console: Console) {
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            console.complain("\(reason): \(Text.count(count, "target")) could not be checked")
        }
    }
}

/// The output of a sweep.
protocol PingSweepReport: Report
where Observed == PingSweepEngine, Event == PingSweepEvent, Summary == PingSweepSummary {
    var console: Console { get }
}

extension PingSweepReport {
    func status(_ engine: borrowing PingSweepEngine, at now: Instant) -> String? {
        let (decided, total) = engine.progress
        return "\(decided)/\(total) targets, \(engine.summary.alive) alive, \(engine.summary.transmitted) packets sent"
    }

    /// Returns the status after a progress bar.
    func progress(_ engine: borrowing PingSweepEngine, at now: Instant) -> String? {
        guard let status = status(engine, at: now) else { return nil }
        let (decided, total) = engine.progress
        let width = max(10, min(40, (console.errors.terminalWidth ?? 80) - status.count - 5))
        let filled = total > 0 ? decided * width / total : width
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + " " + status
    }
}
