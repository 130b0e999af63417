import LinuxProcess
import SwiftNet

/// What every output of a trace needs: the options, and the names of hosts.
struct TraceContext {
    let command: TraceWords
    let console: Console
    let settings: TraceSettings
    let targets: [TraceTarget]
    let names: TraceNames

    init(_ command: TraceWords, _ console: Console, _ settings: TraceSettings, _ trace: TraceRun) throws {
        self.command = command
        self.console = console
        self.settings = settings
        targets = trace.targets
        names = TraceNames(
            lookUps: command.has(.numeric) ? nil : trace.names,
            origins: command.has(.origins) ? try Self.origins(trace) : nil, patience: settings.nameWait)
    }

    /// The server is that of RA_SERVER, the port that of RA_SERVICE, as traceroute has it.
    private static func origins(_ trace: TraceRun) throws -> RouteOrigins {
        let service = CurrentProcess.environment("RA_SERVICE") ?? "nicname"
        guard let port = service == "nicname" ? 43 : UInt16(service) else {
            throw UsageError("RA_SERVICE: '\(service)' is no port")
        }
        return trace.origins(server: CurrentProcess.environment("RA_SERVER") ?? "whois.radb.net", port: port)
    }

    /// The run options of a command line.
    static func runOptions(_ command: TraceWords, _ console: Console) throws -> RunOptions {
        try console.runOptions(
            capture: command[.pcap],
            explained: command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) })
    }

    /// The arguments that are targets, and the length that traceroute(8) takes behind its target.
    static func arguments(_ command: TraceWords) -> (targets: [String], length: String?) {
        guard command.targets.count > 1, let last = command.targets.last, last.allSatisfy(\.isNumber) else {
            return (command.targets, nil)
        }
        return (command.targets.dropLast(), last)
    }

    /// The targets; there is one at least.
    static func targets(_ command: TraceWords) throws -> [String] {
        let targets = arguments(command).targets
        guard !targets.isEmpty else { throw UsageError("a target is missing") }
        return targets
    }

    /// The only target, for traces that take one.
    /// - Parameter option: what asked for it.
    static func target(_ command: TraceWords, _ option: String) throws -> String {
        let targets = try targets(command)
        guard targets.count == 1 else { throw UsageError("\(option): one target at a time") }
        return targets[0]
    }
}

extension TraceTarget {
    /// Reports the probes that this host could not send, with interface and reason.
    func complain(_ summary: TraceSummary, _ console: Console) {
        guard summary.unsent > 0, let failure = summary.firstFailure else { return }
        let reason = (interface.map { "\($0): " } ?? "") + failure.reason
        console.complain("\(reason): \(Text.count(summary.unsent, "probe")) could not be sent")
    }
}
