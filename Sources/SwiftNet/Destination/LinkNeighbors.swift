import Diagnostics
import LinuxNet
import WireFormat

/// Addresses that are reached without a router, by one link of this host: the host that has one answers ARP
/// (RFC 826) or neighbor solicitations (RFC 4861).
struct LinkNeighbors: Sendable {
    /// The interface's index.
    var interface: UInt32
    /// This host's MAC address on the link.
    var mac: MACAddress
    /// This host's IP address there.
    var source: IPAddress
    /// Of the family of `source`.
    var addresses: AddressSet

    /// Neighbors of these parts.
    init(interface: UInt32, mac: MACAddress, source: IPAddress, addresses: AddressSet) {
        self.interface = interface
        self.mac = mac
        self.source = source
        self.addresses = addresses
    }

    /// The neighbors among addresses whose routes are known, link by link. Those whose stations the kernel knows for
    /// certain are left out: entries made by hand, and those that replied within the last seconds.
    /// - Parameter source: the address to send from; nil for the route's.
    /// - Throws: `SystemError` where the kernel does not list its interfaces or neighbors.
    static func among(_ routes: [RoutePiece], source: IPAddress?) throws -> [LinkNeighbors] {
        let interfaces = Dictionary(
            try Interface.all().map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        var links: [LinkNeighbors] = []
        var ranges: [[(first: IPAddress, last: IPAddress)]] = []
        for piece in routes {
            guard case .success(let route) = piece.route, route.kind == .unicast, route.gateway == nil,
                let source = source ?? route.source, source.family == piece.first.family,
                !source.isUnspecified, let interface = interfaces[route.interfaceIndex],
                let mac = interface.macAddress, interface.isUp, interface.hasCarrier, interface.hasEthernetHeader,
                interface.seeksNeighbors, !interface.isLoopback
            else { continue }
            let index = links.firstIndex { $0.interface == interface.index && $0.source == source } ?? links.count
            if index == links.count {
                links.append(
                    LinkNeighbors(interface: interface.index, mac: mac, source: source, addresses: AddressSet()))
                ranges.append([])
            }
            ranges[index].append((piece.first, piece.last))
        }
        for index in links.indices { try links[index].addresses.insert(ranges[index]) }
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
    /// Its station need not be sought.
    fileprivate var isCertain: Bool {
        switch state {
        case .permanent, .reachable, .none: macAddress != nil
        case .incomplete, .stale, .delay, .probe, .failed: false
        }
    }
}
