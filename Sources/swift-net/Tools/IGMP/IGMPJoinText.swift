import SwiftNet

/// The output of `igmp-join`.
protocol IGMPJoinReport: Report
where Observed == IGMPJoinEngine, Event == IGMPJoinEvent, Summary == IGMPJoinSummary {}

extension IGMPJoinReport {
    func status(_ engine: borrowing IGMPJoinEngine, at now: Instant) -> String? {
        let summary = engine.summary
        let received = "\(Text.count(summary.datagrams, "datagram")), \(Text.count(summary.bytes, "byte"))"
        let messages = "\(Text.count(summary.queries, "query", "queries")), \(Text.count(summary.reports, "report"))"
        return "\(received) from \(Text.count(summary.flows.count, "source")); \(messages)"
    }
}

/// The output of `igmp-join` as text.
final class IGMPJoinText: IGMPJoinReport {
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
        guard !command.general.isQuiet, let line = line(event) else { return }
        console.output.write(line + "\n")
    }

    /// The name of the interface at the end of a line, where there are several.
    private func suffix(for interface: UInt32) -> String {
        guard run.interfaces.count > 1, let name = run.interfaceName(of: interface) else { return "" }
        return " on \(name)"
    }

    /// Nil for an event that is not printed.
    private func line(_ event: IGMPJoinEvent) -> String? {
        let suffix = suffix(for: event.interface)
        switch event.kind {
        case .joined(let membership, let version, _):
            let how = command.join.isJoinedByKernel ? "the kernel" : "\(version)"
            let sources = MembershipText.sources(membership.filter)
            let interface = run.interfaceName(of: event.interface) ?? ""
            return "Joined \(membership.group) on \(interface) by \(how), sources: \(sources)"
        case .query(let query, let from, _): return "\(MembershipText.query(query)), from \(from)\(suffix)"
        case .versionChanged(let version, _): return "Using \(version), the version of the querier\(suffix)"
        case .sent(let message, _): return "Sent \(MembershipText.message(message))\(suffix)"
        case .heard(let message, let from, _):
            guard command.general.isVerbose else { return nil }
            return "Received \(MembershipText.message(message)), from \(from)\(suffix)"
        case .datagram(let datagram):
            guard command.general.isVerbose || datagram.isFirst else { return nil }
            let port = datagram.port.map { " port \($0)" } ?? ""
            let first = datagram.isFirst ? "First datagram: " : ""
            let bytes = Text.count(datagram.bytes, "byte")
            return "\(first)\(bytes) for \(datagram.group)\(port) from \(datagram.source), ttl=\(datagram.hopLimit)"
                + suffix
        case .left(let group, _, _): return "Left \(group)\(suffix)"
        case .failed: return nil
        }
    }

    func finish(_ summary: IGMPJoinSummary, drops: KernelDrops, at now: Instant) {
        let seconds = Milliseconds.seconds(Nanoseconds.milliseconds(summary.elapsed.wholeMilliseconds))
        let received = "\(Text.count(summary.datagrams, "datagram")) (\(Text.count(summary.bytes, "byte"))) received"
        let names = Text.joined(run.interfaces.map(\.name), by: ", ")
        var lines = [
            "--- \(Text.count(summary.groups, "group")) on \(names), \(seconds) s ---",
            "\(Text.count(summary.queries, "query", "queries")) received, \(Text.count(summary.reports, "report")) sent, "
                + received,
        ]
        for flow in summary.flows { lines += self.lines(flow) }
        if summary.otherDatagrams > 0 {
            lines.append("from further sources: \(Text.count(summary.otherDatagrams, "datagram"))")
        }
        if summary.unwanted > 0 { lines.append("from excluded sources: \(Text.count(summary.unwanted, "datagram"))") }
        console.output.write(Text.joined(lines, by: "\n") + "\n")
    }

    private func lines(_ flow: MulticastFlow) -> [String] {
        let received = "\(Text.count(flow.datagrams, "datagram")), \(Text.count(flow.bytes, "byte"))"
        var line = "\(flow.group) from \(flow.source)\(suffix(for: flow.interface)): \(received)"
        if let average = flow.averageGap {
            let gaps = [flow.shortestGap, average, flow.longestGap].map(Milliseconds.fixed)
            line += ", gaps min/avg/max \(Text.joined(gaps, by: "/")) ms"
        }
        guard let count = flow.count else { return [line] }
        let name = count.numbering == .rtp ? "RTP" : count.numbering.rawValue
        let numbers = "\(count.lost) lost, \(count.reordered) reordered, \(count.duplicates) duplicates"
        return [line, "  \(name) sequence numbers: \(numbers)"]
    }
}
