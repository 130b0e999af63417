import LinuxProcess
import SwiftNet

/// Checks of combined options, and the targets.
extension SYNScanCommand {
    mutating func check(_ arguments: ParsedArguments) throws {
        try checkReports()
        scan.ports = try ports(portLists, option: "-p")
        scan.excludedPorts = try ports(excludedPortLists, option: "--exclude-ports")
        targets = arguments.operands
        guard !targets.isEmpty || !targetFiles.isEmpty else { throw Self.summary.missingOperand }
        for text in targets {
            if Text.isURL(text) {
                throw UsageError("\(text): not a target, but a URL (use: swift-net http-probe \(text))")
            }
            if let family = scan.family, let target = try? TargetExpression(text), !target.isOf(family) {
                throw UsageError("\(text): not an \(family) address (\(family == .v4 ? "-4" : "-6"))")
            }
        }
    }

    private func ports(_ lists: [String], option: String) throws -> [UInt16] {
        guard !lists.isEmpty else { return [] }
        do {
            let set = try PortSet(lists.joined(separator: ","), named: { reporting.services.port(named: $0, .tcp) })
            return set.ranges.flatMap { Array($0) }
        } catch {
            throw UsageError(
                "invalid value '\(error.part)' for \(option) (expected a port from 0 to 65535, a range or a service name)"
            )
        }
    }

    /// Adds the targets and the excluded targets of files.
    /// - Returns: Standard input, if its targets are scanned as they are read.
    private mutating func readFiles(_ console: Console) throws -> TargetInput<GivenTarget>? {
        let readsAhead = resumptionFile != nil || scan.needsAllTargets || excludeFiles.contains("-")
        let missing = Self.summary.missingOperand
        let (listed, input) = try TargetFile.targets(
            of: targetFiles, console, readsAhead: readsAhead, missingTarget: missing.message)
        targets += listed
        guard !targets.isEmpty || input != nil else { throw missing }
        for file in excludeFiles {
            scan.excludes += try TargetFile(path: file, option: "--exclude-file").excludedTargets()
        }
        return input
    }

    func run(_ console: Console) throws -> Int32 {
        var command = self
        let resumption = try resumptionFile.map { try ScanResumption(path: $0, command: Self.summary.name) }
        if let resumption {
            command.scan.resumed = resumption.record
            command.scan.recordName = resumption.path
        }
        let files = try files.map { (stream: try console.file($0.path, for: $0.option), format: $0.format) }
        let input = try command.readFiles(console)
        console.limit(to: scan.deadline)
        var options = try console.runOptions(general)
        options.terminal = console.statusKeys(readsInput: input != nil)
        let run = try SYNScan.prepare(command.targets, reading: input, command.scan, options: options)
        try resumption?.begin(run)
        let report = ScanReport<SYNScanEngine>(
            run, command, namesPorts: !portLists.isEmpty, files: files, resumption, console)
        let summary = try console.run(report, of: run, progress: ProgressLine(console))
        if let failure = input?.failure { console.skip("--targets: \(failure)") }
        // If findings could not be written, the position is not saved: they must be found again.
        let isSaved = !report.isWritten || resumption?.finish(run.position, console: console) ?? true
        return isSaved ? run.outcome(of: summary).exitStatus : 2
    }
}
