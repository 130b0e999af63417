import Diagnostics
import LinuxNet
import PacketEngine
import SwiftNet
import WireFormat

/// The interfaces by which the targets of a sweep are reached, and what is wrong with them.
final class SweepLinks {
    private var routed: [(interface: UInt32, addresses: AddressSet)] = []
    /// Where targets go whose addresses came later, for they were given by name.
    private var others: [IPAddress.Family: UInt32] = [:]
    private var troubles: [UInt32: String] = [:]
    private var hasNews = true
    private let links: LinkTroubles

    /// - Parameter targets: the addresses that are known, by the interface that was asked for or 0.
    init(
        _ targets: [UInt32: AddressSet], _ requirements: Destination.Requirements, reactor: Reactor
    ) throws {
        for (interface, addresses) in targets.sorted(by: { $0.key < $1.key }) {
            for run in addresses.runs {
                let pieces = try RouteTable.pieces(
                    from: run.first, through: run.last, source: requirements.source, interface: interface,
                    mark: requirements.mark, typeOfService: requirements.trafficClass)
                for piece in pieces {
                    guard case .success(let route) = piece.route else { continue }
                    let index = routed.firstIndex { $0.interface == route.interfaceIndex } ?? routed.count
                    if index == routed.count { routed.append((route.interfaceIndex, AddressSet())) }
                    try routed[index].addresses.insert([(piece.first, piece.last)])
                }
            }
        }
        links = LinkTroubles(nil, reactor: reactor)
    }

    /// Targets whose addresses come later leave by this interface.
    func use(_ interface: UInt32, for family: IPAddress.Family) {
        others[family] = interface
        hasNews = true
    }

    /// The targets whose interfaces are known.
    func known() throws -> AddressSet {
        var known = AddressSet()
        for link in routed { try known.insert(link.addresses.runs.map { ($0.first, $0.last) }) }
        return known
    }

    /// The interface by which a target is reached, for messages.
    func interface(of address: IPAddress) -> String? {
        let index = routed.first { $0.addresses.contains(address) }?.interface ?? others[address.family]
        return index.flatMap { links.names[$0] }
    }

    /// Tells the engine what has changed.
    /// - Returns: whether anything has.
    func feed(_ engine: inout SweepEngine) -> Bool {
        for change in links.take() {
            troubles[change.interface] = change.trouble
            hasNews = true
        }
        guard hasNews else { return false }
        hasNews = false
        var blocked = AddressSet()
        var failure: String?
        for link in routed {
            guard let trouble = troubles[link.interface] else { continue }
            failure = failure ?? trouble
            // No more than the targets that there are.
            try? blocked.insert(link.addresses.runs.map { ($0.first, $0.last) })
        }
        var families: Set<IPAddress.Family> = []
        for (family, interface) in others {
            guard let trouble = troubles[interface] else { continue }
            failure = failure ?? trouble
            families.insert(family)
        }
        guard failure != nil || engine.isBlocked else { return false }
        engine.block(blocked, others: families, failure ?? "")
        return true
    }
}
