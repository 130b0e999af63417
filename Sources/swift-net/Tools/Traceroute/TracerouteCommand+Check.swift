import SwiftNet

/// Checks of combined options, and the targets.
extension TracerouteCommand {
    func mode(_ arguments: ParsedArguments) -> CommandMode {
        [Self.live, Self.report, Self.dot, Self.paths].first { arguments.has($0.name) } ?? Self.hops
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        mode = mode(arguments)
        try checkMethod(arguments)
        try readTargets(arguments)
    }

    /// Sets the method from -I, -U, -T and -M; the default depends on the mode.
    private mutating func checkMethod(_ arguments: ParsedArguments) throws {
        if let module, let method, module.method != method {
            let letter = [TracerouteMethod.icmp: "-I", .udp: "-U", .tcp: "-T"][method] ?? ""
            throw UsageError("-M \(module.rawValue) cannot be used with \(letter)")
        }
        let isRepeated = mode == Self.report || mode == Self.live
        let name = mode == Self.report && findsPaths ? "--report --paths" : mode.name
        guard findsPaths || mode == Self.dot || !arguments.has("--confidence") else {
            throw UsageError("--confidence requires --paths or --dot")
        }
        let usual =
            isRepeated && !findsPaths ? Traceroute.Cycles.Configuration.defaultMethod : trace.probe.method
        let method = method ?? module?.method ?? usual
        trace.probe.method = method
        // As in traceroute(8), -U also selects the port of DNS.
        trace.probe.destinationPort = port ?? (arguments.has("-U") ? DNSMessage.serverPort : method.defaultPort)
        if !method.hasPorts {
            guard mode != Self.paths, mode != Self.dot, !findsPaths else {
                throw UsageError("\(module == nil ? "-I" : "-M icmp") cannot be used with \(name)")
            }
            for option in ["-p", "--sport"] where arguments.has(option) {
                throw UsageError("\(option) requires -U or -T")
            }
        }
        guard method == .tcp || !printsFlags else { throw UsageError("-O requires -T") }
        if printsFlags, mode != Self.hops { throw UsageError("-O info cannot be used with \(mode.name)") }
        if isRepeated, let wait = arguments.text(of: "-w"), wait.contains(",") {
            throw UsageError("invalid value '\(wait)' for -w (expected MAX with \(mode.name))")
        }
    }

    mutating func apply(_ option: TCPProbeOption) {
        switch option {
        case .info: printsFlags = true
        case .ecn: trace.probe.asksForECN = true
        case .maximumSegmentSize(let size): trace.probe.maximumSegmentSize = size
        }
    }

    /// Reads the targets, and the length after them, as in traceroute(8).
    private mutating func readTargets(_ arguments: ParsedArguments) throws {
        targets = arguments.operands
        if targets.count > 1, let last = targets.last, last.utf8.allSatisfy({ (48...57).contains($0) }) {
            for option in ["--size", "-T", "-M tcp"] where arguments.has(option) {
                throw UsageError("LENGTH cannot be used with \(option)")
            }
            do { trace.packetLength = try OptionValue<Int>.packetLength.parse(last) } catch let error as ValueError {
                throw UsageError("invalid value '\(last)' for LENGTH (expected \(error.expected))")
            }
            targets.removeLast()
        }
        guard !targets.isEmpty else { throw Self.summary.missingOperand }
        for target in targets {
            if Text.isURL(target) {
                throw UsageError("\(target): traceroute takes hosts; http-probe takes URLs")
            }
            if case .ranges = try? TargetExpression(target) {
                throw UsageError("\(target): traceroute takes hosts; ping takes networks")
            }
        }
        guard mode == Self.hops || targets.count == 1 else { throw UsageError("\(mode.name) takes one target") }
    }

    func run(_ console: Console) throws -> Int32 {
        try TracerouteRun(command: self, console: console).run()
    }
}
