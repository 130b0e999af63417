import SwiftNet

/// Prints one line per member.
struct IGMPQueryObserver: EngineObserver {
    typealias Observed = QuerierEngine

    private let command: IGMPQueryCommand
    private let console: Console
    private let query: IGMPQuery.Prepared
    private var interface: String { query.interfaceName }
    private(set) var hasFailed = false

    init(command: IGMPQueryCommand, console: Console, query: IGMPQuery.Prepared) {
        self.command = command
        self.console = console
        self.query = query
    }

    mutating func report(_ event: QuerierEvent) {
        if case .failed(let failure) = event {
            hasFailed = true
            return console.fail(failure)
        }
        guard !command.general.isQuiet else { return }
        if console.isJSON { json(event) } else { line(event) }
    }

    private func line(_ event: QuerierEvent) {
        let text: String
        switch event {
        case .asked(let query, _): text = "Sent \(MembershipText.query(query)), on \(interface)"
        case .member(let member):
            text =
                "\(member.group)  \(member.host) [\(member.mac)]  \(member.version), sources: \(MembershipText.sources(member.filter))"
        case .leave(let group, let host, let version, _):
            guard command.general.isVerbose else { return }
            text = "\(group)  \(host)  \(version), leaves"
        case .otherQuerier(let address, let mac, let version, _): text = "\(address) [\(mac)] asks too, by \(version)"
        case .failed: return
        }
        console.output.write(text + "\n")
    }

    private func json(_ event: QuerierEvent) {
        var object: JSONObject
        let instant: Instant
        switch event {
        case .asked(let query, let at):
            object = JSONObject(type: "query")
            object.add(query)
            object.add("interface", interface)
            instant = at
        case .member(let member):
            object = JSONObject(type: "member")
            object.add("group", member.group.description)
            object.add("host", member.host.description)
            object.add("version", member.version.number)
            object.add("mode", member.filter.mode.rawValue)
            object.add("sources", raw: MembershipText.json(member.filter.sources))
            object.add("mac", "\(member.mac)")
            object.add("delay_ms", raw: member.delay.map(Milliseconds.json))
            instant = member.arrival
        case .leave(let group, let host, let version, let at):
            object = JSONObject(type: "leave")
            object.add("group", group.description)
            object.add("host", host.description)
            object.add("version", version.number)
            instant = at
        case .otherQuerier(let address, let mac, let version, let at):
            object = JSONObject(type: "querier")
            object.add("from", address.description)
            object.add("mac", "\(mac)")
            object.add("version", version.number)
            instant = at
        case .failed: return
        }
        object.add("time", WallTime.rfc3339(instant))
        console.output.write(object.line + "\n")
    }

    func finish(_ summary: QuerierSummary) {
        if console.isJSON {
            var object = JSONObject(type: "summary")
            object.add("interface", interface)
            object.add("queries", summary.queries)
            object.add("reports", summary.reports)
            object.add("groups", summary.groups)
            object.add("hosts", summary.hosts)
            object.add("other_members", summary.otherMembers)
            object.add("other_querier", summary.otherQuerier?.description)
            object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
            return console.output.write(object.line + "\n")
        }
        console.output.write(
            "\(Text.count(summary.groups, "group")), \(Text.count(summary.hosts, "host")); \(Text.count(summary.queries, "query", "queries")) sent, \(Text.count(summary.reports, "report")) heard in \(summary.elapsed.wholeMilliseconds)ms\n"
        )
        if summary.otherMembers > 0 { console.output.write("members beyond those listed: \(summary.otherMembers)\n") }
    }

    mutating func step(_ engine: inout QuerierEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.status) {
            let summary = engine.summary
            console.complain(
                "\(Text.count(summary.groups, "group")), \(Text.count(summary.hosts, "host")); \(Text.count(summary.reports, "report"))"
            )
        }
        console.output.flush()
        return nil
    }
}
