import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// From the command line of `traceroute` to an exit status.
struct TracerouteRun {
    private let command: TraceWords
    private let console: Console
    /// The target as it was typed.
    private let text: String
    private let target: TargetExpression
    /// Bytes of a packet: the word behind the target, as traceroute has it, or `--size`.
    private let size: String?

    static func run(_ command: TraceWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { try TracerouteRun(command, console).run() }
    }

    private init(_ command: TraceWords, _ console: Console) throws {
        self.command = command
        self.console = console
        guard let text = command.targets.first else { throw UsageError("a target is missing") }
        let rest = command.targets.dropFirst()
        guard rest.isEmpty || rest.count == 1 && rest.allSatisfy({ $0.allSatisfy(\.isNumber) }) else {
            throw UsageError("one host is traced, not several: \(command.targets.joined(separator: " "))")
        }
        guard rest.isEmpty || command[.size] == nil else {
            throw UsageError("--size and the length behind the target exclude each other")
        }
        size = rest.first ?? command[.size]
        self.text = text
        guard !(command.has(.ipv4) && command.has(.ipv6)) else { throw UsageError("-4 and -6 exclude each other") }
        do {
            target = try TargetExpression(text)
        } catch {
            throw UsageError("'\(text)' is no host")
        }
        if case .range = target { throw UsageError("\(text): one host is traced, not a network") }
    }

    private func run() throws -> Int32 {
        // Every value is read before anything is opened.
        var configuration = try TraceSettings(command, size: size).configuration
        let explained = try command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
        let interface = try command[.interface].map { name in
            guard let index = Interface.index(of: name) else { throw UsageError("-i: '\(name)' is no interface") }
            return index
        }
        let signals = try SignalSource()
        let bell = try Bell()
        guard Privileges.raise() else {
            throw CannotRun(message: "traceroute needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        var sockets = ICMPSocketConfiguration()
        sockets.interface = command[.interface]
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
        try Privileges.dropForGood()
        let way = try TraceDestination.find(
            target, text: text, families: families.filter { channels[$0] != nil },
            source: command[.source], interface: interface ?? 0)
        guard let channel = channels[way.address.family] else {
            throw CannotRun(message: "socket: \(SystemError.message(SystemError.familyNotSupported))")
        }
        configuration.source = way.source
        configuration.destination = way.address
        if size == nil, way.address.family == .v6 { configuration.packetLength = 80 }
        channel.scope = way.zone
        try channel.prepare(identifier: configuration.identifier)
        var engine = TraceEngine(configuration)
        let explainer = explained.map { Explainer(count: $0, console: console) }
        var port = ICMPPort(
            v4: way.address.family == .v4 ? channel : nil, v6: way.address.family == .v6 ? channel : nil,
            signals: signals, bell: bell, trace: explainer.map { explainer in { explainer.show($0) } })
        let names = command.has(.numeric) ? nil : ReverseNames(bell: bell, zone: way.zone)
        let renderer = TraceRenderer(
            command, console, target: text, way, configuration, names: names)
        renderer.begin()
        var observer = TraceObserver(renderer: renderer, console: console)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        let summary = engine.summary
        renderer.finish(summary)
        if console.output.failure != nil { return 2 }
        return summary.isReached ? 0 : 1
    }

    private var families: [IPAddress.Family] {
        if case .address(let address, _) = target { return [address.family] }
        return command.has(.ipv4) ? [.v4] : command.has(.ipv6) ? [.v6] : [.v4, .v6]
    }
}

/// Hands what a trace finds to the renderer.
private struct TraceObserver: EngineObserver {
    typealias Observed = TraceEngine

    let renderer: TraceRenderer
    let console: Console

    mutating func report(_ event: TraceEvent) { renderer.report(event) }

    mutating func step(_ engine: inout TraceEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        return nil
    }

    var isListening: Bool { console.output.isOpen }
}
