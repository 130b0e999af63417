import SwiftNet

/// Runs `rarp serve`, which answers RARP requests.
struct RARPServeRun {
    let command: RARPCommand
    let console: Console

    func run() throws -> Int32 {
        var options = try console.runOptions(command.general)
        options.reloads = true
        let server = try RARPServer.prepare(command.interfaces, command.server, options: options)
        let report: any RARPServeReport =
            console.isJSON
            ? RARPServeJSON(server, console, isQuiet: command.general.isQuiet)
            : RARPServeText(server, console, command.general)
        server.onReload = { [console] result in
            switch result {
            case .success(let count): report.reloaded(count)
            case .failure(let error): console.fail(error.description)
            }
        }
        _ = try console.run(report, of: server)
        return server.isComplete ? 0 : 2
    }
}

/// The output of `rarp serve`.
protocol RARPServeReport: Report
where Observed == RARPServerEngine, Event == RARPServerEvent, Summary == RARPServerSummary {
    /// Reports that the file was read again.
    /// - Parameter count: The number of its hosts.
    func reloaded(_ count: Int)
}

extension RARPServeReport {
    func reloaded(_ count: Int) {}

    func status(_ engine: borrowing RARPServerEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(summary.requests) requests, \(summary.answered) answered"
    }

    func progress(_ engine: borrowing RARPServerEngine, at now: Instant) -> String? { nil }
}

/// The output of `rarp serve` as one line per request.
final class RARPServeText: RARPServeReport {
    private let server: RARPServer.Prepared
    private let console: Console
    private let general: GeneralOptions
    private let vendors = Vendors()
    private var failures: RepeatedFailures

    init(_ server: RARPServer.Prepared, _ console: Console, _ general: GeneralOptions) {
        self.server = server
        self.console = console
        self.general = general
        failures = RepeatedFailures(console, "a reply")
    }

    func begin() {
        write("Serving \(Text.count(server.hostCount, "host")) on \(Text.joined(server.interfaceNames, by: ", "))\n")
        console.output.flush()
    }

    func reloaded(_ count: Int) { write("Reloaded: serving \(Text.count(count, "host"))\n") }

    private func write(_ text: String) {
        if !general.isQuiet { console.output.write(text) }
    }

    func report(_ event: RARPServerEvent, at now: Instant) {
        switch event {
        case .answered(let requester, let mac, let address, let interface, let at):
            write(mac, "is \(address)", requester, interface, at)
        case .unknown(let requester, let mac, let interface, let at):
            if general.isVerbose { write(mac, "is unknown", requester, interface, at) }
        case .limited(let requester, let mac, let interface, let at):
            if general.isVerbose { write(mac, "is rate-limited", requester, interface, at) }
        case .failed(let failure): failures.note(failure)
        }
    }

    private func write(_ mac: MACAddress, _ result: String, _ requester: MACAddress, _ interface: UInt32, _ at: Instant)
    {
        let name = server.interfaceName(of: interface) ?? "?"
        let tail = requester == mac ? "" : ", requested by \(vendors.named(requester))"
        write("\(WallTime.timeOfDay(at)) \(name): \(vendors.named(mac)) \(result)\(tail)\n")
    }

    func finish(_ summary: RARPServerSummary, drops: KernelDrops, at now: Instant) {
        write(
            "\(summary.requests) requests, \(summary.answered) answered, \(summary.unknown) for unknown hosts, \(summary.limited) over the rate\n"
        )
    }
}

/// The output of `rarp serve` as one JSON object per line.
final class RARPServeJSON: RARPServeReport {
    private let server: RARPServer.Prepared
    private let console: Console
    private let isQuiet: Bool
    private let vendors = Vendors()
    private var failures: RepeatedFailures

    init(_ server: RARPServer.Prepared, _ console: Console, isQuiet: Bool) {
        self.server = server
        self.console = console
        self.isQuiet = isQuiet
        failures = RepeatedFailures(console, "a reply")
    }

    func report(_ event: RARPServerEvent, at now: Instant) {
        switch event {
        case .answered(let requester, let mac, let address, let interface, let at):
            write("answered", mac, address, requester, interface, at)
        case .unknown(let requester, let mac, let interface, let at):
            write("unknown", mac, nil, requester, interface, at)
        case .limited(let requester, let mac, let interface, let at):
            write("limited", mac, nil, requester, interface, at)
        case .failed(let failure): failures.note(failure)
        }
    }

    private func write(
        _ type: String, _ mac: MACAddress, _ address: IPv4Address?, _ requester: MACAddress, _ interface: UInt32,
        _ at: Instant
    ) {
        guard !isQuiet else { return }
        let row = RARPRequestRow(
            mac: mac, vendor: vendors.name(of: mac), addr: address, askerMac: requester,
            interface: server.interfaceName(of: interface) ?? "?")
        console.write(type, row, at: at)
    }

    func finish(_ summary: RARPServerSummary, drops: KernelDrops, at now: Instant) {
        let row = RARPServerRow(
            requests: summary.requests, answered: summary.answered, unknown: summary.unknown, limited: summary.limited,
            elapsedMs: summary.elapsed)
        console.write("summary", row, at: now)
    }
}

private struct RARPRequestRow: JSONRow {
    var mac: MACAddress
    @Null var vendor: String?
    var addr: IPv4Address?
    var askerMac: MACAddress
    var interface: String
}

private struct RARPServerRow: JSONRow {
    var requests: Int
    var answered: Int
    var unknown: Int
    var limited: Int
    var elapsedMs: Nanoseconds
}
