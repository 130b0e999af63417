import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// From the command line of `arping` to an exit status.
struct ArpingRun {
    private let settings: ArpingSettings
    private let console: Console

    static func run(_ command: ArpingWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status {
            if command.has(.table), command[.sweep] != nil {
                throw UsageError("--table and --sweep exclude each other")
            }
            if command.has(.table) { return try NeighborTableRun(command: command, console: console).run() }
            if command[.sweep] != nil { return try ARPSweepRun(command: command, console: console).run() }
            if command.has(.claims) { throw UsageError("--duplicates is of --sweep alone") }
            if let option = [ArpingValue.rate, .retries, .compare].first(where: { command[$0] != nil }) {
                throw UsageError("--\(option.names.long) is of --sweep alone")
            }
            return try ArpingRun(settings: ArpingSettings(command), console: console).run()
        }
    }

    static func runHabets(_ command: HabetsWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { try ArpingRun(settings: ArpingSettings(command), console: console).run() }
    }

    private func run() throws -> Int32 {
        let started = SystemClock.now
        console.limit(to: settings.deadline)
        let resolver = try console.resolver(isVerbose: settings.isVerbose)
        let capture = try settings.pcap.map { try FrameCapture(path: $0, console: console) }
        guard Privileges.raise() else {
            throw CannotRun(message: "arping needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        let socket = try UnboundPacketSocket()
        try capture?.open()
        try Privileges.dropForGood()
        let (link, target) = try findLink(resolver, until: settings.deadline.map { started + $0 })
        if let mac = settings.ownMAC, mac != link.mac {
            throw UsageError("-s: \(mac) is not the MAC address of \(link.interface.name)")
        }
        let isEcho = settings.station != nil
        let explainer = settings.explained.map { Explainer(count: $0, console: console) }
        let filter = isEcho ? SocketFilter.protocols([.icmp]) : .etherTypes([.arp])
        var port = try LinkPort(
            socket, interface: link.interface.index, hearing: .filtered(filter),
            vlan: settings.tag?.identifier,
            reactor: resolver.reactor,
            tap: capture?.tap, trace: explainer.map { explainer in { explainer.show($0) } })
        try capture?.start(filter, interface: link.interface.index)

        var settings = settings
        // -w counts from the start of the command.
        settings.deadline = settings.deadline.map { max(started + $0 - SystemClock.now, .milliseconds(1)) }
        var configuration = settings.configuration(mac: link.mac, source: link.source, target: target)
        configuration.station = settings.station.map {
            ArpingStation(mac: $0, address: target, identifier: .random(in: 1...UInt16.max))
        }
        var engine = ArpingEngine(configuration)
        let renderer = ArpingRenderer(settings, console, configuration, link)
        renderer.begin()
        var observer = LinkBoundObserver(
            ArpingObserver(renderer: renderer, console: console), interface: link.interface, console: console,
            reactor: resolver.reactor)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        if settings.isVerbose { console.reportIgnored(port.ignoredVLANs) }
        let summary = engine.summary
        let isReliable = observer.trouble == nil && !observer.inner.hasFailed
        renderer.finish(summary, isReliable: isReliable)
        guard console.output.failure == nil, capture?.hasFailed != true, !observer.inner.hasFailed,
            observer.trouble == nil || summary.received > 0
        else { return 2 }
        return settings.exitStatus(of: summary)
    }

    /// The link on which the target is asked, and the target's address.
    private func findLink(
        _ resolver: Resolver, until deadline: Instant?
    ) throws -> (ArpingLink, IPv4Address) {
        if let station = settings.station {
            guard !station.isMulticast else { throw UsageError("\(station) is no single machine") }
            return try ArpingLink.find(
                settings.interface, station: station, address: settings.targetAddress, source: settings.source)
        }
        let target = try address(of: settings.target, resolver, until: deadline)
        let link = try ArpingLink.find(
            settings.interface, target: target, source: settings.source, mode: settings.mode)
        return (link, target)
    }

    private func address(
        of text: String, _ resolver: Resolver, until deadline: Instant?
    ) throws -> IPv4Address {
        guard let target = try? TargetExpression(text) else { throw UsageError("'\(text)' is not a host") }
        var requirements = Destination.Requirements()
        requirements.families = [.v4]
        requirements.deadline = deadline
        let found = try Destination.candidates(target, text: text, requirements, resolver: resolver)
        guard case .v4(let address)? = found.answers.first?.address else {
            throw UsageError("\(text): ARP is for IPv4 only")
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
