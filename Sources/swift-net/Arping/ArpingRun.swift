import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// From the command line of `arping` to an exit status.
struct ArpingRun {
    private let command: ArpingWords
    private let console: Console

    static func run(_ command: ArpingWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { try ArpingRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        if command[.sweep] != nil { return try ARPSweepRun(command: command, console: console).run() }
        if command.has(.claims) { throw UsageError("--duplicates is of --sweep alone") }
        if let option = [ArpingValue.rate, .retries].first(where: { command[$0] != nil }) {
            throw UsageError("--\(option.names.long) is of --sweep alone")
        }
        let settings = try ArpingSettings(command)
        let explained = try command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
        let signals = try SignalSource()
        let bell = try Bell()
        let capture = try command[.pcap].map { try FrameCapture(path: $0, console: console) }
        let target = try address(of: settings.target)
        let link = try ArpingLink.find(
            command[.interface], target: target, source: settings.source, mode: settings.mode)
        guard Privileges.raise() else {
            throw CannotRun(message: "arping needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        let explainer = explained.map { Explainer(count: $0, console: console) }
        var port = try LinkPort(
            interface: link.interface.index, hearing: .filtered(.etherTypes([.arp])), signals: signals, bell: bell,
            tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
        try Privileges.dropForGood()
        try capture?.start(.etherTypes([.arp]), interface: link.interface.index)

        let configuration = settings.configuration(
            mac: link.mac, source: link.source, target: target)
        var engine = ArpingEngine(configuration)
        let renderer = ArpingRenderer(command, console, target: settings.target, configuration, link)
        renderer.begin()
        var observer = ArpingObserver(renderer: renderer, console: console)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        let summary = engine.summary
        renderer.finish(summary)
        guard console.output.failure == nil, capture?.hasFailed != true, !observer.hasFailed else { return 2 }
        return settings.exitStatus(of: summary)
    }

    private func address(of text: String) throws -> IPv4Address {
        if let address = IPAddress(text) {
            guard case .v4(let address) = address else { throw UsageError("\(text): ARP is of IPv4 alone") }
            return address
        }
        guard case .v4(let address)? = try Resolver.addresses(of: text, family: .v4).answers.first?.address else {
            throw CannotRun(message: "\(text): no IPv4 address")
        }
        return address
    }
}

/// Hands what is seen to the renderer.
private struct ArpingObserver: EngineObserver {
    typealias Observed = ArpingEngine

    let renderer: ArpingRenderer
    let console: Console
    private(set) var hasFailed = false

    init(renderer: ArpingRenderer, console: Console) {
        self.renderer = renderer
        self.console = console
    }

    mutating func report(_ event: ArpingEvent) {
        if case .failed(let failure) = event {
            hasFailed = true
            console.fail(failure)
            return
        }
        renderer.report(event)
    }

    mutating func step(_ engine: inout ArpingEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        return nil
    }

    var isListening: Bool { console.output.isOpen }
}
