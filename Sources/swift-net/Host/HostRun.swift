import LinuxProcess
import SwiftNet

/// From the command line of `host` to an exit status.
struct HostRun {
    static func run(_ command: HostCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { _ in try run(command, UserHost.Configuration(command), console) }
    }

    private static func run(
        _ command: HostCommand, _ configuration: UserHost.Configuration, _ console: Console
    ) throws -> Int32 {
        console.limit(to: configuration.duration)
        var options = try console.runOptions(
            capture: command.frames.pcap, explained: try command.frames.explained())
        options.reloads = command.ethers != nil
        let host = try UserHost.prepare(command.interfaces, configuration, options: options)
        host.onReloadFailure = { [console] in console.fail($0.description) }
        let renderer: any HostRenderer =
            command.frames.json ? HostJSON(console, host) : HostText(console, host, isQuiet: command.quiet)
        var observer = HostObserver(console: console, renderer: renderer)
        renderer.begin()
        console.output.flush()
        let summary = try host.run(reportingTo: &observer)
        if let failure = host.failure { console.fail(failure.description) }
        if command.verbose { console.reportIgnored(summary.ignoredVLANs) }
        renderer.finish(summary)
        if !host.isComplete { return 2 }
        return summary.isTaken ? 1 : 0
    }
}

/// Reports what happens to the host.
private struct HostObserver: EngineObserver {
    typealias Observed = HostEngine

    let console: Console
    let renderer: any HostRenderer
    private var failure: TransmissionFailure?

    init(console: Console, renderer: any HostRenderer) {
        self.console = console
        self.renderer = renderer
    }

    mutating func report(_ event: LivingHostEvent) {
        switch event {
        case .up: renderer.up()
        case .taken(let address, let mac): renderer.taken(address, mac)
        case .peer(let peer): renderer.peer(peer)
        case .failed(let failure):
            guard failure != self.failure else { return }
            self.failure = failure
            console.complain("a frame could not be sent: \(failure.words)")
        }
    }

    mutating func step(_ engine: inout HostEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.status) {
            let counters = engine.counters
            console.complain(
                "\(counters.received) frames received, \(counters.sent) sent, \(engine.peerCount) peers")
        }
        console.output.flush()
        return nil
    }
}

/// Shows what happens to a host.
protocol HostRenderer: AnyObject {
    func begin()
    func up()
    func taken(_ address: IPAddress, _ mac: MACAddress)
    func peer(_ peer: HostPeer)
    func finish(_ summary: UserHost.Summary)
}
