import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// The interfaces by which the targets of a sweep are reached, and what is wrong with them.
final class PingSweepLinks {
    private var routes: PingSweepRoutes
    /// The targets that are addresses.
    private var routed: [(interface: UInt32, addresses: AddressSet)] = []
    /// Those that were given by name.
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

    /// A target whose name was looked up.
    func add(_ address: IPAddress) {
        named[address] = routes.interface(to: address)
        if !troubles.isEmpty { hasChanged = true }
    }

    /// When to be called again at the latest.
    var next: Instant? { links.next }

    /// The interface by which a target is reached, for messages.
    func interface(of address: IPAddress) -> String? {
        let index = named[address] ?? routed.first { $0.addresses.contains(address) }?.interface
        return index.flatMap { links.names[$0] }
    }

    /// Hands the engine what has changed.
    /// - Returns: whether anything has.
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
            // No more than the targets that there are.
            try? addresses.insert(named.filter { $0.value == interface }.map { ($0.key, $0.key) })
            if !addresses.isEmpty { blocked.append(PingSweepEngine.Blocked(addresses: addresses, failure: trouble)) }
        }
        guard !blocked.isEmpty || engine.isBlocked else { return false }
        engine.block(blocked)
        return true
    }
}
