import SwiftNet

/// Prints the reports that are sent, and the queries and datagrams that are received.
struct IGMPJoinObserver: EngineObserver {
    typealias Observed = MembershipEngine

    private let command: IGMPJoinCommand
    private let console: Console
    private let join: IGMPJoin.Prepared
    private var interface: String { join.interfaceName }
    private(set) var hasFailed = false
    private var isLeaving = false

    init(command: IGMPJoinCommand, console: Console, join: IGMPJoin.Prepared) {
        self.command = command
        self.console = console
        self.join = join
    }

    mutating func report(_ event: MembershipEvent) {
        if case .failed(let failure) = event {
            hasFailed = true
            return console.fail(failure)
        }
        guard !command.general.isQuiet else { return }
        if console.isJSON { json(event) } else { line(event) }
    }

    // MARK: Text

    private func line(_ event: MembershipEvent) {
        let text: String
        switch event {
        case .joined(let membership, let version, _):
            let how = command.join.isJoinedByKernel ? "the system" : "\(version)"
            text =
                "Joined \(membership.group) on \(interface) by \(how), sources: \(MembershipText.sources(membership.filter))"
        case .query(let query, let from, _): text = "\(MembershipText.query(query)), from \(from)"
        case .versionChanged(let version, _): text = "Speaking \(version), as the querier does"
        case .sent(let message, _): text = "Sent \(MembershipText.message(message))"
        case .heard(let message, let from, _):
            guard command.general.isVerbose else { return }
            text = "Heard \(MembershipText.message(message)), from \(from)"
        case .datagram(let datagram):
            guard command.general.isVerbose || datagram.isFirst else { return }
            let port = datagram.port.map { " port \($0)" } ?? ""
            text =
                "\(datagram.isFirst ? "First datagram: " : "")\(Text.count(datagram.bytes, "byte")) for \(datagram.group)\(port) from \(datagram.source), ttl=\(datagram.hopLimit)"
        case .left(let group, _, _): text = "Left \(group)"
        case .failed: return
        }
        console.output.write(text + "\n")
    }

    // MARK: JSON

    private func json(_ event: MembershipEvent) {
        var object: JSONObject
        let instant: Instant
        switch event {
        case .joined(let membership, let version, let at):
            object = JSONObject(type: "joined")
            object.add("group", membership.group.description)
            object.add("sources", raw: MembershipText.json(membership.filter.sources))
            object.add("mode", membership.filter.mode.rawValue)
            // Which one the system speaks, its reports say.
            object.add("version", raw: command.join.isJoinedByKernel ? nil : "\(version.number)")
            object.add("interface", interface)
            instant = at
        case .query(let query, let from, let at):
            object = JSONObject(type: "query")
            object.add(query)
            object.add("from", from.description)
            instant = at
        case .versionChanged(let version, let at):
            object = JSONObject(type: "version")
            object.add("version", version.number)
            object.add("family", version.family == .v4 ? 4 : 6)
            instant = at
        case .sent(let message, let at):
            if case .leave = message { object = JSONObject(type: "leave") } else { object = JSONObject(type: "report") }
            object.add(message)
            instant = at
        case .heard(let message, let from, let at):
            guard command.general.isVerbose else { return }
            object = JSONObject(type: "heard")
            object.add(message)
            object.add("from", from.description)
            instant = at
        case .datagram(let datagram):
            object = JSONObject(type: "datagram")
            object.add("group", datagram.group.description)
            object.add("from", datagram.source.description)
            object.add("bytes", datagram.bytes)
            object.add("port", raw: datagram.port.map(String.init))
            object.add("ttl", datagram.hopLimit)
            instant = datagram.arrival
        case .left(let group, let version, let at):
            object = JSONObject(type: "left")
            object.add("group", group.description)
            object.add("version", raw: command.join.isJoinedByKernel ? nil : "\(version.number)")
            object.add("interface", interface)
            instant = at
        case .failed: return
        }
        object.add("time", WallTime.rfc3339(instant))
        console.output.write(object.line + "\n")
    }

    // MARK: The end

    /// - Parameter lost: frames that came faster than they were read.
    func finish(_ summary: MembershipSummary, lost: UInt64) {
        if console.isJSON { return finishJSON(summary, lost) }
        console.output.write(
            "--- \(Text.count(summary.groups, "group")) on \(interface), \(Milliseconds.seconds(Nanoseconds.milliseconds(summary.elapsed.wholeMilliseconds))) s ---\n"
        )
        console.output.write(
            "\(Text.count(summary.queries, "query", "queries")) heard, \(Text.count(summary.reports, "report")) sent, \(Text.count(summary.datagrams, "datagram")) (\(Text.count(summary.bytes, "byte"))) received\n"
        )
        for flow in summary.flows {
            var text =
                "\(flow.group) from \(flow.source): \(Text.count(flow.datagrams, "datagram")), \(Text.count(flow.bytes, "byte"))"
            if let average = flow.averageGap {
                text +=
                    ", gaps min/avg/max \(Milliseconds.fixed(flow.shortestGap))/\(Milliseconds.fixed(average))/\(Milliseconds.fixed(flow.longestGap)) ms"
            }
            if let count = flow.count {
                text +=
                    "\n  \(count.numbering.name)'s numbers: \(count.lost) lost, \(count.reordered) out of order, \(count.duplicates) twice"
            }
            console.output.write(text + "\n")
        }
        if summary.otherDatagrams > 0 {
            console.output.write("from further sources: \(Text.count(summary.otherDatagrams, "datagram"))\n")
        }
        if summary.unwanted > 0 {
            console.output.write("from sources not wanted: \(Text.count(summary.unwanted, "datagram"))\n")
        }
        if lost > 0 { console.output.write("lost here, too fast to be read: \(lost) frames\n") }
    }

    private func finishJSON(_ summary: MembershipSummary, _ lost: UInt64) {
        var object = JSONObject(type: "summary")
        object.add("groups", summary.groups)
        object.add("interface", interface)
        object.add("queries", summary.queries)
        object.add("reports", summary.reports)
        object.add("datagrams", summary.datagrams)
        object.add("bytes", summary.bytes)
        object.add("unwanted", summary.unwanted)
        object.add("lost", lost)
        object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
        let flows = summary.flows.map { flow -> String in
            var object = JSONObject()
            object.add("group", flow.group.description)
            object.add("from", flow.source.description)
            object.add("datagrams", flow.datagrams)
            object.add("bytes", flow.bytes)
            object.add("first", WallTime.rfc3339(flow.first))
            object.add("span_ms", raw: Milliseconds.json(flow.span))
            if let average = flow.averageGap {
                object.add(
                    "gap_ms",
                    raw:
                        "{\"min\":\(Milliseconds.json(flow.shortestGap)),\"avg\":\(Milliseconds.json(average)),\"max\":\(Milliseconds.json(flow.longestGap))}"
                )
            }
            if let count = flow.count {
                object.add("numbering", count.numbering.rawValue)
                object.add("datagrams_lost", count.lost)
                object.add("reordered", count.reordered)
                object.add("duplicates", count.duplicates)
            }
            return object.line
        }
        object.add("sources", raw: "[" + flows.joined(separator: ",") + "]")
        object.add("other_datagrams", summary.otherDatagrams)
        console.output.write(object.line + "\n")
    }

    mutating func step(_ engine: inout MembershipEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.status) {
            let summary = engine.summary
            console.complain(
                "\(Text.count(summary.datagrams, "datagram")), \(Text.count(summary.bytes, "byte")) from \(Text.count(summary.flows.count, "source")); \(Text.count(summary.queries, "query", "queries")), \(Text.count(summary.reports, "report"))"
            )
        }
        console.output.flush()
        if !console.output.isOpen, !isLeaving {
            // Nobody reads any more: the groups are left all the same.
            isLeaving = true
            engine.stop(at: now)
        }
        return nil
    }
}

extension StreamNumbering {
    /// As it is written.
    fileprivate var name: String { self == .rtp ? "RTP" : rawValue }
}
