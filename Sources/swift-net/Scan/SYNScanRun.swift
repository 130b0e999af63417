import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `tcp-syn-scan` to an exit status.
struct SYNScanRun {
    let command: SYNScanCommand
    let settings: ScanSettings
    let console: Console

    static func run(_ command: SYNScanCommand, name: String) -> Int32 {
        let isJSON = command.frames.json || (command.file == nil && command.format == "json")
        let console = Console(command: name, isJSON: isJSON, color: command.color)
        return console.status {
            try SYNScanRun(command: command, settings: ScanSettings(command, console), console: console).run()
        }
    }

    func run() throws -> Int32 {
        if command.skipsCheck, command.source == nil { throw UsageError("--no-check is of --source") }
        if command.banners, command.source == nil {
            throw UsageError(
                "--banners: --source says from which address; the system breaks off what comes to its own")
        }
        if command.banners, settings.format == .csv || settings.file != nil && settings.fileFormat == .csv {
            throw UsageError("--banners: a CSV report has no place for banners")
        }
        console.limit(to: settings.deadline)
        let services = ServiceNames.system()
        let ports = try ScanPorts.list(command, services)
        let resolver = try console.resolver(isVerbose: command.verbose)
        let list = try ScanTargetList(command)
        let reports = try openReports(command.numeric ? nil : services)
        let capture = try command.frames.capture(console)
        let reservation = try reservePorts()
        guard Privileges.raise() else {
            throw CannotRun(message: "\(console.command) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        let reserve = try reserveSockets()
        try capture?.open()
        try Privileges.dropForGood()
        let found = try ScanTargets(list, command, interfaces: Interface.all(), resolver)
        for failure in found.failures { console.complain(failure) }
        tellOfOmissions(found)
        var targets = found.addresses
        guard !targets.isEmpty else { throw CannotRun(message: "nothing is left to scan") }
        let neighbors = ScanNeighbors(reactor: resolver.reactor, reserve: reserve, rate: settings.rate)
        let source = try command.source.map { try UnownedSource($0, interface: command.interface) }
        if let source, !command.skipsCheck, let owner = try neighbors.owner(of: source) {
            throw CannotRun(message: "--source: \(source.address) is taken: \(owner) has it")
        }
        var ways = try ScanWays(
            targets, interface: source?.link.interface.name ?? command.interface,
            source: source?.address)
        for unknown in try ways.unknown(targets) {
            for (address, mac) in try neighbors.machines(of: unknown) {
                ways.learn(address, mac, interface: unknown.link.interface)
            }
        }
        let before = targets.count
        let reached = ways.resolve(&targets)
        var configuration = ScanConfiguration(
            targets: targets, ports: ports, ways: reached, sourcePort: reservation.ports.lowerBound,
            seed: settings.seed, key: settings.key)
        configuration.ownsSource = source != nil
        configuration.hearsBanners = command.banners
        settings.apply(to: &configuration)
        try settings.resumption?.begin(&configuration)
        var port = try open(
            configuration, source, reserve, reactor: resolver.reactor, capture: capture)
        try startCapture(capture, configuration)
        let start = ScanStart(
            hosts: targets.count, ports: ports.count, probes: configuration.probes, rate: configuration.rate,
            seed: configuration.seed, shard: configuration.shard, resumedAt: configuration.start.done,
            portSource: command.ports.isEmpty
                ? "the first \(ports.count) that the system's services file names" : nil)
        for report in reports {
            report.begin(start)
            for range in ways.unreachable { report.unreachable(range.first, range.last, range.reason) }
        }
        var engine = ScanEngine(configuration)
        var observer = ScanObserver(
            console: console, reports: reports, file: settings.file,
            // What waits to be sorted is not yet reported: after a kill it has to be found again.
            resumption: command.sort ? nil : settings.resumption, isVerbose: command.verbose,
            // Where the report has no place for it, it is said beside.
            complainsOfHosts: command.quiet || settings.format == .csv,
            links: LinkTroubles(Set(configuration.ways.map(\.link.interface)), reactor: resolver.reactor))
        var interruption: (any Error)?
        do {
            try EngineLoop.run(&engine, on: &port, observer: &observer)
        } catch {
            // What is known is reported and written down, whatever ends the scan.
            interruption = error
            engine.stop(at: SystemClock.now)
            engine.drain { observer.report($0) }
        }
        observer.progress.clear()
        let summary = engine.summary
        let ending = ScanEnding(
            unreachable: before - targets.count, soughtRate: configuration.rate == nil,
            hearsBanners: command.banners)
        for report in reports { report.finish(summary, ending) }
        if let failure = summary.firstFailure { console.fail(failure) }
        capture?.finish()
        console.output.flush()
        settings.file?.flush()
        // Findings that could not be written out are to be found again.
        let isReported = console.output.isOpen && settings.file?.failure == nil
        let isSaved = !isReported || settings.resumption?.finish(engine.position, console: console) ?? true
        if let trouble = observer.trouble {
            throw CannotRun(message: "\(trouble): scan stopped; remaining ports were not scanned")
        }
        if let interruption { throw interruption }
        if !isSaved { return 2 }
        if console.output.failure != nil || settings.file?.failure != nil || capture?.hasFailed == true { return 2 }
        guard summary.open == 0 else { return 0 }
        // What could not be looked up or reached was not scanned, and is no "none open"; nor is the silence of an unreliable
        // host.
        return found.failures.isEmpty && !ways.isIncomplete && summary.unreliable == 0 ? 1 : 2
    }

    private func tellOfOmissions(_ found: ScanTargets) {
        if found.reservedCount > 0 {
            console.complain(
                "\(Text.count(found.reservedCount, "reserved address", "reserved addresses")) left out: groups, broadcasts and what no host has (--include-reserved scans them too)"
            )
        }
        if command.verbose, found.excludedCount > 0 {
            console.complain("\(Text.count(found.excludedCount, "address", "addresses")) excluded")
        }
    }

    private func openReports(_ services: ServiceNames?) throws -> [ScanReport] {
        var reports = [
            ScanReport(
                settings.format, to: console.output, services: services, isSorted: command.sort,
                isQuiet: command.quiet, paint: console.painted)
        ]
        if let file = settings.file {
            reports.append(
                ScanReport(
                    settings.fileFormat, to: file, services: services, isSorted: command.sort, isQuiet: command.quiet))
        }
        return reports
    }

    /// Sockets for every link that the targets may be on: to hear each family and ARP, to look up neighbors of each
    /// family, and to send.
    private func reserveSockets() throws -> SocketReserve {
        let links = try Interface.all().filter { $0.isUp && (command.interface == nil || $0.name == command.interface) }
        return try SocketReserve(
            packetSockets: min(links.count + 1, Self.mostLinks) * 5 + 2, families: [.v4, .v6], wantsExpress: true)
    }

    /// Targets on more links than these are scanned in several runs, with `-I`.
    private static let mostLinks = 64

    private func reservePorts() throws -> PortReservation {
        var random = SystemRandomness()
        return try PortReservation(
            count: ScanConfiguration.sourcePortCount(retries: settings.retries), using: &random)
    }

    private func open(
        _ configuration: ScanConfiguration, _ source: UnownedSource?, _ reserve: SocketReserve,
        reactor: Reactor,
        capture: FrameCapture?
    ) throws -> BulkPort {
        var listening: [BulkPort.Listening] = []
        for way in configuration.ways {
            let family = way.link.source.family
            let etherType: EtherType = family == .v4 ? .ipv4 : .ipv6
            guard !listening.contains(where: { $0.interface == way.link.interface && $0.etherType == etherType }) else {
                continue
            }
            listening.append(
                BulkPort.Listening(
                    interface: way.link.interface, etherType: etherType,
                    filter: .segmentsAndUnreachables(
                        family, ports: configuration.sourcePorts, withNeighbors: source != nil),
                    groups: source?.groups ?? []))
        }
        if source?.address.family == .v4, let link = configuration.ways.first?.link {
            listening.append(BulkPort.Listening(interface: link.interface, etherType: .arp, filter: nil))
        }
        let explainer = try command.frames.explained().map { Explainer(count: $0, console: console) }
        return try BulkPort(
            reserve, listening: listening, sendingInterface: configuration.sendingInterface,
            sendsPastTaps: capture == nil && !configuration.isExactlyTimed,
            ownFamilies: Set(configuration.ways.filter { $0.link.mac == nil }.map(\.link.source.family)),
            reactor: reactor, tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
    }

    private func startCapture(_ capture: FrameCapture?, _ configuration: ScanConfiguration) throws {
        try capture?.start(.protocols([.tcp, .icmp, .icmpv6]), interface: configuration.sendingInterface) {
            configuration.isOwn($0)
        }
    }
}
