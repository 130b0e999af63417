import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `http-probe` to an exit status.
struct HTTPProbeRun {
    static func run(_ command: HTTPProbeCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json, color: command.color)
        return console.status { try run(command, ProbeSettings(command), console) }
    }

    private static func run(_ command: HTTPProbeCommand, _ settings: ProbeSettings, _ console: Console) throws -> Int32
    {
        let configuration = settings.configuration
        let body = try command.output.map { try console.file($0, for: "-o") }
        let renderer: any ProbeRenderer =
            command.frames.json
            ? ProbeJSON(console)
            : ProbeText(
                console, configuration: configuration,
                isQuiet: command.quiet || command.output.map(BufferedOutput.isStandardOutput) ?? false,
                isVerbose: command.verbose, showsTiming: command.timing,
                plot: command.plot ? RoundTripPlot(terminalWidth: console.output.terminalWidth) : nil)
        let resolver = try console.resolver(isVerbose: command.verbose)
        let ladder = command.segments ? LadderText(console, isJSON: command.frames.json) : nil
        let plans = settings.urls.enumerated().map {
            ProbePlan($0.element, configuration, number: $0.offset)
        }
        var engine = try HTTPEngine(
            plans, concurrency: settings.concurrency, tls: settings.tls,
            needsTLS: settings.urls.contains { $0.scheme == .https })
        let outcome: (summary: ProbeSummary, elapsed: Nanoseconds)
        let isCaptured: Bool
        func observer(_ tap: ConnectionTap?) -> ProbeObserver {
            ProbeObserver(
                console: console, renderer: renderer, body: body, tap: tap, showsHandshakes: command.tcp,
                targets: settings.urls.count, start: SystemClock.now)
        }
        if let stack = settings.stack {
            let capture = try command.frames.capture(console)
            let explainer = try command.frames.explained().map { Explainer(count: $0, console: console) }
            var port = try stack.open(
                family: settings.family, resolver: resolver, capture: capture,
                explainer: explainer)
            var waiting = ProgressLine(console)
            if console.errors.isTerminal, stack.checksAddresses {
                waiting.draw("asking whether somebody has the address", at: SystemClock.now)
            }
            let obstacle = try port.bringUp()
            waiting.clear()
            if let obstacle {
                throw CannotRun(message: "--source: \(Self.words(obstacle))")
            }
            if let ladder {
                port.watch { ladder.take($0, hasEthernetHeader: true, isOutbound: $1, stamp: $2.nanoseconds) }
            }
            outcome = try drive(&engine, on: &port, observer(nil))
            try port.settle(atMost: .seconds(1))
            capture?.finish()
            isCaptured = capture?.hasFailed != true
        } else {
            let tap = try ConnectionTap.opened(
                command.frames, keepsHandshakes: command.tcp, ladder: ladder, console)
            // Nothing else needs a privilege.
            try Privileges.dropForGood()
            var port = try KernelStreams(
                family: settings.family, interface: command.targets.interface, resolver: resolver)
            if let tap { port.beginning = { tap.begin($0, localPort: $1) } }
            outcome = try drive(&engine, on: &port, observer(tap))
            if let interruption = port.interruption { throw interruption }
            isCaptured = tap?.finish() ?? true
        }
        let summary = outcome.summary
        renderer.finish(summary, elapsed: outcome.elapsed)
        body?.flush()
        if console.output.failure != nil || body?.failure != nil || !isCaptured { return 2 }
        return summary.failed == 0 && summary.answered > 0 ? 0 : 1
    }
}

extension HTTPProbeRun {
    /// Runs the engine on whoever's TCP it is.
    private static func drive<Port: StreamPort & ~Copyable>(
        _ engine: inout HTTPEngine<ProbePlan>, on port: inout Port, _ observer: consuming ProbeObserver
    ) throws -> (summary: ProbeSummary, elapsed: Nanoseconds) {
        try StreamLoop.run(&engine, on: &port, observer: &observer)
        let elapsed = SystemClock.now - observer.start
        observer.progress.clear()
        return (observer.summary, elapsed)
    }

    private static func words<Port, Names>(_ obstacle: HostStreams<Port, Names>.Obstacle) -> String
    where Port: PacketPort & ~Copyable {
        switch obstacle {
        case .taken(let address, let mac): "\(address) is \(mac)'s"
        case .stopped: "stopped before the address was the host's"
        }
    }
}

/// What a run of `http-probe` came to.
struct ProbeSummary {
    var targets: Int
    var requests = 0
    var answered = 0
    var failed = 0
    var problems = 0
    var trips = RoundTripStatistics()
}

/// Who turns answers into lines.
protocol ProbeRenderer: AnyObject {
    func exchange(_ outcome: HTTPOutcome)
    /// A step of a chain, as soon as it is followed.
    func redirect(_ hop: RedirectHop)
    /// - Parameter handshake: what the SYN-ACK of its connection showed, where that is wanted and was seen.
    func answer(_ answer: ProbeAnswer, _ handshake: HandshakeFacts?)
    func finish(_ summary: ProbeSummary, elapsed: Nanoseconds)
}
