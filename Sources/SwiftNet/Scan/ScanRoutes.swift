import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// The routes to the targets of a scan, with the MAC addresses of next hops from the kernel or from lookups.
struct ScanRoutes {
    private struct Piece {
        /// Link-local addresses with their interface.
        var first: IPAddress
        var last: IPAddress
        var link: ScanLink
        var gateway: IPAddress?
        var kind: Route.Kind

        /// Whether its next hops are neighbors whose MAC addresses are needed.
        var needsStations: Bool { link.mac != nil && kind == .unicast }
    }

    private struct Hop: Hashable {
        var interface: UInt32
        var address: IPAddress
    }

    private var pieces: [Piece] = []
    private var stations: [Hop: MACAddress] = [:]
    private let interfaces: [UInt32: Interface]
    private let connects: Bool
    /// Targets that are unreachable.
    private(set) var unreachable: [PreparedScan.UnreachableRange] = []
    /// Whether this host has no route to some targets. Neighbors that do not exist do not count.
    private(set) var isIncomplete = false

    /// - Parameters:
    ///   - source: an unowned address of an attached network.
    ///   - connects: whether the kernel sends the packets of all targets.
    ///   - asksNeighbors: whether to look up neighbors too that the kernel has not confirmed lately.
    init(
        _ targets: AddressSet, interface name: String?, source: IPAddress?, connects: Bool, asksNeighbors: Bool
    ) throws {
        let all = try Interface.all()
        interfaces = Dictionary(all.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        let loopback = all.first { $0.isLoopback }
        self.connects = connects
        let interface = try name.map { try EthernetLink.interface($0, of: all).index } ?? 0
        var map = RouteMap(interface: interface)
        for run in targets.runs {
            let scope = run.first.scope
            if scope != 0 { map = RouteMap(interface: scope) }
            defer { if scope != 0 { map = RouteMap(interface: interface) } }
            for var piece in try map.pieces(from: run.first.withoutScope, through: run.last.withoutScope) {
                if scope != 0 {
                    piece.first = piece.first.scoped(to: scope) ?? piece.first
                    piece.last = piece.last.scoped(to: scope) ?? piece.last
                }
                switch piece.route {
                case .failure(let error): lose(piece, SystemError.message(error.code))
                case .success(let route):
                    if let source, source.family != piece.first.family {
                        lose(piece, "\(source) is of the other address family")
                    } else if scope != 0, route.kind == .local, !connects {
                        lose(piece, "this host's own link-local address: use ::1")
                    } else {
                        do {
                            pieces.append(
                                Piece(
                                    first: piece.first, last: piece.last,
                                    link: try link(route, loopback: loopback, source: source),
                                    gateway: route.gateway, kind: route.kind))
                        } catch {
                            lose(piece, error.reason)
                        }
                    }
                }
            }
        }
        isIncomplete = !unreachable.isEmpty
        for neighbor in try Neighbor.all() {
            guard let mac = neighbor.macAddress else { continue }
            switch neighbor.state {
            case .stale, .delay, .probe:
                guard !asksNeighbors else { continue }
                fallthrough
            case .reachable, .permanent:
                learn(neighbor.address, mac, interface: neighbor.interfaceIndex)
            case .incomplete, .failed, .none: break
            }
        }
    }

    private mutating func lose(_ piece: RoutePiece, _ reason: String) {
        unreachable.append(PreparedScan.UnreachableRange(first: piece.first, last: piece.last, reason: reason))
    }

    /// Throws if the route has no source address, or an interface that cannot send to it.
    private func link(
        _ route: Route, loopback: Interface?, source: IPAddress?
    ) throws(SwiftNetError) -> ScanLink {
        guard let address = source ?? route.source else {
            throw SwiftNetError(.interface, nil, "no source address for it")
        }
        guard let interface = interfaces[route.interfaceIndex] else {
            throw SwiftNetError(.interface, nil, "no interface for it")
        }
        // The kernel finds the neighbors of its connections.
        if connects { return ScanLink(interface: interface.index, source: address, framing: .datagram) }
        if route.kind == .local || interface.isLoopback {
            guard let loopback, source == nil else {
                throw SwiftNetError(.interface, nil, "this host itself, which --source does not reach")
            }
            return ScanLink(interface: loopback.index, source: address, framing: .routed)
        }
        if case .other = route.kind { throw SwiftNetError(.interface, nil, "no unicast route") }
        guard interface.framing == .datagram else {
            let mac = try EthernetLink(interface).mac
            return ScanLink(interface: interface.index, source: address, framing: .ethernet(mac))
        }
        try EthernetLink.checkState(of: interface)
        return ScanLink(interface: interface.index, source: address, framing: .datagram)
    }

    // MARK: Neighbors

    /// Returns the next hops to look up, by link.
    func unknownNeighbors() throws -> [LinkNeighbors] {
        var links = try LinkNeighbors.grouping(
            pieces.compactMap { piece in
                guard piece.needsStations, let mac = piece.link.mac else { return nil }
                return (
                    piece.link.interface, mac, piece.link.source, piece.gateway ?? piece.first.withoutScope,
                    piece.gateway ?? piece.last.withoutScope
                )
            })
        for index in links.indices {
            for hop in stations.keys where hop.interface == links[index].interface {
                links[index].addresses.remove(from: hop.address, through: hop.address)
            }
        }
        return links.filter { !$0.addresses.isEmpty }
    }

    /// Notes that the MAC address of a neighbor was found.
    mutating func learn(_ address: IPAddress, _ mac: MACAddress, interface: UInt32) {
        stations[Hop(interface: interface, address: address)] = mac
    }

    private func station(of address: IPAddress, _ link: ScanLink) -> MACAddress? {
        stations[Hop(interface: link.interface, address: address.withoutScope)]
    }

    // MARK: Result

    /// Removes unreachable targets, and returns the routes to the others.
    /// - Parameter order: the set whose indices the routes have, which contains all targets; nil for the targets.
    mutating func resolve(_ targets: inout AddressSet, order: AddressSet?) -> [ScanRoute] {
        for piece in pieces where piece.needsStations {
            guard let gateway = piece.gateway else {
                loseNeighbors(piece)
                continue
            }
            guard station(of: gateway, piece.link) == nil else { continue }
            unreachable.append(
                PreparedScan.UnreachableRange(
                    first: piece.first, last: piece.last, reason: "no reply from the next hop \(gateway)"))
            isIncomplete = true
        }
        var lost = AddressSet()
        // No more than the targets that they were taken from.
        try? lost.insert(unreachable.map { ($0.first, $0.last) })
        targets.subtract(lost)
        let order = order ?? targets
        var routes: [ScanRoute] = []
        for run in targets.runs {
            for piece in pieces where piece.first.family == run.first.family {
                let (first, last) = (max(piece.first, run.first), min(piece.last, run.last))
                guard first <= last, let start = order.index(of: first), let end = order.index(of: last) else {
                    continue
                }
                routes.append(
                    ScanRoute(targets: start..<end + 1, link: piece.link, nextHop: nextHop(piece, first, last)))
            }
        }
        return routes.sorted { $0.targets.lowerBound < $1.targets.lowerBound }
    }

    /// Adds the ranges of neighbors without a MAC address to the unreachable targets.
    private mutating func loseNeighbors(_ piece: Piece) {
        var lost: (first: IPAddress, last: IPAddress)?
        func flush() {
            guard let range = lost else { return }
            unreachable.append(
                PreparedScan.UnreachableRange(
                    first: range.first, last: range.last, reason: "no neighbor has this address"))
            lost = nil
        }
        for number in piece.first.number...piece.last.number {
            let address = IPAddress(piece.first.family, number: number)
            if station(of: address, piece.link) != nil { flush() } else { lost = (lost?.first ?? address, address) }
        }
        flush()
    }

    private func nextHop(_ piece: Piece, _ first: IPAddress, _ last: IPAddress) -> ScanRoute.NextHop {
        guard piece.link.mac != nil else { return .unaddressed }
        if piece.kind == .broadcast { return .station(.broadcast) }
        if let gateway = piece.gateway, let mac = station(of: gateway, piece.link) { return .station(mac) }
        return .targets(
            (first.number...last.number).map { number in
                let address = IPAddress(first.family, number: number)
                if piece.kind == .multicast { return MACAddress(multicast: address) }
                return station(of: address, piece.link) ?? .broadcast
            })
    }
}
