import SwiftNet

/// The output of `igmp-query`.
protocol IGMPQueryReport: Report
where Observed == IGMPQueryEngine, Event == IGMPQueryEvent, Summary == IGMPQuerySummary {
    var run: IGMPQuery.Prepared { get }
    var console: Console { get }
}

extension IGMPQueryReport {
    func status(_ engine: borrowing IGMPQueryEngine, at now: Instant) -> String? {
        let summary = engine.summary
        let members = "\(Text.count(summary.groups, "group")), \(Text.count(summary.hosts, "host"))"
        return "\(members); \(Text.count(summary.reports, "report"))"
    }

    /// Reports why no query was sent.
    func failIfNeeded(_ summary: IGMPQuerySummary) {
        guard summary.isRefused, let other = summary.otherQuerier else { return }
        console.fail("\(other) is the querier on \(run.interfaceName); use --force to send queries")
    }
}

/// The output of `igmp-query` as text, one line per member.
final class IGMPQueryText: IGMPQueryReport {
    let run: IGMPQuery.Prepared
    let console: Console
    private let general: GeneralOptions
    private let vendors = Vendors()

    init(_ run: IGMPQuery.Prepared, _ general: GeneralOptions, _ console: Console) {
        self.run = run
        self.general = general
        self.console = console
    }

    func report(_ event: IGMPQueryEvent, at now: Instant) {
        if case .failed(let failure) = event { return console.fail(failure.description) }
        guard !general.isQuiet, let line = line(event) else { return }
        console.output.write(line + "\n")
    }

    /// Nil for an event that is not printed.
    private func line(_ event: IGMPQueryEvent) -> String? {
        switch event {
        case .asked(let query, _): return "Sent \(MembershipText.query(query)), on \(run.interfaceName)"
        case .member(let member):
            let sources = MembershipText.sources(member.filter)
            return "\(member.group)  \(member.host)\(station(member.mac))  \(member.version), sources: \(sources)"
        case .leave(let group, let host, let version, _):
            return general.isVerbose ? "\(group)  \(host)  \(version), leaves" : nil
        case .otherQuerier(let address, let mac, let version, _):
            return "\(address)\(station(mac)) is another querier, \(version)"
        case .failed: return nil
        }
    }

    /// ` [02:00:00:00:00:01]`, with the vendor if known; empty on a link without MAC addresses.
    private func station(_ mac: MACAddress?) -> String {
        guard let mac else { return "" }
        return " [\(mac)]" + (vendors.name(of: mac).map { " (\(Text.escaped($0)))" } ?? "")
    }

    func finish(_ summary: IGMPQuerySummary, drops: KernelDrops, at now: Instant) {
        failIfNeeded(summary)
        let members = "\(Text.count(summary.groups, "group")), \(Text.count(summary.hosts, "host"))"
        let queries = Text.count(summary.queries, "query", "queries")
        let reports = Text.count(summary.reports, "report")
        console.output.write(
            "\(members); \(queries) sent, \(reports) received in \(summary.elapsed.wholeMilliseconds)ms\n")
        if summary.otherMembers > 0 { console.output.write("members not listed: \(summary.otherMembers)\n") }
    }
}
