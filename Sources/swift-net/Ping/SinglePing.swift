import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// One target, pinged until it is enough.
struct SinglePing {
    let world: PingWorld
    private var settings: PingSettings { world.settings }
    private var command: PingWords { world.command }

    init(world: PingWorld) { self.world = world }

    func run(
        _ sockets: PingSockets, explainer: Explainer?, capture: FrameCapture?
    ) throws -> Int32 {
        let destination = try findDestination(sockets)
        guard let channel = sockets.channel(destination.address.family) else {
            throw CannotRun(message: "socket: \(SystemError.message(SystemError.familyNotSupported))")
        }
        let isMulticast = try checkBroadcast(destination)
        try checkFragments(destination)
        channel.scope = destination.zone
        try channel.prepare(identifier: world.identifier)
        if command.has(.connect) { try channel.connect(to: destination.address) }
        let format = world.format(
            to: destination.route, source: destination.source, level: channel.level, identifier: channel.identifier)
        var engine = PingEngine(configuration(destination, format, isMulticast: isMulticast))
        let names = ReverseNames(resolver: world.resolver, zone: destination.zone)
        let renderer = renderer(destination, format, isMulticast: isMulticast, names: names)
        try capture?.start(identifier: channel.identifier, question: settings.question)
        var port = ICMPPort(
            v4: destination.address.family == .v4 ? channel : nil,
            v6: destination.address.family == .v6 ? channel : nil,
            reactor: world.resolver.reactor, tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
        var observer = PingObserver(console: world.console, renderer: renderer)
        renderer.begin()
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        let summary = engine.summary
        renderer.finish(summary, drops: port.drops)
        world.console.output.flush()
        capture?.finish()
        let isEnough = settings.deadline == nil || settings.count.map { summary.received >= $0 } ?? true
        if capture?.hasFailed == true || world.console.output.failure != nil { return 2 }
        // Where no probe left this host, nothing was learned about the target.
        if summary.transmitted > 0, summary.refusedBySystem == summary.transmitted { return 2 }
        return summary.received > 0 && isEnough ? 0 : 1
    }

    // MARK: The destination

    /// The first address of the target that there is a route to.
    private func findDestination(_ sockets: PingSockets) throws -> Destination {
        let (target, text) = (settings.expressions[0], settings.texts[0])
        if case .address(let address, _) = target, let family = settings.family, family != address.family {
            throw CannotRun(message: "\(text): \(SystemError.addressFamilyNotFound)")
        }
        return try Destination.find(
            target, text: text, world.requirements(families: settings.family.map { [$0] } ?? sockets.families),
            resolver: world.resolver)
    }

    /// What the target is called in the lines: iputils gives the canonical name of an IPv4 target, and an IPv6
    /// one as it was typed.
    private func hostname(_ destination: Destination) -> String {
        destination.address.family == .v4 ? destination.canonicalName ?? settings.texts[0] : settings.texts[0]
    }

    /// - Returns: whether answers come from many.
    private func checkBroadcast(_ destination: Destination) throws -> Bool {
        let isBroadcast = destination.route.kind == .broadcast
        if isBroadcast {
            guard command.has(.broadcast) else {
                throw CannotRun(
                    message: "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
            }
            world.console.errors.write("WARNING: pinging broadcast address\n")
            world.console.errors.flush()
        }
        let isToMany = isBroadcast || destination.address.isMulticast
        guard isToMany, !Privileges.isSuperuser else { return isToMany }
        let kind = destination.address.family == .v4 ? "broadcast" : "multicast"
        if settings.interval ?? (command.has(.flood) ? .zero : .seconds(1)) < PingSettings.minimumMulticastUserInterval
        {
            throw UsageError("minimal interval for \(kind) ping for user must be >= 1000 ms, use -i 1 (or higher)")
        }
        if let mode = settings.pathMTUDiscovery, mode != .do { throw UsageError("\(kind) ping does not fragment") }
        return true
    }

    /// Fragments that overlap are an experiment with one's own machines, and no way past somebody's filter.
    private func checkFragments(_ destination: Destination) throws {
        guard let plan = settings.fragments else { return }
        if plan.order == .overlapping,
            destination.route.gateway != nil
                || destination.route.kind != .local
                    && destination.route.kind != .unicast
        {
            throw UsageError("--fragment-order overlapping: \(destination.address) is no host of this network")
        }
        let headers = destination.address.family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength + 8
        let most = (destination.route.linkMTU > 0 ? destination.route.linkMTU : 1_500) - headers
        guard plan.size <= most else {
            throw UsageError("--fragment: \(plan.size) bytes and their headers are more than the interface takes")
        }
    }

    // MARK: Engine and renderer

    private func configuration(
        _ destination: Destination, _ format: ProbeFormat, isMulticast: Bool
    ) -> PingConfiguration {
        var configuration = PingConfiguration(destination: destination.address, format: format)
        configuration.count = settings.count
        configuration.interval = settings.interval ?? (command.has(.flood) ? .zero : .seconds(1))
        configuration.preload = settings.preload
        configuration.isAdaptive = command.has(.adaptive)
        configuration.minimumInterval = Privileges.isSuperuser ? .zero : PingSettings.minimumUserInterval
        configuration.deadline = world.remainingTime
        configuration.timeout = settings.timeout ?? .seconds(10)
        configuration.acceptsAnySource =
            isMulticast || destination.address.isSubnetRouterAnycast || settings.question == .routerSolicitation
        configuration.reportsOutstanding = command.has(.outstanding)
        configuration.reportsTransmissions = command.has(.flood) && !command.has(.quiet) && !command.has(.json)
        configuration.reportsIgnored = command.has(.verbose)
        configuration.reportInterval = settings.reportInterval
        configuration.wallOffset = SystemClock.wall - SystemClock.now.nanoseconds
        configuration.splitsFirstRoundTrip = command.has(.split)
        return configuration
    }

    private func renderer(
        _ destination: Destination, _ format: ProbeFormat, isMulticast: Bool, names: ReverseNames
    ) -> any PingRenderer {
        let facts = PingFacts(
            hostname: hostname(destination), address: destination.address,
            zone: destination.zone == 0 ? nil : Interface.name(of: destination.zone), source: destination.source,
            device: settings.interface, interface: Interface.name(of: destination.route.interfaceIndex),
            hasFixedSource: settings.source != nil || command.has(.stickySource),
            isMulticast: isMulticast,
            identifier: format.identifier, dataLength: settings.size,
            packetLength: settings.size + 8 + 20 + (settings.options.isEmpty ? 0 : IPv4Options.maximumByteCount),
            flowLabel: settings.flowLabel, fragments: settings.fragments,
            pattern: settings.pattern,
            wantsNames: command.has(.forceNames)
                || !(command.has(.numeric) || destination.canonicalName == nil || command.has(.flood)))
        if command.has(.json) {
            return PingJSON(facts, target: settings.texts[0], isQuiet: command.has(.quiet), world.console)
        }
        let style = PingText.Style(
            isQuiet: command.has(.quiet), isFlood: command.has(.flood), isVerbose: command.has(.verbose),
            isAudible: command.has(.audible),
            printsTimes: command.has(.timestamps), isPrecise: command.has(.precise),
            printsGaps: command.has(.flood) || command.has(.adaptive) || settings.interval == .zero)
        let plot = command.has(.plot) ? RoundTripPlot(terminalWidth: world.console.output.terminalWidth) : nil
        return PingText(facts, style, world.console, names: names, plot: plot)
    }
}
