import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The outgoing interfaces of a sweep, and their problems.
final class PingSweepLinks {
    /// Targets, by the ranges in which they were added.
    private var routed: [(interface: UInt32, addresses: AddressSet)] = []
    /// Single targets: adding one address at a time to a set of ranges is slow.
    private var singles: [IPAddress: UInt32] = [:]
    private var troubles: [UInt32: String] = [:]
    private var hasChanged = false
    private let links: LinkTroubles

    init(_ pieces: [RoutePiece], reactor: Reactor) throws {
        links = LinkTroubles(nil, reactor: reactor)
        try add(pieces)
    }

    /// Adds targets by their routes.
    func add(_ pieces: [RoutePiece]) throws {
        var ranges: [UInt32: [(first: IPAddress, last: IPAddress)]] = [:]
        for piece in pieces {
            guard case .success(let route) = piece.route else { continue }
            guard piece.first != piece.last else {
                singles[piece.first] = route.interfaceIndex
                continue
            }
            ranges[route.interfaceIndex, default: []].append((piece.first, piece.last))
        }
        for (interface, ranges) in ranges {
            let index = routed.firstIndex { $0.interface == interface } ?? routed.count
            if index == routed.count { routed.append((interface, AddressSet())) }
            try routed[index].addresses.insert(ranges)
        }
        if !troubles.isEmpty { hasChanged = true }
    }

    /// The latest time of the next check.
    var next: Instant? { links.next }

    /// Returns the outgoing interface of a target, for messages.
    func interface(of address: IPAddress) -> String? {
        let index = singles[address] ?? routed.first { $0.addresses.contains(address) }?.interface
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
            try? addresses.insert(singles.filter { $0.value == interface }.map { ($0.key, $0.key) })
            if !addresses.isEmpty { blocked.append(PingSweepEngine.Blocked(addresses: addresses, failure: trouble)) }
        }
        guard !blocked.isEmpty || engine.isBlocked else { return false }
        engine.block(blocked)
        return true
    }
}
