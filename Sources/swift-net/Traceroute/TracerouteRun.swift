import LinuxProcess
import SwiftNet

/// From the command line of `traceroute` to an exit status.
struct TracerouteRun {
    private let command: TraceWords
    private let console: Console

    static func run(_ command: TraceWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { _ in try TracerouteRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        guard !(command.has(.ipv4) && command.has(.ipv6)) else { throw UsageError("-4 and -6 exclude each other") }
        let length = TraceContext.arguments(command).length
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
        guard !(command.has(.mtu) && settings.trace.probe.method == .tcp) else {
            throw UsageError("--mtu: a SYN has no length to choose: use UDP or -I")
        }
        let traceroute = try Traceroute.prepare(
            TraceContext.targets(command), settings.trace, options: TraceContext.runOptions(command, console))
        let context = try TraceContext(command, console, settings, traceroute.trace)
        var observer = TraceObserver(renderer: TraceRenderer(context), console: console)
        let result = try traceroute.run(reportingTo: &observer)
        return result.isReached ? 0 : result.couldSend ? 1 : 2
    }

    /// Every path of a balanced route.
    private func paths(_ settings: TraceSettings) throws -> Int32 {
        guard settings.trace.probe.method != .icmp else {
            throw UsageError("--paths: routers tell flows by ports, and ICMP has none: use UDP or -T")
        }
        guard !command.has(.noParis) else { throw UsageError("--paths and --no-paris exclude each other") }
        guard !command.has(.mtu) else { throw UsageError("--paths and --mtu exclude each other") }
        guard !(command.has(.dot) && command.has(.json)) else {
            throw UsageError("--dot and --json exclude each other")
        }
        let confidence = try command[.confidence].map(Self.confidence) ?? 0.95
        let paths = try Traceroute.Paths.prepare(
            TraceContext.target(command, "--paths"), .init(settings.trace, confidence: confidence),
            options: TraceContext.runOptions(command, console))
        let context = try TraceContext(command, console, settings, paths.trace)
        let renderer = PathsRenderer(context, paths.trace.targets[0], confidence: confidence)
        renderer.begin()
        var observer = PathsObserver(renderer: renderer, context: context)
        let summary = try paths.run(reportingTo: &observer)
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
    let console: Console
    private var held: HeldLines<(graph: PathGraph, summary: TraceSummary)>

    init(renderer: PathsRenderer, context: TraceContext) {
        self.renderer = renderer
        names = context.names
        console = context.console
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
        return print(at: now)
    }

    mutating func linger(at now: Instant) -> Instant? { print(at: now) }

    private mutating func print(at now: Instant) -> Instant? {
        let (results, next) = held.take(at: now)
        for result in results { renderer.finish(result.graph, result.summary) }
        console.output.flush()
        return next
    }
}

/// Hands what a trace finds to the renderer.
private struct TraceObserver: EngineObserver {
    typealias Observed = TraceEngine

    let renderer: TraceRenderer
    let console: Console

    mutating func report(_ event: TraceEvent) { renderer.report(event) }

    mutating func step(_ engine: inout TraceEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        let next = renderer.update(at: now, isStopped: wakening.contains(.stop))
        console.output.flush()
        return next
    }

    mutating func linger(at now: Instant) -> Instant? { renderer.update(at: now, isStopped: false) }
}
