import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// From a command line to an exit status.
struct PingRun {
    private let command: PingWords
    private let settings: PingSettings
    private let console: Console

    /// - Parameter name: what the command was called as, for complaints.
    static func run(_ command: PingWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json), color: command[.color] ?? "auto")
        return console.status {
            try PingRun(command: command, settings: try PingSettings(command), console: console).run()
        }
    }

    private func run() throws -> Int32 {
        let started = SystemClock.now
        console.limit(to: settings.deadline)
        let resolver = try console.resolver(isVerbose: command.has(.verbose))
        let capture = try command[.pcap].map { try FrameCapture(path: $0, console: console) }
        let families = Set(settings.expressions.flatMap(families))
        let identifier = settings.identifier ?? UInt16.random(in: 1...UInt16.max)
        let world = PingWorld(
            command: command, settings: settings, console: console, identifier: identifier, resolver: resolver,
            started: started)
        let requirements = world.requirements(families: [.v4, .v6])
        let routes = settings.isSweep ? try SweepRoutes(settings, requirements) : nil
        // With -r the kernel takes every target for a neighbor, whatever its routes say.
        let links =
            command.has(.bypassRouting)
            ? [] : try routes.map { try LinkNeighbors.among($0.pieces, source: requirements.source) } ?? []
        let sockets = try PingSockets(
            families: families, configuration: socketConfiguration, needsRaw: needsRaw, capture: capture,
            packetSockets: links.count)
        try Privileges.dropForGood()
        let explainer = settings.explained > 0 ? Explainer(count: settings.explained, console: console) : nil
        if let routes {
            let neighbors = try SweepNeighbors(
                links, reserve: sockets.reserve, rate: world.sweepRate, reactor: resolver.reactor)
            let links = try SweepLinks(routes, reactor: resolver.reactor)
            return try SweepRun(world: world, neighbors: neighbors, links: links).run(
                sockets, explainer: explainer, capture: capture)
        }
        return try SinglePing(world: world).run(sockets, explainer: explainer, capture: capture)
    }

    /// The families that a target may turn out to have.
    private func families(_ expression: TargetExpression) -> [IPAddress.Family] {
        switch expression {
        case .address(let address, _), .range(let address, _): [address.family]
        case .name: settings.family.map { [$0] } ?? [.v4, .v6]
        }
    }

    /// What the kernel's datagram sockets cannot do.
    private var needsRaw: String? {
        if settings.question != .echo { return "--icmp \(settings.question.rawValue)" }
        if settings.flowLabel != nil { return "-F" }
        if settings.fragments != nil { return "--fragment" }
        if command[.pcap] != nil { return "--pcap" }
        if settings.identifier == 0 { return "-e 0" }
        return nil
    }

    private var socketConfiguration: ICMPSocketConfiguration {
        var configuration = ICMPSocketConfiguration()
        configuration.interface = settings.interface
        configuration.source = settings.source
        configuration.mark = settings.mark
        // Probes that wait for the kernel to find a neighbor's station take the send buffer.
        configuration.sendBuffer = settings.sendBuffer ?? (settings.isSweep ? 1 << 20 : nil)
        configuration.allowsBroadcast = command.has(.broadcast)
        configuration.bypassesRouting = command.has(.bypassRouting)
        configuration.debugs = command.has(.debug)
        configuration.loopsMulticast = !command.has(.noLoop)
        configuration.replyTypes = [ICMPv4Type(rawValue: settings.question.answerType(.v4))]
        configuration.replyTypesV6 = [ICMPv6Type(rawValue: settings.question.answerType(.v6))]
        // An answer with options and a little more than was asked for.
        configuration.longestPacket = max(2048, settings.size + 8 + 60 + 76)
        // Room for every probe under way, and what the kernel adds to each.
        let perPacket = settings.size + 8 + ((settings.size + 8 + 511) / 512) * 768
        configuration.receiveBuffer =
            settings.isSweep ? 8 << 20 : max(1 << 20, min(perPacket * settings.preload, 32 << 20))
        configuration.hopLimit = settings.timeToLive
        configuration.trafficClass = settings.trafficClass
        configuration.pathMTUDiscovery = settings.pathMTUDiscovery
        configuration.ipv4Options = settings.options.isEmpty ? [] : settings.options.encoded()
        configuration.ignoresKernelStamps = command.has(.userLatency)
        configuration.wantsTransmitStamps = command.has(.split)
        return configuration
    }
}

/// The run cannot begin; with lines that help.
struct CannotRun: Error {
    var message: String
    var hints: [String] = []
}

/// What both kinds of run share.
struct PingWorld {
    let command: PingWords
    let settings: PingSettings
    let console: Console
    let identifier: UInt16
    let resolver: Resolver
    private let firstIdentification = UInt16.random(in: 0...UInt16.max)
    /// When the command began: `-w` counts from here.
    let started: Instant

    /// Packets a second in a sweep: `-i` without a count is the time between packets, as in fping.
    var sweepRate: Double? {
        guard command[.rate] == nil, settings.count == nil, let interval = settings.interval else {
            return settings.rate
        }
        return interval == .zero ? nil : 1 / interval.seconds
    }

    private var deadline: Instant? { settings.deadline.map { started + $0 } }

    /// What is left of `-w` after the lookups.
    var remainingTime: Nanoseconds? { deadline.map { max($0 - SystemClock.now, .milliseconds(1)) } }

    /// What the options ask of the route to a target.
    func requirements(families: [IPAddress.Family]) -> Destination.Requirements {
        var requirements = Destination.Requirements()
        requirements.families = families
        requirements.interface = settings.interface.flatMap(Interface.index) ?? 0
        requirements.source = settings.source
        requirements.mark = settings.mark
        requirements.trafficClass = settings.trafficClass ?? 0
        requirements.deadline = deadline
        return requirements
    }

    /// How the probes to a destination look, by what the kernel says of the way there.
    func format(to route: Route, source: IPAddress, level: ICMPChannel.Level, identifier: UInt16) -> ProbeFormat {
        var header = ProbeHeader()
        let isToMany = route.kind == .multicast || route.kind == .broadcast
        header.hopLimit =
            settings.timeToLive
            ?? settings.question.hopLimit(source.family, isMulticast: route.kind == .multicast)
        header.trafficClass = settings.trafficClass ?? 0
        header.flowLabel = settings.flowLabel ?? 0
        header.options = settings.options
        header.fragments = settings.fragments
        header.firstIdentification = firstIdentification
        header.pathMTUDiscovery = settings.pathMTUDiscovery ?? (isToMany ? .do : .want)
        header.linkMTU = route.linkMTU > 0 ? route.linkMTU : 1_500
        header.pathMTU = route.mtu > 0 ? route.mtu : header.linkMTU
        var random = SystemRandomness()
        return ProbeFormat(
            question: settings.question, level: level == .raw ? .datagram : .message, source: source,
            identifier: identifier, header: header, data: settings.data, key: SipHash(using: &random))
    }
}
