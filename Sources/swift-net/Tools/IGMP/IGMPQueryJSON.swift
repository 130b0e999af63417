import SwiftNet

/// The output of `igmp-query` as one JSON object per line.
final class IGMPQueryJSON: IGMPQueryReport {
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
        guard !general.isQuiet else { return }
        switch event {
        case .asked(let query, let at):
            console.write(
                "query", SentQueryRow(query: MembershipQueryRow(query), interface: run.interfaceName), at: at)
        case .member(let member):
            let row = MemberRow(
                group: member.group, host: member.host, version: member.version.number,
                mode: member.filter.mode.rawValue, sources: member.filter.sources, mac: member.mac,
                vendor: member.mac.flatMap(vendors.name), delayMs: member.delay)
            console.write("member", row, at: member.arrival)
        case .leave(let group, let host, let version, let at):
            console.write("leave", LeaveRow(group: group, host: host, version: version.number), at: at)
        case .otherQuerier(let address, let mac, let version, let at):
            let row = IGMPQueryRow(from: address, mac: mac, vendor: mac.flatMap(vendors.name), version: version.number)
            console.write("querier", row, at: at)
        case .failed: break
        }
    }

    func finish(_ summary: IGMPQuerySummary, drops: KernelDrops, at now: Instant) {
        failIfNeeded(summary)
        let row = IGMPQuerySummaryRow(
            interface: run.interfaceName, queries: summary.queries, reports: summary.reports, groups: summary.groups,
            hosts: summary.hosts, otherMembers: summary.otherMembers, otherQuerier: summary.otherQuerier,
            elapsedMs: summary.elapsed)
        console.write("summary", row, at: now)
    }
}

private struct SentQueryRow: JSONRow {
    @Inlined var query: MembershipQueryRow
    var interface: String
}

private struct MemberRow: JSONRow {
    var group: IPAddress
    var host: IPAddress
    var version: Int
    var mode: String
    var sources: [IPAddress]
    @Null var mac: MACAddress?
    @Null var vendor: String?
    @Null var delayMs: Nanoseconds?
}

private struct LeaveRow: JSONRow {
    var group: IPAddress
    var host: IPAddress
    var version: Int
}

private struct IGMPQueryRow: JSONRow {
    var from: IPAddress
    @Null var mac: MACAddress?
    @Null var vendor: String?
    var version: Int
}

private struct IGMPQuerySummaryRow: JSONRow {
    var interface: String
    var queries: Int
    var reports: Int
    var groups: Int
    var hosts: Int
    var otherMembers: Int
    @Null var otherQuerier: IPAddress?
    var elapsedMs: Nanoseconds
}
