import SwiftNet

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
        let configuration = try configuration()
        console.limit(to: configuration.duration)
        var options = try command.runOptions(console)
        options.reloads = true
        let server = try RARPServer.prepare(command.interfaces, configuration, options: options)
        let printsText = !command.quiet && !command.frames.json
        server.onReload = { [console] result in
            switch result {
            case .success(let count): if printsText { console.output.write("Serving \(count) machines now\n") }
            case .failure(let error): console.fail(error.description)
            }
        }
        if printsText {
            let names = server.interfaceNames.joined(separator: ", ")
            console.output.write("Serving \(server.hostCount) machines on \(names)\n")
            console.output.flush()
        }
        var observer = RARPServeObserver(command: command, console: console, server: server)
        let summary = try server.run(reportingTo: &observer)
        if let failure = server.failure { console.fail(failure.description) }
        finish(summary)
        return server.isComplete ? 0 : 2
    }

    private func configuration() throws -> RARPServer.Configuration {
        var configuration = RARPServer.Configuration()
        if let ethers = command.ethers { configuration.ethers = ethers }
        if let text = command.rate {
            configuration.rate = Double(try ArgumentValue.integer("--rate", text, in: 1...100_000))
        }
        configuration.duration = try command.deadline.map {
            try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1))
        }
        return configuration
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

/// Prints the requests and what became of them.
private struct RARPServeObserver: EngineObserver {
    typealias Observed = RARPServerEngine

    let command: RARPCommand
    let console: Console
    let server: RARPServer.Prepared
    var failure: TransmissionFailure?

    mutating func report(_ event: RARPServerEvent) {
        switch event {
        case .answered(let asker, let mac, let address, let interface, let at):
            write("answered", asker, mac, address, interface, at)
        case .unknown(let asker, let mac, let interface, let at):
            if command.verbose || command.frames.json { write("unknown", asker, mac, nil, interface, at) }
        case .limited(let asker, let mac, let interface, let at):
            if command.verbose || command.frames.json { write("limited", asker, mac, nil, interface, at) }
        case .failed(let failure):
            guard failure != self.failure, !server.isReported(failure) else { return }
            self.failure = failure
            console.complain("an answer could not be sent: \(failure.words)")
        }
    }

    private func write(
        _ what: String, _ asker: MACAddress, _ mac: MACAddress, _ address: IPv4Address?, _ interface: UInt32,
        _ at: Instant
    ) {
        guard !command.quiet else { return }
        let name = server.interfaceName(of: interface) ?? "?"
        if command.frames.json {
            var object = JSONObject(type: what)
            object.add("mac", "\(mac)")
            if let address { object.add("addr", "\(address)") }
            object.add("asker_mac", "\(asker)")
            object.add("interface", name)
            object.add("time", WallTime.rfc3339(at))
            return console.output.write(object.line + "\n")
        }
        var text = "\(WallTime.timeOfDay(at)) \(name): \(mac) "
        text += address.map { "is \($0)" } ?? (what == "unknown" ? "is not known" : "asks too often")
        if asker != mac { text += ", asked by \(asker)" }
        console.output.write(text + "\n")
    }

    mutating func step(_ engine: inout RARPServerEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.status) {
            let summary = engine.summary
            console.complain("\(summary.requests) requests, \(summary.answered) answered")
        }
        console.output.flush()
        return nil
    }
}
