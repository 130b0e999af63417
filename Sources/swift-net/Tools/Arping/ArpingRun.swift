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
        let hasFailed = report.failure != nil || arping.isLinkGone
        guard !hasFailed, summary.received > 0 || report.isReliable(summary) else { return 2 }
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
    /// The failed transmission that ended the run.
    var failure: TransmissionFailure? { get }
    var console: Console { get }
}

extension ArpingReport {
    func status(_ engine: borrowing ArpingEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(Text.count(summary.sent, "probe")), \(summary.received) received"
    }

    /// No progress line, because every reply is printed.
    func progress(_ engine: borrowing ArpingEngine, at now: Instant) -> String? { nil }

    /// Reports the failure that ended the run, before the summary.
    func reportFailure() {
        if let trouble = arping.linkTrouble {
            if arping.isLinkGone || failure != nil { console.writeFailure(trouble) }
        } else if let failure {
            console.fail(failure, of: arping.link)
        }
    }

    /// Whether a missing reply is a valid result: all probes were sent, the link was up, and a check whether the
    /// address is free was complete.
    func isReliable(_ summary: ArpingSummary) -> Bool {
        arping.linkTrouble == nil && failure == nil && (summary.isComplete || !settings.isProbe)
    }
}

extension Console {
    /// Reports a frame that could not be sent, with the interface if that is the cause.
    func fail(_ failure: TransmissionFailure, of link: EthernetLink) {
        if case .system(_, let message) = failure, failure.isOfInterface {
            fail("\(link.name): \(message)")
        } else {
            fail(failure)
        }
    }
}
