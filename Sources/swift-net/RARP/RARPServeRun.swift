import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// `rarp serve`: tells machines their addresses.
struct RARPServeRun {
    let command: RARPCommand
    let console: Console

    func run() throws -> Int32 {
        try command.refuse(
            [("-c", command.count != nil), ("-i", command.interval != nil), ("-f", command.firstAnswer)], of: "query")
        if let word = command.machines.first {
            throw UsageError("'\(word)' is one word too many: machines are in the file")
        }
        let rate = try command.rate.map { try ArgumentValue.integer("--rate", $0, in: 1...100_000) }
        let duration = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        console.limit(to: duration)
        let resolver = try console.resolver(isVerbose: command.verbose, signals: SignalSource(reloads: true))
        let names = ServedMachines(path: command.ethers ?? "/etc/ethers", console: console, resolver: resolver)
        guard names.read() else { return 2 }
        let capture = try command.frames.capture(console)
        let links = try RARPServedLinks(names: command.interfaces)
        // Of those that are not named, more may come: SIGHUP takes them in.
        let only = command.interfaces.count == 1 ? links.all[0].interface.index : 0
        var port = try command.port(
            interface: only, reactor: resolver.reactor, capture: capture, console: console)

        var configuration = RARPServerConfiguration(links: links.configurations, table: names.table)
        if let rate { configuration.rate = Double(rate) }
        configuration.duration = duration
        var engine = RARPServerEngine(configuration)
        // Of interfaces that were not named, one that goes leaves the others.
        let watch = LinkWatch(
            links.all, needsAll: !command.interfaces.isEmpty, console: console, reactor: resolver.reactor)
        var observer = RARPServeObserver(
            command: command, console: console, machines: names, links: links, watch: watch)
        observer.begin()
        let isComplete = watch.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        finish(engine.summary)
        return isComplete && console.output.failure == nil && capture?.hasFailed != true ? 0 : 2
    }

    private func finish(_ summary: RARPServerSummary) {
        if command.frames.json {
            var object = JSONObject(type: "summary")
            object.add("requests", summary.requests)
            object.add("answered", summary.answered)
            object.add("unknown", summary.unknown)
            object.add("limited", summary.limited)
            object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
            console.output.write(object.line + "\n")
        } else if !command.quiet {
            console.output.write(
                "\(summary.requests) requests, \(summary.answered) answered, \(summary.unknown) for machines not known, \(summary.limited) too soon\n"
            )
        }
    }
}

/// The interfaces that are served.
struct RARPServedLinks {
    private(set) var all: [EthernetLink]

    /// - Parameter names: those that were asked for; none is all that have an IPv4 address.
    init(names: [String]) throws {
        guard !names.isEmpty else {
            all = try EthernetLink.all().filter { !$0.addresses.isEmpty }
            guard !all.isEmpty else {
                throw CannotRun(message: "there is no Ethernet interface that is up and has an IPv4 address")
            }
            return
        }
        let interfaces = try Interface.all()
        all = try names.map { try EthernetLink(EthernetLink.interface($0, of: interfaces)) }
        if let link = all.first(where: { $0.addresses.isEmpty }) {
            throw CannotRun(message: "interface \(link.interface.name) has no IPv4 address to answer from")
        }
    }

    var configurations: [UInt32: RARPServerConfiguration.Link] {
        var links: [UInt32: RARPServerConfiguration.Link] = [:]
        for link in all {
            links[link.interface.index] = RARPServerConfiguration.Link(mac: link.mac, addresses: link.addresses)
        }
        return links
    }

    /// Those that are down are served when they are up again.
    mutating func add(_ links: [EthernetLink]) {
        for link in links where !all.contains(where: { $0.interface.index == link.interface.index }) {
            all.append(link)
        }
    }

    /// An interface has another name.
    mutating func rename(_ index: UInt32, to name: String) {
        for place in all.indices where all[place].interface.index == index { all[place].interface.name = name }
    }

    func name(_ index: UInt32) -> String { all.first { $0.interface.index == index }?.interface.name ?? "?" }
}

/// Logs who asked, and gives the engine a new table when there is one.
private struct RARPServeObserver: EngineObserver {
    typealias Observed = RARPServerEngine

    private let command: RARPCommand
    private let console: Console
    private let machines: ServedMachines
    private var links: RARPServedLinks
    private let watch: LinkWatch
    /// The names of the interfaces that were asked for, as they are now.
    private var names: [String]
    private var failure: TransmissionFailure?

    init(
        command: RARPCommand, console: Console, machines: ServedMachines, links: RARPServedLinks, watch: LinkWatch
    ) {
        self.command = command
        self.console = console
        self.machines = machines
        self.links = links
        self.watch = watch
        names = command.interfaces
    }

    func begin() {
        guard !command.quiet, !command.frames.json else { return }
        let names = links.all.map(\.interface.name).joined(separator: ", ")
        console.output.write("Serving \(machines.count) machines on \(names)\n")
        console.output.flush()
    }

    mutating func report(_ event: RARPServerEvent) {
        switch event {
        case .answered(let asker, let mac, let address, let interface, let at):
            write("answered", asker, mac, address, interface, at)
        case .unknown(let asker, let mac, let interface, let at):
            if command.verbose || command.frames.json { write("unknown", asker, mac, nil, interface, at) }
        case .limited(let asker, let mac, let interface, let at):
            if command.verbose || command.frames.json { write("limited", asker, mac, nil, interface, at) }
        case .failed(let failure):
            guard failure != self.failure, !watch.explains(failure) else { return }
            self.failure = failure
            console.complain("an answer could not be sent: \(failure.words)")
        }
    }

    private func write(
        _ what: String, _ asker: MACAddress, _ mac: MACAddress, _ address: IPv4Address?, _ interface: UInt32,
        _ at: Instant
    ) {
        guard !command.quiet else { return }
        if command.frames.json {
            var object = JSONObject(type: what)
            object.add("mac", "\(mac)")
            if let address { object.add("addr", "\(address)") }
            object.add("asker_mac", "\(asker)")
            object.add("interface", links.name(interface))
            object.add("time", WallTime.rfc3339(at))
            return console.output.write(object.line + "\n")
        }
        var text = "\(WallTime.timeOfDay(at)) \(links.name(interface)): \(mac) "
        text += address.map { "is \($0)" } ?? (what == "unknown" ? "is not known" : "asks too often")
        if asker != mac { text += ", asked by \(asker)" }
        console.output.write(text + "\n")
    }

    mutating func step(_ engine: inout RARPServerEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        let changes = watch.take(at: now)
        for change in changes {
            guard case .renamed(let former) = change.kind else { continue }
            links.rename(change.index, to: change.name)
            for place in names.indices where names[place] == former { names[place] = change.name }
        }
        if watch.isOver { engine.stop(at: now) }
        var isChanged = machines.takeNames()
        if wakening.contains(.reload), machines.read() {
            isChanged = true
            // Interfaces come and go; those that were named must stay.
            if let links = try? RARPServedLinks(names: names) {
                let awaited = self.links.all.filter { watch.awaited.contains($0.interface.index) }
                self.links = links
                self.links.add(awaited)
                watch.watch(self.links.all)
            }
            if !command.quiet, !command.frames.json { console.output.write("Serving \(machines.count) machines now\n") }
        }
        if isChanged { engine.serve(machines.table, on: links.configurations) }
        if wakening.contains(.status) {
            let summary = engine.summary
            console.complain("\(summary.requests) requests, \(summary.answered) answered")
        }
        console.output.flush()
        // What changed may be a reason to send.
        return changes.isEmpty ? nil : now
    }

    var isListening: Bool { console.output.isOpen }
}
