import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// The outgoing interfaces of a sweep, and their problems.
final class PingSweepLinks {
    private var routes: PingSweepRoutes
    /// Targets given as addresses.
    private var routed: [(interface: UInt32, addresses: AddressSet)] = []
    /// Targets given by name.
    private var named: [IPAddress: UInt32] = [:]
    private var troubles: [UInt32: String] = [:]
    private var hasChanged = false
    private let links: LinkTroubles

    init(_ routes: PingSweepRoutes, reactor: Reactor) throws {
        self.routes = routes
        var ranges: [UInt32: [(first: IPAddress, last: IPAddress)]] = [:]
        for piece in routes.pieces {
            guard case .success(let route) = piece.route else { continue }
            ranges[route.interfaceIndex, default: []].append((piece.first, piece.last))
        }
        for (interface, ranges) in ranges {
            var addresses = AddressSet()
            try addresses.insert(ranges)
            routed.append((interface, addresses))
        }
        links = LinkTroubles(nil, reactor: reactor)
    }

    /// Adds a target whose name was resolved.
    func add(_ address: IPAddress) {
        named[address] = routes.interface(to: address)
        if !troubles.isEmpty { hasChanged = true }
    }

    /// The latest time of the next check.
    var next: Instant? { links.next }

    /// Returns the outgoing interface of a target, for messages.
    func interface(of address: IPAddress) -> String? {
        let index = named[address] ?? routed.first { $0.addresses.contains(address) }?.interface
        return index.flatMap { links.names[$0] }
    }

    /// Passes changes to the engine.
    /// - Returns: whether there were any.
    func feed(_ engine: inout PingSweepEngine, at now: Instant) -> Bool {
        for change in links.take(at: now) {
            troubles[change.interface] = change.trouble
            hasChanged = true
        }
        guard hasChanged else { return false }
        hasChanged = false
        var blocked: [PingSweepEngine.Blocked] = []
        for (interface, trouble) in troubles {
            var addresses = routed.first { $0.interface == interface }?.addresses ?? AddressSet()
            // No more than the existing targets.
            try? addresses.insert(named.filter { $0.value == interface }.map { ($0.key, $0.key) })
            if !addresses.isEmpty { blocked.append(PingSweepEngine.Blocked(addresses: addresses, failure: trouble)) }
        }
        guard !blocked.isEmpty || engine.isBlocked else { return false }
        engine.block(blocked)
        return true
    }
}
