import SwiftNet

/// Runs `rarp query`, which looks up the IPv4 address of each host.
struct RARPQueryRun {
    let command: RARPCommand
    let console: Console

    func run() throws -> Int32 {
        let options = try console.runOptions(command.general)
        let query = try RARPQuery.prepare(command.hosts, command.query, options: options)
        let report: any RARPQueryReport =
            console.isJSON
            ? RARPQueryJSON(query.link, console)
            : RARPQueryText(console, isQuiet: command.general.isQuiet)
        let summary = try console.run(report, of: query)
        return query.outcome(of: summary).exitStatus
    }
}

/// The output of `rarp query`.
protocol RARPQueryReport: Report
where Observed == RARPQueryEngine, Event == RARPQueryEvent, Summary == RARPQuerySummary {}

extension RARPQueryReport {
    func status(_ engine: borrowing RARPQueryEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(summary.answered) of \(summary.asked) answered, \(Text.count(summary.sent, "request")) sent"
    }

    func progress(_ engine: borrowing RARPQueryEngine, at now: Instant) -> String? { nil }
}

/// The output of `rarp query` as one line per reply.
final class RARPQueryText: RARPQueryReport {
    private let console: Console
    private let isQuiet: Bool
    private let vendors = Vendors()

    init(_ console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func report(_ event: RARPQueryEvent, at now: Instant) {
        switch event {
        case .ignored(let reply): console.complain(reply.message)
        case .reply(let reply): if !isQuiet { console.output.write(line(reply)) }
        case .timeout: break
        }
    }

    private func line(_ reply: RARPReply) -> String {
        var text = "\(vendors.named(reply.mac)) is \(reply.address), from \(reply.serverAddress) "
        text += "[\(vendors.named(reply.serverMAC))]  \(Milliseconds.fixed(reply.roundTrip)) ms"
        if reply.frameSource != reply.serverMAC { text += " (frame from [\(reply.frameSource)])" }
        if reply.isContradiction { text += " (servers disagree!)" }
        return text + "\n"
    }

    func finish(_ summary: RARPQuerySummary, drops: KernelDrops, at now: Instant) {
        guard !isQuiet else { return }
        console.output.write(
            "\(summary.answered) of \(summary.asked) answered by \(Text.count(summary.servers, "server")); \(Text.count(summary.sent, "request")) in \(summary.elapsed.wholeMilliseconds)ms\n"
        )
    }
}

/// The output of `rarp query` as one JSON object per line.
final class RARPQueryJSON: RARPQueryReport {
    private let link: EthernetLink
    private let console: Console
    private let vendors = Vendors()

    init(_ link: EthernetLink, _ console: Console) {
        self.link = link
        self.console = console
    }

    func report(_ event: RARPQueryEvent, at now: Instant) {
        switch event {
        case .ignored(let reply): console.complain(reply.message)
        case .reply(let reply):
            let row = RARPReplyRow(
                mac: reply.mac, vendor: vendors.name(of: reply.mac), addr: reply.address, serverMac: reply.serverMAC,
                serverVendor: vendors.name(of: reply.serverMAC), serverAddr: reply.serverAddress,
                rttMs: reply.roundTrip,
                frameMac: reply.frameSource == reply.serverMAC ? nil : reply.frameSource,
                contradiction: reply.isContradiction)
            console.write("reply", row, at: reply.arrival)
        case .timeout(let mac, let attempt):
            console.write("timeout", RARPTimeoutRow(mac: mac, vendor: vendors.name(of: mac), seq: attempt), at: now)
        }
    }

    func finish(_ summary: RARPQuerySummary, drops: KernelDrops, at now: Instant) {
        let row = RARPQueryRow(
            interface: link.name, transmitted: summary.sent, received: summary.received, asked: summary.asked,
            answered: summary.answered, servers: summary.servers, elapsedMs: summary.elapsed)
        console.write("summary", row, at: now)
    }
}

private struct RARPReplyRow: JSONRow {
    var mac: MACAddress
    @Null var vendor: String?
    var addr: IPv4Address
    var serverMac: MACAddress
    @Null var serverVendor: String?
    var serverAddr: IPv4Address
    var rttMs: Nanoseconds
    /// The source address of the frame, if it differs.
    var frameMac: MACAddress?
    @IfTrue var contradiction: Bool
}

private struct RARPTimeoutRow: JSONRow {
    var mac: MACAddress
    @Null var vendor: String?
    var seq: Int
}

private struct RARPQueryRow: JSONRow {
    var interface: String
    var transmitted: Int
    var received: Int
    var asked: Int
    var answered: Int
    var servers: Int
    var elapsedMs: Nanoseconds
}
