import Diagnostics
import LinuxNet
import WireFormat

/// A target's address, and the way there as far as the kernel knows it.
struct TraceDestination {
    var address: IPAddress
    var zone: UInt32
    var source: IPAddress
    /// Bytes that fit on the way as far as the kernel knows.
    var mtu: Int

    /// The first address of the target that there is a way to.
    static func find(
        _ target: TargetExpression, text: String, families: [IPAddress.Family], source: String?, interface: String?
    ) throws -> TraceDestination {
        let interfaceIndex = try interface.map { name in
            guard let index = Interface.index(of: name) else { throw UsageError("-i: '\(name)' is no interface") }
            return index
        }
        let sourceAddress = try source.map { text in
            guard let address = IPAddress(text) else { throw UsageError("-s: '\(text)' is no address") }
            guard try Interface.all().contains(where: { $0.addresses.contains { $0.address == address } }) else {
                throw CannotRun(message: "-s: \(text): \(SystemError.message(SystemError.addressNotAvailable))")
            }
            return address
        }
        let candidates: [(address: IPAddress, zone: UInt32)]
        switch target {
        case .address(let address, let zone):
            let index = zone.flatMap { Interface.index(of: $0) ?? UInt32($0) }
            if zone != nil, index == nil { throw UsageError("\(text): unknown iface: \(zone ?? "")") }
            candidates = [(address, index ?? 0)]
        case .name(let name):
            let found = try Resolver.addresses(of: name, family: families.count == 1 ? families[0] : nil)
            candidates = found.answers.map { ($0.address, $0.zone) }
        case .range: candidates = []
        }
        var failure: (any Error)?
        for (address, zone) in candidates where families.contains(address.family) {
            if let sourceAddress, sourceAddress.family != address.family { continue }
            do {
                let scope = zone != 0 ? zone : address.needsZone ? interfaceIndex ?? 0 : 0
                let route = try RouteTable.route(
                    to: address, from: sourceAddress, interface: scope != 0 ? scope : interfaceIndex ?? 0)
                guard let from = sourceAddress ?? route.source else { continue }
                return TraceDestination(address: address, zone: scope, source: from, mtu: route.mtu)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? CannotRun(message: "\(text): no address of the family that is asked for")
    }
}
