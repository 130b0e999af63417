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
    /// Bytes that fit on the first link, 65,535 at the most.
    var linkMTU: Int

    /// The first address of the target that there is a way to.
    /// - Parameters:
    ///   - interface: index of the interface to leave by; 0 for any.
    ///   - gateways: of a source route; the way is that to the first of them.
    static func find(
        _ target: TargetExpression, text: String, families: [IPAddress.Family], source: String?, interface: UInt32,
        gateways: [IPv4Address]
    ) throws -> TraceDestination {
        let sourceAddress = try source.map { text in
            guard let address = IPAddress(text) else { throw UsageError("-s: '\(text)' is no address") }
            guard try Interface.isOwn(address) else {
                throw CannotRun(message: "-s: \(text): \(SystemError.message(SystemError.addressNotAvailable))")
            }
            return address
        }
        let candidates: [(address: IPAddress, zone: UInt32)]
        switch target {
        case .address(let address, let zone):
            candidates = [(address, try zone.map { try Interface.zoneIndex($0, of: text) } ?? 0)]
        case .name(let name):
            let found = try Resolver.addresses(of: name, family: families.count == 1 ? families[0] : nil)
            candidates = found.answers.map { ($0.address, $0.zone) }
        case .range: candidates = []
        }
        var failure: (any Error)?
        for (address, zone) in candidates where families.contains(address.family) {
            guard gateways.isEmpty || address.family == .v4 else {
                throw UsageError("-g: \(address): IPv6 has no source routes (RFC 5095)")
            }
            if let sourceAddress, sourceAddress.family != address.family { continue }
            do {
                let scope = zone != 0 ? zone : address.needsZone ? interface : 0
                let route = try RouteTable.route(
                    to: gateways.first.map { .v4($0) } ?? address, from: sourceAddress,
                    interface: scope != 0 ? scope : interface)
                guard let from = sourceAddress ?? route.source else { continue }
                let link = Interface.name(of: route.interfaceIndex).flatMap { Interface.mtu(of: $0) }
                return TraceDestination(
                    address: address, zone: scope, source: from, mtu: route.mtu,
                    linkMTU: min(link ?? route.mtu, 65_535))
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? CannotRun(message: "\(text): no address of the family that is asked for")
    }
}
