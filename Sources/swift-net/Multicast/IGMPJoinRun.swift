import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `igmp-join` to an exit status.
struct IGMPJoinRun {
    private let command: IGMPJoinCommand
    private let console: Console

    static func run(_ command: IGMPJoinCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { try IGMPJoinRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        let memberships = try memberships()
        let families = Set(memberships.map(\.group.family))
        let robustness = try command.robustness.map { try ArgumentValue.integer("--robustness", $0, in: 1...7) }
        let duration = try command.duration.map {
            try ArgumentValue.duration("--duration", $0, atLeast: .milliseconds(1))
        }
        console.limit(to: duration)
        let count = try command.count.map { try ArgumentValue.integer("-c", $0, in: 1...Int.max) }
        var versions: [IPAddress.Family: MembershipVersion] = [:]
        if let text = command.version {
            for family in families { versions[family] = try GroupArgument.version(text, family: family) }
        }
        try refuseWhatTheVersionCannot(versions)

        let place = try MulticastLink(command.interface, group: memberships[0].group)
        let interface = place.link.interface
        let explained = try command.frames.explained()
        let capture = try command.frames.capture(console)
        let reactor = try console.reactor()
        var port = try place.port(
            console: console, hearsOwn: command.kernel, groups: memberships.map(\.group), capture: capture,
            explained: explained, reactor: reactor)
        let watch = LinkWatch([place.link], console: console, reactor: reactor)
        var system = SystemMembership()
        if command.kernel {
            for membership in memberships {
                try system.join(
                    membership.group, sources: membership.filter.sources,
                    excludes: membership.filter.mode == .exclude, interface: interface.index)
            }
        }
        var randomness = SystemRandomness()
        var configuration = MembershipConfiguration(
            identity: place.identity, mtu: interface.mtu, memberships: memberships,
            seed: randomness.next())
        configuration.versions = versions
        if let robustness { configuration.robustness = robustness }
        configuration.isJoinedBySystem = command.kernel
        configuration.duration = duration
        configuration.count = count

        var engine = MembershipEngine(configuration)
        var observer = IGMPJoinObserver(command: command, console: console, interface: interface.name, watch: watch)
        let isComplete = watch.run(&engine, on: &port, observer: &observer)
        _ = consume system
        capture?.finish()
        let summary = engine.summary
        observer.finish(summary, lost: port.overflowCount)
        guard isComplete, console.output.failure == nil, capture?.hasFailed != true, !observer.hasFailed else {
            return 2
        }
        return summary.datagrams >= count ?? 0 ? 0 : 1
    }

    private func memberships() throws -> [MembershipConfiguration.Membership] {
        var groups: [IPAddress] = []
        for group in try command.groups.map(GroupArgument.group) where !groups.contains(group) { groups.append(group) }
        let sources = try command.sources.map(GroupArgument.source)
        if command.excludes, sources.isEmpty { throw UsageError("--exclude: whom? --source says it") }
        if let source = sources.first(where: { source in !groups.contains { $0.family == source.family } }) {
            throw UsageError("--source: \(source) cannot send to \(groups.map(\.description).joined(separator: ", "))")
        }
        return groups.map { group in
            let own = sources.filter { $0.family == group.family }
            return .init(
                group: group, filter: own.isEmpty ? .all : SourceFilter(command.excludes ? .exclude : .include, own))
        }
    }

    private func refuseWhatTheVersionCannot(_ versions: [IPAddress.Family: MembershipVersion]) throws {
        if command.kernel, command.version != nil || command.robustness != nil {
            throw UsageError("--kernel: the system chooses --version and --robustness")
        }
        if let version = versions.values.first(where: { !$0.hasSources }), !command.sources.isEmpty {
            throw UsageError("--source: \(version) has no sources")
        }
    }
}
