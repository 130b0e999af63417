import Diagnostics
import LinuxNet
import WireFormat

/// The targets of a scan, and the addresses that were omitted.
struct ScanTargets {
    private(set) var addresses = AddressSet()
    /// The targets as given, before exclusions.
    private(set) var given = AddressSet()
    /// The number of reserved addresses among them.
    private(set) var reservedCount = 0
    private(set) var excludedCount = 0
    /// The names among the targets, by the address of each.
    private(set) var names: [IPAddress: String] = [:]
    /// The failures of name lookups.
    private(set) var failures: [String] = []
    /// The index of -I; 0 for none.
    private let interface: UInt32

    init(
        _ targets: [TargetExpression], excludes: [TargetExpression], _ asked: any ScanRequest,
        _ resolver: Resolver
    ) throws {
        interface = try asked.interface.map { try EthernetLink.interface($0, of: Interface.all()).index } ?? 0
        try addresses.insert(try ranges(targets, family: asked.family, resolver))
        given = addresses
        let wanted = failures.count
        excludedCount = addresses.exclude(try ranges(excludes, family: nil, resolver))
        // A name without an address cannot be excluded.
        if failures.count > wanted { throw SwiftNetError(.name, "--exclude", failures[wanted]) }
        guard !asked.includesReserved else { return }
        reservedCount = try leaveOut(ReservedTargets.unlessNamed, except: targets)
        reservedCount += addresses.exclude(ReservedTargets.everywhere)
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
            case .address(let address, let zone):
                let index = try zone.map { try Destination.index(ofZone: $0, "\(address)%\($0)") } ?? 0
                let target = try scoped(address, zone: index)
                ranges.append((target, target))
            case .ranges(let all):
                ranges += try all.map { (try scoped($0.lowerBound, zone: 0), try scoped($0.upperBound, zone: 0)) }
            case .name(let name): names.append(name)
            }
        }
        for (name, result) in zip(names, try resolver.addresses(of: names, family: family)) {
            switch result {
            // One address per name: the first one that a connection would use.
            case .found(let found):
                guard let first = found.answers.first else { continue }
                let address = try scoped(first.address, zone: first.zone)
                ranges.append((address, address))
                if self.names[address] == nil { self.names[address] = name }
            case .failed(let failure): failures.append("\(failure)")
            }
        }
        return ranges
    }

    /// Returns an address as the engine has it: a link-local one with its interface, and an IPv4-mapped one as IPv4.
    private func scoped(_ address: IPAddress, zone: UInt32) throws -> IPAddress {
        guard case .v6(let v6) = address else { return address }
        if v6.isIPv4Mapped { return .v4(IPv4Address(rawValue: UInt32(truncatingIfNeeded: v6.low))) }
        guard v6.isLinkLocal else { return address }
        try Destination.checkZone(zone, "\(address)", interface: interface)
        guard let index = [zone, interface].first(where: { $0 != 0 }) else {
            throw SwiftNetError(
                .invalidArgument, "\(address)", "a link-local address requires a zone (%INTERFACE) or -I")
        }
        guard let target = address.scoped(to: index) else {
            throw SwiftNetError(.invalidArgument, "\(address)", "not a link-local address of fe80::/64")
        }
        return target
    }

    /// Removes blocks from ranges that are larger than them; a range inside a block names it.
    /// - Returns: the number of addresses removed.
    private mutating func leaveOut(
        _ blocks: [(first: IPAddress, last: IPAddress)], except expressions: [TargetExpression]
    ) throws -> Int {
        var named: [(first: IPAddress, last: IPAddress)] = []
        for case .ranges(let ranges) in expressions {
            named += ranges.filter { range in
                blocks.contains { $0.first <= range.lowerBound && range.upperBound <= $0.last }
            }.map { ($0.lowerBound, $0.upperBound) }
        }
        for case .address(let address, _) in expressions { named.append((address, address)) }
        for address in names.keys { named.append((address, address)) }
        var kept = AddressSet()
        try kept.insert(named)
        _ = kept.formIntersection(addresses)
        let before = addresses.count
        _ = addresses.exclude(blocks)
        try addresses.insert(kept.runs.map { ($0.first, $0.last) })
        return before - addresses.count
    }
}

extension ScanTargets {
    /// The targets of a scan as given, before name lookups.
    static func expressions(_ texts: [String], isOnlyTarget: Bool) throws(SwiftNetError) -> [TargetExpression] {
        var expressions: [TargetExpression] = []
        for text in texts {
            expressions.append(try SwiftNetError.target(text, isOnlyTarget: isOnlyTarget))
        }
        return expressions
    }
}
