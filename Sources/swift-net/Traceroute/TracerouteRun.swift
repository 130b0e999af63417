import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `traceroute` to an exit status.
struct TracerouteRun {
    private let command: TraceWords
    private let console: Console

    static func run(_ command: TraceWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { try TracerouteRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        guard !(command.has(.ipv4) && command.has(.ipv6)) else { throw UsageError("-4 and -6 exclude each other") }
        let length = TraceSession.words(command).length
        guard length == nil || command[.size] == nil else {
            throw UsageError("--size and the length behind the target exclude each other")
        }
        // Every value is read before anything is opened.
        let settings = try TraceSettings(command, size: length ?? command[.size])
        if command.has(.report) || command.has(.live) { return try MonitorRun(command, console, settings).run() }
        if let option = [TraceValue.cycles, .interval].first(where: { command[$0] != nil }) {
            throw UsageError("--\(option.names.long) is of --report and --live alone")
        }
        if command.has(.paths) || command.has(.dot) { return try paths(settings) }
        if command[.confidence] != nil { throw UsageError("--confidence is of --paths alone") }
        return try hops(settings)
    }

    /// Hop by hop, the plain trace.
    private func hops(_ settings: TraceSettings) throws -> Int32 {
        guard !(command.has(.mtu) && settings.configuration.method == .tcp) else {
            throw UsageError("--mtu: a SYN has no length to choose: use UDP or -I")
        }
        let session = try TraceSession(command, console, settings) { configuration, destination in
            guard command.has(.mtu) else { return }
            configuration.findsPathMTU = true
            configuration.dontFragment = true
            configuration.longestPacket = min(destination.route.linkMTU, 65_535)
        }
        var engine = TraceEngine(session.targets.map(\.configuration))
        var observer = TraceObserver(renderer: TraceRenderer(session), session: session)
        try session.run(&engine, observer: &observer)
        guard session.couldWrite else { return 2 }
        return engine.isReached ? 0 : engine.couldSend ? 1 : 2
    }

    /// Every path of a balanced route.
    private func paths(_ settings: TraceSettings) throws -> Int32 {
        guard settings.configuration.method != .icmp else {
            throw UsageError("--paths: routers tell flows by ports, and ICMP has none: use UDP or -T")
        }
        guard !command.has(.noParis) else { throw UsageError("--paths and --no-paris exclude each other") }
        guard !command.has(.mtu) else { throw UsageError("--paths and --mtu exclude each other") }
        guard !(command.has(.dot) && command.has(.json)) else {
            throw UsageError("--dot and --json exclude each other")
        }
        let confidence = try command[.confidence].map(Self.confidence) ?? 0.95
        let session = try TraceSession(command, console, settings)
        guard session.targets.count == 1, let target = session.targets.first else {
            throw UsageError("--paths: one target at a time")
        }
        var engine = PathsEngine(target.configuration, StoppingPoints(confidence: confidence))
        let renderer = PathsRenderer(session, target, confidence: confidence)
        renderer.begin()
        var observer = PathsObserver(renderer: renderer, session: session)
        try session.run(&engine, observer: &observer)
        guard session.couldWrite else { return 2 }
        let summary = engine.summary
        return summary.isReached ? 0 : summary.unsent == 0 ? 1 : 2
    }

    /// `95`, `99.9` or `95%`.
    private static func confidence(_ text: String) throws -> Double {
        let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard digits.allSatisfy({ $0.isNumber || $0 == "." }), let percent = Double(digits), percent >= 50,
            percent <= 99.999
        else { throw UsageError("--confidence: '\(text)' is no percentage from 50 to 99.999") }
        // So that it is written as it was typed: 99.9 / 100 is not 0.999.
        return (percent * 1_000).rounded() / 100_000
    }
}

/// Hands what is found of the paths to the renderer.
private struct PathsObserver: EngineObserver {
    typealias Observed = PathsEngine

    let renderer: PathsRenderer
    let names: TraceNames
    let links: LinkTroubles
    let console: Console
    private var held: HeldLines<(graph: PathGraph, summary: TraceSummary)>

    init(renderer: PathsRenderer, session: TraceSession) {
        self.renderer = renderer
        names = session.names
        links = session.links
        console = session.console
        held = HeldLines(names)
    }

    mutating func report(_ event: PathsEvent) {
        switch event {
        // The names are asked for beside the probing.
        case .answered(let address): names.prepare(address)
        case .finished(let graph, let summary):
            held.append((graph, summary), naming: graph.hops.joined().compactMap(\.address))
        }
    }

    mutating func step(_ engine: inout PathsEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.stop) { held.release() }
        for change in links.take(at: now) { engine.setLink(change.failure) }
        return [print(at: now), links.next].compactMap { $0 }.min()
    }

    mutating func linger(at now: Instant) -> Instant? { print(at: now) }

    private mutating func print(at now: Instant) -> Instant? {
        let (results, next) = held.take(at: now)
        for result in results { renderer.finish(result.graph, result.summary) }
        console.output.flush()
        return next
    }

    var isListening: Bool { console.output.isOpen }
}

/// Hands what a trace finds to the renderer.
private struct TraceObserver: EngineObserver {
    typealias Observed = TraceEngine

    let renderer: TraceRenderer
    let session: TraceSession
    var console: Console { session.console }

    mutating func report(_ event: TraceEvent) { renderer.report(event) }

    mutating func step(_ engine: inout TraceEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        for change in session.links.take(at: now) {
            for (index, target) in session.targets.enumerated()
            where target.destination.route.interfaceIndex == change.interface {
                engine.setLink(change.failure, ofTarget: index)
            }
        }
        let next = renderer.update(at: now, isStopped: wakening.contains(.stop))
        console.output.flush()
        return [next, session.links.next].compactMap { $0 }.min()
    }

    mutating func linger(at now: Instant) -> Instant? { renderer.update(at: now, isStopped: false) }

    var isListening: Bool { console.output.isOpen }
}
