import Diagnostics
import LinuxNet
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
        let signals = try SignalSource()
        return try hops(settings, signals)
    }

    /// Hop by hop, the plain trace.
    private func hops(_ settings: TraceSettings, _ signals: consuming SignalSource) throws -> Int32 {
        let session = try TraceSession(command, console, settings)
        var engine = TraceEngine(session.targets.map(\.configuration))
        var observer = TraceObserver(renderer: TraceRenderer(session), console: console)
        try session.run(&engine, signals: signals, observer: &observer)
        guard session.couldWrite else { return 2 }
        return engine.isReached ? 0 : 1
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
