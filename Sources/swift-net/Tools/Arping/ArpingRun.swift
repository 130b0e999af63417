import SwiftNet

/// Runs `arping` for one target, in either style.
struct ArpingRun {
    let settings: ArpingSettings
    let console: Console

    func run() throws -> Int32 {
        console.limit(to: settings.arping.deadline)
        let options = try console.runOptions(settings.general)
        let arping = try prepare(options)
        if let mac = settings.ownMAC, mac != arping.link.mac {
            throw UsageError("-s: \(mac) is not the MAC address of \(arping.link.name)")
        }
        let report: any ArpingReport =
            console.isJSON ? ArpingJSON(settings, arping, console) : ArpingText(settings, arping, console)
        let summary = try console.run(report, of: arping)
        if settings.general.isVerbose { console.reportIgnored(arping.ignoredVLANs) }
        guard arping.outcome(of: summary) != .unknown else { return 2 }
        return settings.exitStatus(of: summary)
    }

    private func prepare(_ options: RunOptions) throws -> Arping.Prepared {
        do {
            return try Arping.prepare(settings.target, settings.arping, options: options)
        } catch {
            var error = error
            // Habets' options for the interface and the sender address.
            if settings.style == .habets, let subject = error.subject {
                if subject == "-I" { error.subject = "-i" }
                if subject.hasPrefix("-s: ") { error.subject = "-S" + subject.dropFirst(2) }
            }
            throw error
        }
    }
}

/// The output of `arping`.
protocol ArpingReport: Report where Observed == ArpingEngine, Event == ArpingEvent, Summary == ArpingSummary {
    var settings: ArpingSettings { get }
    var arping: Arping.Prepared { get }
}

extension ArpingReport {
    func status(_ engine: borrowing ArpingEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(Text.count(summary.sent, "probe")), \(summary.received) received"
    }

    /// No progress line, because every reply is printed.
    func progress(_ engine: borrowing ArpingEngine, at now: Instant) -> String? { nil }
}
