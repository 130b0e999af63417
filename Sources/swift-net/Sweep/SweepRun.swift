import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// Many targets, a line each.
struct SweepRun {
    let world: PingWorld
    let neighbors: SweepNeighbors
    let links: SweepLinks
    private var settings: PingSettings { world.settings }
    private var command: PingWords { world.command }

    func run(
        _ sockets: PingSockets, explainer: Explainer?, capture: FrameCapture?
    ) throws -> Int32 {
        let (targets, names, refused) = try findTargets(sockets)
        var configuration = SweepConfiguration(targets: targets)
        for family in sockets.families {
            guard let channel = sockets.channel(family) else { continue }
            try channel.prepare(identifier: world.identifier)
            guard let format = format(family, channel, targets) else { continue }
            if family == .v4 { configuration.v4 = format } else { configuration.v6 = format }
        }
        configuration.expectsMore = !names.isEmpty
        configuration.longestPacket = settings.size + 8 + 60
        configuration.timeout = settings.timeout ?? .milliseconds(500)
        configuration.rate = world.sweepRate
        try neighbors.apply(to: &configuration)
        configuration.mostUnresolved = sockets.unresolvedCapacity(packetLength: configuration.longestPacket)
        configuration.deadline = world.remainingTime
        configuration.reportsErrors = command.has(.verbose) || command.has(.json)
        if let count = settings.count {
            configuration.plan = .count(count, period: settings.interval ?? .seconds(1))
        } else {
            configuration.plan = .untilAnswered(retries: settings.retries)
        }
        try capture?.start(
            identifier: world.identifier, question: settings.question, withNeighbors: !configuration.sought.isEmpty)
        var engine = SweepEngine(configuration)
        let renderer = renderer(configuration) { [links] in links.interface(of: $0) }
        var port = ICMPPort(
            v4: sockets.v4, v6: sockets.v6, sendsBeside: !configuration.sought.isEmpty,
            reactor: world.resolver.reactor, tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
        let arrivals = SweepArrivals(
            names: ForwardNames(names, family: settings.family, resolver: world.resolver),
            families: Set(sockets.families),
            console: world.console, links: links
        ) { address in
            sockets.channel(address.family).flatMap { format(to: address, $0) }
        }
        var observer = SweepObserver(
            console: world.console, renderer: renderer, arrivals: names.isEmpty ? nil : arrivals, neighbors: neighbors,
            links: links)
        try neighbors.start()
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        observer.progress.clear()
        if let interruption = port.interruption { throw interruption }
        arrivals.giveUp()
        let summary = engine.summary
        guard summary.targets > 0 else { throw CannotRun(message: "no target has an address") }
        renderer.finish(summary, drops: port.drops)
        world.console.output.flush()
        capture?.finish()
        let isComplete = summary.alive + summary.skipped == summary.targets
        if capture?.hasFailed == true || world.console.output.failure != nil { return 2 }
        // Targets that could not be checked are no answer about the others.
        guard refused + arrivals.failures + summary.unchecked == 0 else { return 2 }
        return isComplete && summary.alive > 0 ? 0 : 1
    }

    /// The targets that are addresses, the names of the others, and how many were of the wrong family.
    private func findTargets(_ sockets: PingSockets) throws -> (TargetSet, names: [String], refused: Int) {
        var targets = TargetSet()
        var names: [String] = []
        var refused = 0
        do {
            for (expression, text) in zip(settings.expressions, settings.texts) {
                switch expression {
                case .address(let address, let zone):
                    if let zone { sockets.channel(address.family)?.scope = try Destination.index(ofZone: zone, text) }
                    guard settings.family.map({ $0 == address.family }) ?? true else {
                        world.console.complain("\(text): Address family for hostname not supported")
                        refused += 1
                        continue
                    }
                    try targets.append(address)
                case .range(let first, let last):
                    try targets.append(from: first, through: last)
                case .name(let name):
                    names.append(name)
                }
            }
        } catch TargetSet.Refusal.tooMany {
            throw UsageError("more than \(TargetSet.maximumCount) targets")
        }
        return (targets, names, refused)
    }

    /// One format for all targets of a family. Their source is that of the
    /// route to the first of them that has one; nil when none has, which makes them unreachable.
    private func format(_ family: IPAddress.Family, _ channel: ICMPChannel, _ targets: TargetSet) -> ProbeFormat? {
        for index in 0..<min(targets.count, 1024) where targets[index].family == family {
            if let format = format(to: targets[index], channel) { return format }
        }
        return nil
    }

    private func format(to address: IPAddress, _ channel: ICMPChannel) -> ProbeFormat? {
        var requirements = world.requirements(families: [address.family])
        if channel.scope != 0 { requirements.interface = channel.scope }
        guard
            let found = try? Destination.route(
                to: Resolver.Answer(address: address), text: "\(address)", requirements),
            found.route.kind != .broadcast, !found.source.isUnspecified
        else { return nil }
        return world.format(
            to: found.route, source: found.source, level: channel.level, identifier: channel.identifier)
    }

    private func renderer(
        _ configuration: SweepConfiguration, interface: @escaping (IPAddress) -> String?
    ) -> any SweepRenderer {
        let filter: SweepFilter = command.has(.alive) ? .alive : command.has(.unreachable) ? .unreachable : .all
        if command.has(.json) {
            return SweepJSON(
                configuration, filter: filter, isQuiet: command.has(.quiet), world.console, interface: interface)
        }
        return SweepText(
            configuration, filter: filter, isQuiet: command.has(.quiet), world.console, interface: interface)
    }
}
