import Diagnostics
import LinuxNet
import WireFormat

/// The targets of a scan, and the addresses that were omitted.
struct SYNScanTargets {
    private(set) var addresses = AddressSet()
    /// The number of reserved addresses among them.
    private(set) var reservedCount = 0
    private(set) var excludedCount = 0
    /// The names among the targets, by the address of each.
    private(set) var names: [IPAddress: String] = [:]
    /// The failures of name lookups.
    private(set) var failures: [String] = []

    init(
        _ targets: [TargetExpression], excludes: [TargetExpression], _ asked: SYNScan.Configuration,
        _ resolver: Resolver
    ) throws {
        try addresses.insert(try ranges(targets, family: asked.family, resolver))
        let wanted = failures.count
        excludedCount = addresses.exclude(try ranges(excludes, family: nil, resolver))
        // A name without an address cannot be excluded.
        if failures.count > wanted { throw SwiftNetError(.name, "--exclude", failures[wanted]) }
        guard !asked.includesReserved else { return }
        reservedCount = addresses.exclude(ReservedTargets.everywhere)
        for interface in try Interface.all() where !interface.isLoopback {
            for entry in interface.addresses {
                guard case .v4(let address) = entry.address else { continue }
                let broadcasts = ReservedTargets.broadcasts(of: address, prefixLength: entry.prefixLength)
                reservedCount += addresses.exclude(broadcasts.map { ($0, $0) })
            }
        }
    }

    /// Reports the addresses that are not scanned.
    func report(to options: RunOptions) {
        for failure in failures { options.onNotice?(failure) }
        if reservedCount > 0 {
            options.onNotice?(
                "skipping \(reservedCount) reserved \(reservedCount == 1 ? "address" : "addresses") (--include-reserved scans them too)"
            )
        }
        if options.isVerbose, excludedCount > 0 {
            options.onNotice?("\(excludedCount) \(excludedCount == 1 ? "address" : "addresses") excluded")
        }
    }

    private mutating func ranges(
        _ expressions: [TargetExpression], family: IPAddress.Family?, _ resolver: Resolver
    ) throws -> [(first: IPAddress, last: IPAddress)] {
        var ranges: [(first: IPAddress, last: IPAddress)] = []
        var names: [String] = []
        for expression in expressions {
            switch expression {
            case .address(let address, _): ranges.append((address, address))
            case .ranges(let all): ranges += all.map { ($0.lowerBound, $0.upperBound) }
            case .name(let name): names.append(name)
            }
        }
        for (name, result) in zip(names, try resolver.addresses(of: names, family: family)) {
            switch result {
            // One address per name: the first one that a connection would use.
            case .found(let found):
                guard let address = found.answers.first?.address else { continue }
                ranges.append((address, address))
                if self.names[address] == nil { self.names[address] = name }
            case .failed(let failure): failures.append("\(failure)")
            }
        }
        return ranges
    }
}

extension SYNScan {
    /// The targets of a scan as given, before name lookups.
    static func expressions(_ texts: [String], isOnlyTarget: Bool) throws(SwiftNetError) -> [TargetExpression] {
        var expressions: [TargetExpression] = []
        for text in texts {
            let expression = try SwiftNetError.target(text, isOnlyTarget: isOnlyTarget)
            if case .address(_, let zone?) = expression {
                throw SwiftNetError(.invalidArgument, text, TargetExpression.Problem.zoneNotAllowed(zone).description)
            }
            expressions.append(expression)
        }
        return expressions
    }
}
