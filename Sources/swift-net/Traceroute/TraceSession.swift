import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// What every way of tracing begins with: the words are read, the sockets
/// open, the privileges gone and the targets found.
struct TraceSession {
    let command: TraceWords
    let console: Console
    let settings: TraceSettings
    let targets: [TraceTarget]
    let names: TraceNames
    let links: LinkTroubles
    private let channels: [IPAddress.Family: ICMPChannel]
    private let segments: SegmentReceiver?
    private let capture: FrameCapture?
    private let explainer: Explainer?
    private let resolver: Resolver

    /// - Parameter adjust: what the strategy asks of each target's configuration.
    init(
        _ command: TraceWords, _ console: Console, _ settings: TraceSettings,
        terminal: Terminal? = nil,
        adjust: (inout TraceConfiguration, Destination) throws -> Void = { _, _ in }
    ) throws {
        self.command = command
        self.console = console
        self.settings = settings
        let expressions = try Self.expressions(command)
        let method = settings.configuration.method
        let explained = try command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
        explainer = explained.map { Explainer(count: $0, console: console) }
        let interface = try command[.interface].map { name in
            guard let index = Interface.index(of: name) else { throw UsageError("-i: '\(name)' is no interface") }
            return index
        }
        resolver = try console.resolver(signals: SignalSource(ofScreen: terminal != nil))
        if let terminal { try resolver.reactor.serve(terminal) }
        let origins = command.has(.origins) ? try TraceOrigins(resolver: resolver) : nil
        capture = try command[.pcap].map { try FrameCapture(path: $0, console: console) }
        guard Privileges.raise() else {
            throw CannotRun(message: "traceroute needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        let families = Self.families(command, expressions.map(\.target))
        var channels = try Self.channels(families, command, longestPacket: settings.configuration.packetLength)
        var receivers: [IPAddress.Family: SegmentReceiver] = [:]
        if method == .tcp {
            for family in channels.keys { receivers[family] = try SegmentReceiver(family) }
        }
        try capture?.open()
        try Privileges.dropForGood()

        var requirements = Destination.Requirements()
        requirements.interface = interface ?? 0
        requirements.source = try command[.source].map { text in
            guard let address = IPAddress(text) else { throw UsageError("-s: '\(text)' is no address") }
            return address
        }
        requirements.firstGateway = settings.configuration.gateways.first
        var found: [TraceTarget] = []
        for (text, target) in expressions {
            requirements.families = Self.families(command, [target]).filter { channels[$0] != nil }
            if requirements.firstGateway != nil { requirements.families.removeAll { $0 == .v6 } }
            guard !requirements.families.isEmpty else {
                throw UsageError("-g: \(text): IPv6 has no source routes (RFC 5095)")
            }
            let destination = try Destination.find(
                target, text: text, requirements, resolver: resolver)
            var configuration = settings.configuration
            configuration.source = destination.source
            configuration.destination = destination.address
            if !settings.hasLength, destination.address.family == .v6 { configuration.packetLength = 80 }
            try adjust(&configuration, destination)
            // Routers fragment IPv4 further; over IPv6 the first host alone does, by the path MTU that is known.
            configuration.unfragmentedLength =
                destination.address.family == .v6 && !configuration.dontFragment
                ? destination.route.mtu : destination.route.linkMTU
            found.append(
                TraceTarget(
                    text: text, destination: destination, configuration: configuration,
                    interface: Interface.name(of: destination.route.interfaceIndex)))
        }
        targets = found
        let used = Set(found.map(\.destination.address.family))
        channels = channels.filter { used.contains($0.key) }
        for (family, channel) in channels {
            let zones = Set(found.filter { $0.destination.address.family == family }.map(\.destination.zone))
            guard zones.count == 1, let zone = zones.first else {
                throw UsageError("targets of several zones are traced one by one")
            }
            channel.scope = zone
            try channel.prepare(identifier: settings.configuration.identifier)
        }
        self.channels = channels
        guard method != .tcp || used.count == 1 else {
            throw UsageError("-T: targets are of one family: IPv4 or IPv6")
        }
        segments = used.first.flatMap { receivers[$0] }
        try segments?.start(port: settings.configuration.destinationPort)
        try capture?.start(tracing: found.map(\.configuration))
        links = LinkTroubles(Set(found.map(\.destination.route.interfaceIndex)), reactor: resolver.reactor)
        names = TraceNames(
            lookUps: command.has(.numeric)
                ? nil : ReverseNames(resolver: resolver, zone: found.first?.destination.zone ?? 0),
            origins: origins, patience: settings.nameWait)
    }

    /// The words that are targets, without a length at their end.
    private static func expressions(_ command: TraceWords) throws -> [(text: String, target: TargetExpression)] {
        let texts = words(command).targets
        guard !texts.isEmpty else { throw UsageError("a target is missing") }
        return try texts.map { text in
            let target: TargetExpression
            do {
                target = try TargetExpression(text)
            } catch {
                throw UsageError("'\(text)' is no host")
            }
            if case .range = target { throw UsageError("\(text): hosts are traced, not a network") }
            return (text, target)
        }
    }

    /// Targets, and the length that traceroute(8) takes behind its target.
    static func words(_ command: TraceWords) -> (targets: [String], length: String?) {
        guard command.targets.count > 1, let last = command.targets.last, last.allSatisfy(\.isNumber) else {
            return (command.targets, nil)
        }
        return (command.targets.dropLast(), last)
    }

    private static func families(_ command: TraceWords, _ targets: [TargetExpression]) -> [IPAddress.Family] {
        let named: [IPAddress.Family] = command.has(.ipv4) ? [.v4] : command.has(.ipv6) ? [.v6] : [.v4, .v6]
        let all = targets.flatMap { target in
            if case .address(let address, _) = target { [address.family] } else { named }
        }
        return [.v4, .v6].filter(all.contains)
    }

    /// One family that cannot be had does not matter while another can.
    private static func channels(
        _ families: [IPAddress.Family], _ command: TraceWords, longestPacket: Int
    ) throws -> [IPAddress.Family: ICMPChannel] {
        var sockets = ICMPSocketConfiguration()
        sockets.interface = command[.interface]
        // Every packet leaves as the engine made it, whatever path MTU the kernel remembers.
        sockets.pathMTUDiscovery = .probe
        // The longest answer is an echo reply, as long as its request.
        sockets.longestPacket = max(sockets.longestPacket, longestPacket)
        sockets.acceptsAllErrors = true
        sockets.receiveBuffer = 1 << 20
        var channels: [IPAddress.Family: ICMPChannel] = [:]
        var failure: SystemError?
        for family in families {
            do throws(SystemError) {
                channels[family] = try ICMPChannel(family, level: .raw, configuration: sockets)
            } catch {
                failure = error
            }
        }
        if channels.isEmpty, let failure { throw CannotRun(message: "\(failure)") }
        return channels
    }

    /// Runs an engine on the sockets to its end.
    func run<E: Engine & ~Copyable, O: EngineObserver & ~Copyable>(
        _ engine: inout E, observer: inout O
    ) throws where O.Observed == E {
        let explainer = explainer
        var port = ICMPPort(
            v4: channels[.v4], v6: channels[.v6], reactor: resolver.reactor,
            tap: capture?.tap,
            segments: segments, trace: explainer.map { explainer in { explainer.show($0) } })
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
    }

    /// What could not be written makes the run a failure, whatever it found.
    var couldWrite: Bool { console.output.failure == nil && capture?.hasFailed != true }
}
