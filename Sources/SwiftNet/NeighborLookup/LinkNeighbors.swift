import Diagnostics
import LinuxNet
import WireFormat

/// On-link addresses of one link: the host that has one answers ARP (RFC 826) or neighbor solicitations (RFC 4861).
struct LinkNeighbors: Sendable {
    /// The interface's index.
    var interface: UInt32
    /// This host's MAC address on the link.
    var mac: MACAddress
    /// This host's IP address on the link.
    var source: IPAddress
    /// The addresses to look up, of the family of `source`.
    var addresses: AddressSet

    /// Addresses of one link.
    typealias AddressRange = (interface: UInt32, mac: MACAddress, source: IPAddress, first: IPAddress, last: IPAddress)

    /// Returns the neighbors in the ranges, by link, in the order of the ranges.
    static func grouping(_ ranges: [AddressRange]) throws -> [LinkNeighbors] {
        var links: [LinkNeighbors] = []
        var addresses: [[(first: IPAddress, last: IPAddress)]] = []
        for range in ranges {
            let index = links.firstIndex { $0.interface == range.interface && $0.source == range.source } ?? links.count
            if index == links.count {
                links.append(
                    LinkNeighbors(
                        interface: range.interface, mac: range.mac, source: range.source, addresses: AddressSet()))
                addresses.append([])
            }
            addresses[index].append((range.first, range.last))
        }
        for index in links.indices { try links[index].addresses.insert(addresses[index]) }
        return links
    }

    /// Returns the neighbors among addresses with known routes, by link. Neighbors whose MAC address the kernel has
    /// confirmed are omitted: permanent entries, and those that replied within the last seconds.
    /// - Parameter source: the source address; nil for the route's.
    /// - Throws: `SystemError` if the kernel does not list its interfaces or neighbors.
    static func among(_ routes: [RoutePiece], source: IPAddress?) throws -> [LinkNeighbors] {
        let interfaces = Dictionary(
            try Interface.all().map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        let ranges = routes.compactMap { piece -> AddressRange? in
            guard case .success(let route) = piece.route, route.kind == .unicast, route.gateway == nil,
                let source = source ?? route.source, source.family == piece.first.family,
                !source.isUnspecified, let interface = interfaces[route.interfaceIndex],
                let mac = interface.macAddress, interface.isUp, interface.hasCarrier, interface.hasEthernetHeader,
                interface.seeksNeighbors, !interface.isLoopback
            else { return nil }
            return (interface.index, mac, source, piece.first, piece.last)
        }
        var links = try grouping(ranges)
        guard !links.isEmpty else { return [] }
        for neighbor in try Neighbor.all() where neighbor.isCertain {
            for index in links.indices where links[index].interface == neighbor.interfaceIndex {
                links[index].addresses.remove(from: neighbor.address, through: neighbor.address)
            }
        }
        return links.filter { !$0.addresses.isEmpty }
    }
}

extension Neighbor {
    /// Whether its MAC address is known and needs no lookup.
    fileprivate var isCertain: Bool {
        switch state {
        case .permanent, .reachable, .none: macAddress != nil
        case .incomplete, .stale, .delay, .probe, .failed: false
        }
    }
}
