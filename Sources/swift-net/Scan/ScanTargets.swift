import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// What the command line and its files name, before any name is looked up.
struct ScanTargetList {
    let targets: [String]
    let excludes: [String]

    init(_ command: SYNScanCommand) throws {
        var texts = command.targets
        for file in command.targetFiles { texts += try Self.words(of: file, "--targets") }
        guard !texts.isEmpty else { throw UsageError("a target is missing") }
        targets = texts
        var excludes = command.excludes.flatMap { $0.split(separator: ",").map(String.init) }
        for file in command.excludeFiles { excludes += try Self.words(of: file, "--exclude-file") }
        self.excludes = excludes
    }

    /// The words of a file of targets: one or more a line, comments behind `#`.
    private static func words(of file: String, _ option: String) throws -> [String] {
        do {
            return try TextInput.lines(of: file, for: option).flatMap { line in
                line.prefix { $0 != "#" }.split { $0.isWhitespace || $0 == "," }.map(String.init)
            }
        } catch {
            throw UsageError("\(option): \(error)")
        }
    }
}

/// The targets of a command line: what is to be scanned, and what was left out.
struct ScanTargets {
    private(set) var addresses = AddressSet()
    /// Reserved addresses that were among them.
    private(set) var reservedCount = 0
    private(set) var excludedCount = 0
    /// Names without an address here.
    private(set) var failures: [String] = []

    init(
        _ list: ScanTargetList, _ command: SYNScanCommand, interfaces: [Interface], _ resolver: Resolver,
    ) throws {
        let family: IPAddress.Family? = command.ipv4 == command.ipv6 ? nil : command.ipv4 ? .v4 : .v6
        do {
            try addresses.insert(try ranges(list.targets, family: family, resolver))
        } catch is AddressSet.Refusal {
            throw UsageError("more than \(AddressSet.maximumCount) targets")
        }
        let wanted = failures.count
        excludedCount = addresses.exclude(try ranges(list.excludes, family: nil, resolver))
        // What cannot be kept out because nobody knows its address must not be scanned by mistake.
        if failures.count > wanted { throw CannotRun(message: "--exclude: \(failures[wanted])") }
        if !command.includesReserved {
            reservedCount = addresses.exclude(ReservedTargets.everywhere)
            for interface in interfaces {
                for entry in interface.addresses {
                    guard case .v4(let address) = entry.address, !interface.isLoopback else { continue }
                    let broadcasts = ReservedTargets.broadcasts(of: address, prefixLength: entry.prefixLength)
                    reservedCount += addresses.exclude(broadcasts.map { ($0, $0) })
                }
            }
        }
    }

    private mutating func ranges(
        _ texts: [String], family: IPAddress.Family?, _ resolver: Resolver
    ) throws -> [(first: IPAddress, last: IPAddress)] {
        var ranges: [(first: IPAddress, last: IPAddress)] = []
        var names: [String] = []
        for text in texts {
            let expression: TargetExpression
            do {
                expression = try TargetExpression(text)
            } catch {
                throw UsageError("'\(text)' is no target")
            }
            switch expression {
            case .address(_, let zone?): throw UsageError("'\(text)': use -I \(zone) instead of a zone")
            case .address(let address, nil): ranges.append((address, address))
            case .range(let first, let last): ranges.append((first, last))
            case .name(let name): names.append(name)
            }
        }
        for result in try resolver.addresses(of: names, family: family) {
            switch result {
            // One address a name, as the system would connect to it.
            case .found(let found):
                if let answer = found.answers.first { ranges.append((answer.address, answer.address)) }
            case .failed(let failure): failures.append("\(failure)")
            }
        }
        return ranges
    }
}

/// The ports of a command line.
enum ScanPorts {
    /// Ports that are scanned when none are named.
    private static let presetCount = 100

    /// Ascending, each once.
    static func list(_ command: SYNScanCommand, _ services: ServiceNames) throws -> [UInt16] {
        if !command.ports.isEmpty {
            guard command.topPorts == nil else { throw UsageError("-p and --top-ports exclude each other") }
            do {
                let set = try PortSet(command.ports.joined(separator: ","), named: { services.port(named: $0, .tcp) })
                return set.ranges.flatMap { Array($0) }
            } catch {
                throw UsageError("-p: '\(error.part)' is no port, no range and no service")
            }
        }
        let count = try command.topPorts.map { try ArgumentValue.integer("--top-ports", $0, in: 1...65_535) }
        let known = services.ports(of: .tcp)
        guard !known.isEmpty else { throw CannotRun(message: "there is no services file: name the ports with -p") }
        if let count, count > known.count {
            throw UsageError("--top-ports: the services file has only \(known.count) TCP ports")
        }
        return Array(known.prefix(count ?? presetCount))
    }
}
