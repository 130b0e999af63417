import SwiftNet

/// The kinds of IP timestamp options, as ping names them.
enum IPTimestampChoice: String, CaseIterable {
    case tsonly, tsandaddr, tsprespec
}

/// Checks of combined options, and the targets.
extension PingCommand {
    func mode(_ arguments: ParsedArguments) -> CommandMode {
        let targets = arguments.operands
        let isList = targets.count > 1 && timestampOption != .tsprespec
        // A list of a script may contain only one host.
        let isSweep =
            isList || filter != .all || isLive || requiredCount != nil || sweep.probesAllAddresses
            || !targetFiles.isEmpty
            || targets.contains(where: Self.isRange)
        return isSweep ? Self.sweep : Self.single
    }

    private static func isRange(_ text: String) -> Bool {
        if case .ranges = try? TargetExpression(text) { true } else { false }
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        ping.isIntervalExplicit = interval != nil
        ping.interval = interval ?? (isFlood ? .zero : ping.interval)
        ping.reportsTransmissions = isFlood && !general.isQuiet && !general.isJSON
        ping.reportsIgnored = general.isVerbose
        ping.data = Ping.Configuration.data(size: size ?? ping.data.count, pattern: pattern ?? [])
        style.isQuiet = general.isQuiet
        style.isFlood = isFlood
        style.isVerbose = general.isVerbose
        style.printsGaps = isFlood || ping.isAdaptive || interval == .zero
        ping.fragments = try fragments()
        try readTargets(arguments.operands)
        isSweep = mode(arguments) == Self.sweep
    }

    /// Returns the fragmentation of the probes that --fragment requests.
    private func fragments() throws -> PingFragmentPlan? {
        guard let fragmentSize else { return nil }
        do throws(PingFragmentPlan.InvalidSize) {
            return try PingFragmentPlan(size: fragmentSize, order: fragmentOrder)
        } catch {
            throw UsageError("invalid value '\(fragmentSize)' for --fragment (expected \(error.expected))")
        }
    }

    private mutating func readTargets(_ operands: [String]) throws {
        texts = operands
        guard !texts.isEmpty || !targetFiles.isEmpty else { throw Self.summary.missingOperand }
        if let url = texts.first(where: Text.isURL) {
            throw UsageError("\(url): ping takes hosts; http-probe takes URLs")
        }
        if let timestampOption { ping.options = IPv4Options([.timestamp(try timestamps(timestampOption))]) }
        expressions = try texts.map { text in
            do throws(TargetExpression.Problem) {
                return try TargetExpression(text, isOnlyTarget: texts.count == 1 && targetFiles.isEmpty)
            } catch {
                throw UsageError("\(text): \(error)")
            }
        }
    }

    /// Returns the timestamp option, and removes the hosts of `tsprespec` from the targets.
    private mutating func timestamps(_ choice: IPTimestampChoice) throws -> IPv4TimestampData {
        switch choice {
        case .tsonly: return IPv4TimestampData(emptyEntries: .timestampsOnly)
        case .tsandaddr: return IPv4TimestampData(emptyEntries: .withAddresses)
        case .tsprespec:
            let hosts = texts.compactMap { IPv4Address($0) }
            guard let target = texts.last, hosts.count == texts.count,
                let data = IPv4TimestampData(prespecified: hosts)
            else {
                let most = IPv4TimestampData.maximumAddresses
                throw UsageError("-T tsprespec requires 1 to \(most) IPv4 addresses, the target last")
            }
            texts = [target]
            return data
        }
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: ping.deadline)
        guard isSweep else { return try PingRun(command: self, console: console).run() }
        let (listed, input) = try TargetFile.targets(
            of: targetFiles, console, missingTarget: Self.summary.missingOperand.message)
        let all = try zip(texts, expressions) + listed.map { ($0, try TargetExpression($0)) }
        guard !all.isEmpty || input != nil else { throw Self.summary.missingOperand }
        return try PingSweepRun(command: self, targets: all, input: input, console: console).run()
    }
}
