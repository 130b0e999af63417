import Diagnostics
import HostStack
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `igmp-query` to an exit status.
struct IGMPQueryRun {
    private let command: IGMPQueryCommand
    private let console: Console

    static func run(_ command: IGMPQueryCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { try IGMPQueryRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        let query = try query()
        let count = try command.count.map { try ArgumentValue.integer("-c", $0, in: 1...1_000) }
        let listening = try command.listen.map { try ArgumentValue.duration("--listen", $0) }
        let deadline = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        console.limit(to: deadline)
        let place = try MulticastLink(
            command.interface, group: query.group ?? MembershipMessage.query(query).destination)
        let interface = place.link.interface
        let identity = place.identity
        guard query.version.family == .v4 || !identity.linkLocal.isUnspecified else {
            throw CannotRun(message: "interface \(interface.name) has no link-local address to ask from")
        }
        let explained = try command.frames.explained()
        let capture = try command.frames.capture(console)
        let reactor = try console.reactor()
        var port = try place.port(
            console: console, groups: nil, capture: capture, explained: explained, reactor: reactor)
        let watch = LinkWatch([place.link], console: console, reactor: reactor)
        var configuration = QuerierConfiguration(identity: identity, mtu: interface.mtu, query: query)
        if let count { configuration.count = count }
        if let listening { configuration.listening = listening }
        configuration.isForced = command.force
        configuration.deadline = deadline

        var engine = QuerierEngine(configuration)
        var observer = IGMPQueryObserver(command: command, console: console, interface: interface.name, watch: watch)
        let isComplete = watch.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        let summary = engine.summary
        if let other = summary.otherQuerier, summary.queries == 0, !command.force {
            console.fail("\(other) is the querier on \(interface.name); --force asks all the same")
            observer.refuse()
        }
        observer.finish(summary)
        guard isComplete, console.output.failure == nil, capture?.hasFailed != true, !observer.hasFailed else {
            return 2
        }
        // Answers may have been missed: that there is no member is not known.
        if summary.groups == 0, observer.wasInterrupted { return 2 }
        return summary.groups > 0 ? 0 : 1
    }

    private func query() throws -> MembershipQuery {
        if command.ipv4, command.ipv6 { throw UsageError("-4 and -6 exclude each other") }
        let group = try command.group.map(GroupArgument.group)
        let family = group?.family ?? (command.ipv6 ? .v6 : .v4)
        if command.ipv4 && family == .v6 || command.ipv6 && family == .v4 {
            throw UsageError("\(command.ipv4 ? "-4" : "-6"): \(group?.description ?? "") is of the other family")
        }
        let sources = try command.sources.map(GroupArgument.source)
        let version = try command.version.map { try GroupArgument.version($0, family: family) } ?? .newest(family)
        if !sources.isEmpty {
            guard group != nil else { throw UsageError("--source: of which group?") }
            guard version.hasSources else { throw UsageError("--source: \(version) has no sources") }
            if let other = sources.first(where: { $0.family != family }) {
                throw UsageError("--source: \(other) is of the other family")
            }
            guard sources.count <= 64 else { throw UsageError("--source: 64 are the most") }
        }
        guard group == nil || version != .igmp1 else { throw UsageError("--version: IGMPv1 asks for all groups alone") }
        var query = MembershipQuery(
            version: version, group: group, sources: sources, maximumResponse: try response(version, group))
        query.robustness = 2
        query.interval = .seconds(125)
        // Routers are not to end a group because this program has asked for it.
        query.suppressesRouters = group != nil
        return query
    }

    private func response(_ version: MembershipVersion, _ group: IPAddress?) throws -> Nanoseconds {
        let preset: Nanoseconds = group == nil ? .seconds(10) : .seconds(1)
        guard let text = command.response else { return preset }
        guard version != .igmp1 else { throw UsageError("--response: IGMPv1 has ten seconds and no other time") }
        // As much as the field can say.
        let most: Nanoseconds =
            switch version {
            case .igmp2: .milliseconds(25_500)
            case .mld1: .milliseconds(65_535)
            default: .seconds(3_174)
            }
        return try ArgumentValue.duration("--response", text, atLeast: .milliseconds(100), atMost: most)
    }
}

/// Prints a line a member.
private struct IGMPQueryObserver: EngineObserver {
    typealias Observed = QuerierEngine

    private let command: IGMPQueryCommand
    private let console: Console
    private var interface: String
    private let watch: LinkWatch
    private(set) var hasFailed = false
    /// For a while nothing could be heard.
    private(set) var wasInterrupted = false

    init(command: IGMPQueryCommand, console: Console, interface: String, watch: LinkWatch) {
        self.command = command
        self.console = console
        self.interface = interface
        self.watch = watch
    }

    mutating func refuse() { hasFailed = true }

    mutating func report(_ event: QuerierEvent) {
        if case .failed(let failure) = event {
            hasFailed = true
            return console.fail(failure)
        }
        if command.frames.json { json(event) } else if !command.quiet { line(event) }
    }

    private func line(_ event: QuerierEvent) {
        let text: String
        switch event {
        case .asked(let query, _): text = "Sent \(MembershipText.query(query)), on \(interface)"
        case .member(let member):
            text =
                "\(member.group)  \(member.host) [\(member.mac)]  \(member.version), sources: \(MembershipText.sources(member.filter))"
        case .leave(let group, let host, let version, _):
            guard command.verbose else { return }
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
        if command.frames.json {
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
        let changes = watch.take(at: now)
        for change in changes {
            if case .renamed = change.kind {
                interface = change.name
                continue
            }
            wasInterrupted = true
            let isConnected = if case .up = change.kind { true } else { false }
            engine.setLink(isConnected: isConnected, at: now)
        }
        if watch.isOver { engine.stop(at: now) }
        if wakening.contains(.status) {
            let summary = engine.summary
            console.complain(
                "\(Text.count(summary.groups, "group")), \(Text.count(summary.hosts, "host")); \(Text.count(summary.reports, "report"))"
            )
        }
        console.output.flush()
        return changes.isEmpty ? nil : now
    }

    var isListening: Bool { console.output.isOpen }
}
