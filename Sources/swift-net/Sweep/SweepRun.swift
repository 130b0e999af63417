import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// Many targets, a line each.
struct SweepRun {
    let world: PingWorld
    private var settings: PingSettings { world.settings }
    private var command: PingWords { world.command }

    init(world: PingWorld) { self.world = world }

    func run(
        _ sockets: inout PingSockets, signals: consuming SignalSource, explainer: Explainer?, capture: FrameCapture?
    ) throws -> Int32 {
        var (targets, unresolved) = try findTargets(sockets)
        guard targets.count > 0 else {
            throw CannotRun(message: "no target has an address")
        }
        var configuration = SweepConfiguration(targets: targets)
        targets = TargetSet()
        for family in configuration.targets.families {
            guard let channel = sockets.channel(family) else { continue }
            try channel.prepare(identifier: world.identifier)
            let format = try format(family, channel, configuration.targets)
            if family == .v4 { configuration.v4 = format } else { configuration.v6 = format }
        }
        configuration.timeout = settings.timeout ?? .milliseconds(500)
        configuration.rate = rate
        configuration.deadline = settings.deadline
        configuration.reportsErrors = command.has(.verbose) || command.has(.json)
        if let count = settings.count {
            configuration.plan = .count(count, period: settings.interval ?? .seconds(1))
        } else {
            configuration.plan = .untilAnswered(retries: settings.retries)
        }
        try capture?.start(identifier: world.identifier, question: settings.question)
        var engine = SweepEngine(configuration)
        let renderer = renderer(configuration)
        var port = ICMPPort(
            v4: configuration.v4 == nil ? nil : sockets.v4, v6: configuration.v6 == nil ? nil : sockets.v6,
            signals: signals, bell: world.bell, tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
        var observer = SweepObserver(
            console: world.console, renderer: renderer, showsProgress: world.console.errors.isTerminal)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        observer.clearProgress()
        renderer.finish(engine.summary, overflows: port.overflowCount)
        world.console.output.flush()
        capture?.finish()
        unresolved += engine.summary.unreachable
        let isComplete = engine.summary.alive + engine.summary.skipped == engine.summary.targets
        if capture?.hasFailed == true || world.console.output.failure != nil { return 2 }
        return unresolved == 0 && isComplete && engine.summary.alive > 0 ? 0 : 1
    }

    /// `-i` in a sweep without a count is the time between packets, as in fping.
    private var rate: Double? {
        guard command[.rate] == nil, settings.count == nil, let interval = settings.interval else {
            return settings.rate
        }
        return interval == .zero ? nil : 1 / interval.seconds
    }

    /// Every target's address, and how many names had none.
    private func findTargets(_ sockets: PingSockets) throws -> (TargetSet, unresolved: Int) {
        var targets = TargetSet()
        var unresolved = 0
        do {
            for (expression, text) in zip(settings.expressions, settings.texts) {
                switch expression {
                case .address(let address, let zone):
                    if let zone { sockets.channel(address.family)?.scope = try world.zoneIndex(zone, of: text) }
                    guard settings.family.map({ $0 == address.family }) ?? true else {
                        world.console.complain("\(text): Address family for hostname not supported")
                        unresolved += 1
                        continue
                    }
                    try targets.append(address)
                case .range(let first, let last):
                    try targets.append(from: first, through: last)
                case .name(let name):
                    do throws(Resolver.Failure) {
                        let found = try Resolver.addresses(of: name, family: settings.family)
                        guard let answer = found.answers.first(where: { sockets.channel($0.address.family) != nil })
                        else {
                            throw Resolver.Failure(name: name, message: "Address family for hostname not supported")
                        }
                        try? targets.append(answer.address, name: name)
                    } catch {
                        world.console.complain("\(error)")
                        unresolved += 1
                    }
                }
            }
        } catch TargetSet.Refusal.tooMany {
            throw UsageError("more than \(TargetSet.maximumCount) targets")
        }
        return (targets, unresolved)
    }

    /// One format for all targets of a family. Their source is that of the
    /// route to the first of them that has one.
    private func format(_ family: IPAddress.Family, _ channel: ICMPChannel, _ targets: TargetSet) throws -> ProbeFormat
    {
        let interface = settings.interface.flatMap(Interface.index) ?? 0
        var failure: SystemError?
        for index in 0..<min(targets.count, 1024) where targets[index].family == family {
            do throws(SystemError) {
                let route = try RouteTable.route(
                    to: targets[index], from: settings.source,
                    interface: channel.scope != 0 ? channel.scope : interface,
                    mark: settings.mark, typeOfService: settings.trafficClass ?? 0)
                guard let source = settings.source ?? route.source, route.kind != .broadcast else { continue }
                return world.format(to: route, source: source, level: channel.level, identifier: channel.identifier)
            } catch {
                failure = failure ?? error
            }
        }
        throw CannotRun(message: failure.map { "\($0)" } ?? "no way to any target")
    }

    private func renderer(_ configuration: SweepConfiguration) -> any SweepRenderer {
        let filter: SweepFilter = command.has(.alive) ? .alive : command.has(.unreachable) ? .unreachable : .all
        if command.has(.json) {
            return SweepJSON(configuration, filter: filter, isQuiet: command.has(.quiet), world.console)
        }
        return SweepText(configuration, filter: filter, isQuiet: command.has(.quiet), world.console)
    }
}
