import Diagnostics
import HostStack
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `host` to an exit status.
struct HostRun {
    static func run(_ command: HostCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { try run(command, HostSettings(command), console) }
    }

    private static func run(_ command: HostCommand, _ settings: HostSettings, _ console: Console) throws -> Int32 {
        console.limit(to: settings.configuration.duration)
        let resolver = try console.resolver(signals: SignalSource(reloads: command.ethers != nil))
        let machines = command.ethers.map { ServedMachines(path: $0, console: console, resolver: resolver) }
        if let machines, !machines.read() { return 2 }
        let capture = try command.frames.capture(console)
        let explainer = try command.frames.explained().map { Explainer(count: $0, console: console) }
        var port = try OwnHost.port(
            of: settings.configuration.host, on: settings.links, vlan: settings.vlan, for: "host",
            reactor: resolver.reactor, capture: capture, explainer: explainer)

        let watch = LinkWatch(settings.links, console: console, reactor: resolver.reactor)
        let renderer: any HostRenderer =
            command.frames.json
            ? HostJSON(console, settings) : HostText(console, settings, isQuiet: command.quiet)
        var engine = HostEngine(settings.configuration)
        if let machines { engine.know(machines.table) }
        var observer = HostObserver(console: console, renderer: renderer, watch: watch, machines: machines)
        renderer.begin(settings.configuration)
        console.output.flush()
        let start = SystemClock.now
        let isComplete = watch.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        if command.verbose { console.reportIgnored(port.ignoredVLANs) }
        renderer.finish(
            engine.counters, settings.configuration.host.forwards ? engine.routes : [], peers: engine.peerCount,
            elapsed: SystemClock.now - start)
        if !isComplete || console.output.failure != nil || capture?.hasFailed == true { return 2 }
        return observer.isTaken ? 1 : 0
    }
}

/// Hears what happens to the host.
private struct HostObserver: EngineObserver {
    typealias Observed = HostEngine

    let console: Console
    let renderer: any HostRenderer
    /// Somebody else had the address before it was used.
    private(set) var isTaken = false
    private var isUp = false
    private var failure: TransmissionFailure?

    private let watch: LinkWatch
    private let machines: ServedMachines?

    init(console: Console, renderer: any HostRenderer, watch: LinkWatch, machines: ServedMachines?) {
        self.console = console
        self.renderer = renderer
        self.watch = watch
        self.machines = machines
    }

    mutating func report(_ event: LivingHostEvent) {
        switch event {
        case .up:
            isUp = true
            renderer.up()
        case .taken(let address, let mac):
            if !isUp { isTaken = true }
            renderer.taken(address, mac)
        case .peer(let peer): renderer.peer(peer)
        case .failed(let failure):
            guard failure != self.failure, !watch.explains(failure) else { return }
            self.failure = failure
            console.complain("a frame could not be sent: \(failure.words)")
        }
    }

    mutating func step(_ engine: inout HostEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        let changes = watch.take(at: now)
        for change in changes {
            switch change.kind {
            case .renamed: renderer.renamed(change.index, change.name)
            case .up: engine.setLink(change.index, isConnected: true, at: now)
            default: engine.setLink(change.index, isConnected: false, at: now)
            }
        }
        if watch.isOver { engine.stop(at: now) }
        if let machines {
            var isChanged = machines.takeNames()
            if wakening.contains(.reload), machines.read() { isChanged = true }
            if isChanged { engine.know(machines.table) }
        }
        if wakening.contains(.status) {
            let counters = engine.counters
            console.complain(
                "\(counters.received) frames received, \(counters.sent) sent, \(engine.peerCount) peers")
        }
        console.output.flush()
        // What changed may be a reason to send.
        return changes.isEmpty ? nil : now
    }

    var isListening: Bool { console.output.isOpen }
}

/// Who turns what happens to a host into lines.
protocol HostRenderer: AnyObject {
    func begin(_ configuration: LivingHostConfiguration)
    func up()
    func taken(_ address: IPAddress, _ mac: MACAddress)
    func peer(_ peer: HostPeer)
    /// An interface has another name.
    func renamed(_ interface: UInt32, _ name: String)
    /// - Parameter routes: a router's.
    func finish(_ counters: HostCounters, _ routes: [RoutingTable.Route], peers: Int, elapsed: Nanoseconds)
}
