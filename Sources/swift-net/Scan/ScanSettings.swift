import LinuxProcess
import SwiftNet

/// The options of `tcp-syn-scan` as values.
struct ScanSettings {
    let targets: [String]
    private(set) var scan = SYNScan.Configuration()
    let format: ScanFormat
    let file: BufferedOutput?
    let fileFormat: ScanFormat
    let resumption: ScanResumption?
    let services = ServiceNames.system()

    init(_ command: SYNScanCommand, _ console: Console) throws {
        if let text = command.rate {
            scan.rate = text == "max" ? nil : Double(try ArgumentValue.integer("--rate", text, in: 1...100_000_000))
        }
        if let text = command.retries { scan.retries = try ArgumentValue.integer("--retries", text, in: 0...100) }
        scan.wait = try command.wait.map { try ArgumentValue.duration("--wait", $0) }
        scan.deadline = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        guard ["auto", "always", "never"].contains(command.color) else {
            throw UsageError("--color: '\(command.color)' is none of auto, always, never")
        }
        if let text = command.shard { scan.shard = try Self.shard(text) }
        scan.seed = try command.seed.map { text in
            guard let value = UInt64(text) else { throw UsageError("--seed: '\(text)' is not a whole number") }
            return value
        }
        if command.ipv4 != command.ipv6 { scan.family = command.ipv4 ? .v4 : .v6 }
        scan.interface = command.interface
        scan.source = try command.source.map { text in
            guard let address = IPAddress(text) else { throw UsageError("--source: '\(text)' is no address") }
            return address
        }
        guard !command.skipsCheck || command.source != nil else { throw UsageError("--no-check requires --source") }
        scan.checksSource = !command.skipsCheck
        scan.readsBanners = command.banners
        scan.includesReserved = command.includesReserved
        scan.reportsAll = command.all
        resumption = try command.resume.map(ScanResumption.init(path:))
        if let resumption {
            scan.resumed = resumption.record
            scan.recordName = resumption.path
        }
        let asked = try command.format.map(ScanFormat.init(option:))
        if let path = command.file {
            file = try console.file(path, for: "-o")
            fileFormat = asked ?? .text
            format = command.frames.json ? .json : .text
        } else {
            file = nil
            fileFormat = .text
            guard asked == nil || asked == .json || !command.frames.json else {
                throw UsageError("--json and --format \(asked?.rawValue ?? "") exclude each other without -o")
            }
            format = command.frames.json ? .json : asked ?? .text
        }
        if command.banners, format == .csv || file != nil && fileFormat == .csv {
            throw UsageError("--banners: a CSV report has no place for banners")
        }
        (scan.ports, scan.topPorts) = try Self.ports(command, services)
        (targets, scan.excludes) = try Self.targets(command, console)
    }

    /// `K/N`.
    private static func shard(_ text: String) throws -> ScanShard {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], 1...1_000_000 ~= count,
            1...count ~= number
        else { throw UsageError("--shard: '\(text)' is no K/N with 1 <= K <= N") }
        return ScanShard(number: number, count: count)
    }

    /// The ports of `-p`, or how many of the services file.
    private static func ports(_ command: SYNScanCommand, _ services: ServiceNames) throws -> ([UInt16], Int?) {
        guard !command.ports.isEmpty else {
            return ([], try command.topPorts.map { try ArgumentValue.integer("--top-ports", $0, in: 1...65_535) })
        }
        guard command.topPorts == nil else { throw UsageError("-p and --top-ports exclude each other") }
        do {
            let set = try PortSet(command.ports.joined(separator: ","), named: { services.port(named: $0, .tcp) })
            return (set.ranges.flatMap { Array($0) }, nil)
        } catch {
            throw UsageError("-p: '\(error.part)' is no port, no range and no service")
        }
    }

    /// The targets of the command line and its files, and the excluded ones.
    private static func targets(
        _ command: SYNScanCommand, _ console: Console
    ) throws -> (targets: [String], excludes: [String]) {
        var targets = command.targets
        for file in command.targetFiles {
            targets += try TargetFile(path: file, option: "--targets").targets(console, allowsZones: false)
        }
        guard !targets.isEmpty else { throw UsageError("a target is missing") }
        var excludes = command.excludes.flatMap { TargetList.targets(ofWord: $0) }
        for file in command.excludeFiles {
            excludes += try TargetFile(path: file, option: "--exclude-file").excludedTargets()
        }
        return (targets, excludes)
    }
}
