import HostStack
import SwiftNet

/// The output of `igmp-join` as one JSON object per line.
final class IGMPJoinJSON: IGMPJoinReport {
    private let run: IGMPJoin.Prepared
    private let command: IGMPJoinCommand
    private let console: Console

    init(_ run: IGMPJoin.Prepared, _ command: IGMPJoinCommand, _ console: Console) {
        self.run = run
        self.command = command
        self.console = console
    }

    func report(_ event: IGMPJoinEvent, at now: Instant) {
        if case .failed(let failure) = event.kind { return console.fail(failure.description) }
        guard !command.general.isQuiet else { return }
        func write<Row: JSONRow>(_ type: String, _ row: Row, at instant: Instant) {
            let interface = run.interfaceName(of: event.interface) ?? ""
            console.write(type, LinkRow(row: row, interface: interface), at: instant)
        }
        switch event.kind {
        case .joined(let membership, let version, let at):
            let row = JoinedRow(
                group: membership.group, sources: membership.filter.sources, mode: membership.filter.mode.rawValue,
                version: number(version))
            write("joined", row, at: at)
        case .query(let query, let from, let at):
            write("query", ReceivedQueryRow(query: MembershipQueryRow(query), from: from), at: at)
        case .versionChanged(let version, let at):
            write("version", VersionRow(version: version.number, family: version.family == .v4 ? 4 : 6), at: at)
        case .sent(let message, let at):
            let type = if case .leave = message { "leave" } else { "report" }
            write(type, MembershipMessageRow(message), at: at)
        case .heard(let message, let from, let at):
            guard command.general.isVerbose else { return }
            write("heard", MembershipMessageRow(message, from: from), at: at)
        case .datagram(let datagram):
            let row = DatagramRow(
                group: datagram.group, from: datagram.source, bytes: datagram.bytes, port: datagram.port,
                ttl: datagram.hopLimit)
            write("datagram", row, at: datagram.arrival)
        case .left(let group, let version, let at):
            write("left", LeftRow(group: group, version: number(version)), at: at)
        case .failed: break
        }
    }

    /// The version number; nil if the kernel joins, because its reports have the version.
    private func number(_ version: MembershipVersion) -> Int? {
        command.join.isJoinedByKernel ? nil : version.number
    }

    func finish(_ summary: IGMPJoinSummary, drops: KernelDrops, at now: Instant) {
        console.write("summary", IGMPJoinSummaryRow(summary, run, drops), at: now)
    }
}

/// An event with the name of its interface.
private struct LinkRow<Row: JSONRow>: JSONRow {
    @Inlined var row: Row
    var interface: String
}

private struct JoinedRow: JSONRow {
    var group: IPAddress
    var sources: [IPAddress]
    var mode: String
    @Null var version: Int?
}

private struct ReceivedQueryRow: JSONRow {
    @Inlined var query: MembershipQueryRow
    var from: IPAddress
}

private struct VersionRow: JSONRow {
    var version: Int
    var family: Int
}

private struct DatagramRow: JSONRow {
    var group: IPAddress
    var from: IPAddress
    var bytes: Int
    @Null var port: UInt16?
    var ttl: UInt8
}

private struct LeftRow: JSONRow {
    var group: IPAddress
    @Null var version: Int?
}

private struct IGMPJoinSummaryRow: JSONRow {
    var groups: Int
    /// Null if there are several interfaces.
    @Null var interface: String?
    var interfaces: [String]
    var queries: Int
    var reports: Int
    var datagrams: Int
    var bytes: Int
    var unwanted: Int
    var lost: UInt64
    var elapsedMs: Nanoseconds
    var sources: [FlowRow]
    var otherDatagrams: Int

    init(_ summary: IGMPJoinSummary, _ run: IGMPJoin.Prepared, _ drops: KernelDrops) {
        groups = summary.groups
        interfaces = run.interfaces.map(\.name)
        interface = interfaces.count == 1 ? interfaces.first : nil
        queries = summary.queries
        reports = summary.reports
        datagrams = summary.datagrams
        bytes = summary.bytes
        unwanted = summary.unwanted
        lost = drops.overflows
        elapsedMs = summary.elapsed
        sources = summary.flows.map { FlowRow($0, interface: run.interfaceName(of: $0.interface) ?? "") }
        otherDatagrams = summary.otherDatagrams
    }
}

/// The datagrams from one source to one group.
private struct FlowRow: Encodable {
    var group: IPAddress
    var from: IPAddress
    var datagrams: Int
    var bytes: Int
    var first: Instant
    var spanMs: Nanoseconds
    var gapMs: RoundTripRow?
    var numbering: String?
    var datagramsLost: Int?
    var reordered: Int?
    var duplicates: Int?
    var interface: String

    init(_ flow: MulticastFlow, interface: String) {
        self.interface = interface
        group = flow.group
        from = flow.source
        datagrams = flow.datagrams
        bytes = flow.bytes
        first = flow.first
        spanMs = flow.span
        gapMs = flow.averageGap.map { RoundTripRow(min: flow.shortestGap, avg: $0, max: flow.longestGap) }
        numbering = flow.count?.numbering.rawValue
        datagramsLost = flow.count?.lost
        reordered = flow.count?.reordered
        duplicates = flow.count?.duplicates
    }
}
