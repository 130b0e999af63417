import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// How each target is reached: the routes are the system's, the machines behind them its neighbours,
/// or asked for here.
struct ScanWays {
    /// Neighbours of one link whose machines nobody knows yet.
    struct Unknown {
        var link: ScanLink
        var name: String
        var addresses: AddressSet
    }

    private struct Piece {
        var first: IPAddress
        var last: IPAddress
        var link: ScanLink
        var gateway: IPAddress?
        var kind: Route.Kind

        /// Somebody has to be asked which machine it is.
        var needsMachine: Bool { link.mac != nil && kind == .unicast }
    }

    private struct Hop: Hashable {
        var interface: UInt32
        var address: IPAddress
    }

    private var pieces: [Piece] = []
    private var machines: [Hop: MACAddress] = [:]
    private let interfaces: [UInt32: Interface]
    /// Ranges that cannot be reached, with the system's words.
    private(set) var unreachable: [(first: IPAddress, last: IPAddress, reason: String)] = []
    /// There are targets that this host has no way to ask. A neighbor that does not exist is none of them.
    private(set) var isIncomplete = false

    /// - Parameter source: an address of the local network that is not the system's.
    init(_ targets: AddressSet, interface name: String?, source: IPAddress?) throws {
        let all = try Interface.all()
        interfaces = Dictionary(uniqueKeysWithValues: all.map { ($0.index, $0) })
        var index: UInt32 = 0
        if let name {
            guard let found = all.first(where: { $0.name == name }) else {
                throw UsageError("-I: '\(name)' is no interface")
            }
            index = found.index
        }
        let loopback = all.first { $0.isLoopback }
        for run in targets.runs {
            for piece in try RouteTable.pieces(from: run.first, through: run.last, interface: index) {
                switch piece.route {
                case .failure(let error):
                    unreachable.append((piece.first, piece.last, SystemError.message(error.code)))
                case .success(let route):
                    if let source, source.family != piece.first.family {
                        unreachable.append((piece.first, piece.last, "\(source) is of the other family"))
                        continue
                    }
                    guard let link = link(route, loopback: loopback, source: source) else {
                        unreachable.append((piece.first, piece.last, "no address or no Ethernet to reach it by"))
                        continue
                    }
                    pieces.append(
                        Piece(
                            first: piece.first, last: piece.last, link: link, gateway: route.gateway, kind: route.kind))
                }
            }
        }
        for neighbor in try Neighbor.all() {
            guard let mac = neighbor.macAddress else { continue }
            switch neighbor.state {
            case .reachable, .stale, .delay, .probe, .permanent:
                machines[Hop(interface: neighbor.interfaceIndex, address: neighbor.address)] = mac
            case .incomplete, .failed, .none: break
            }
        }
    }

    private func link(_ route: Route, loopback: Interface?, source: IPAddress?) -> ScanLink? {
        guard let address = source ?? route.source, let interface = interfaces[route.interfaceIndex] else { return nil }
        if route.kind == .local || interface.isLoopback {
            guard let loopback, source == nil else { return nil }
            return ScanLink(interface: loopback.index, source: address, mac: nil)
        }
        guard route.kind == .unicast || route.kind == .broadcast || route.kind == .multicast,
            let link = try? EthernetLink(interface)
        else { return nil }
        return ScanLink(interface: interface.index, source: address, mac: link.mac)
    }

    /// The next hops that are to be asked for.
    func unknown(_ targets: AddressSet) throws -> [Unknown] {
        var found: [Unknown] = []
        for piece in pieces where piece.needsMachine {
            var wanted = AddressSet()
            if let gateway = piece.gateway {
                try wanted.insert(gateway)
            } else {
                try wanted.insert([(piece.first, piece.last)])
                wanted = wanted.intersection(targets)
            }
            for (hop, _) in machines where hop.interface == piece.link.interface && wanted.contains(hop.address) {
                wanted.remove(from: hop.address, through: hop.address)
            }
            guard !wanted.isEmpty else { continue }
            if let index = found.firstIndex(where: { $0.link == piece.link }) {
                try found[index].addresses.insert(wanted.runs.map { ($0.first, $0.last) })
            } else {
                found.append(
                    Unknown(
                        link: piece.link, name: interfaces[piece.link.interface]?.name ?? "?", addresses: wanted))
            }
        }
        return found
    }

    /// A machine that has answered.
    mutating func learn(_ address: IPAddress, _ mac: MACAddress, interface: UInt32) {
        machines[Hop(interface: interface, address: address)] = mac
    }

    /// Takes who cannot be reached out of the targets, and returns the ways of the others.
    mutating func resolve(_ targets: inout AddressSet) -> [ScanWay] {
        var lost = unreachable
        isIncomplete = !unreachable.isEmpty
        for piece in pieces where piece.needsMachine {
            if let gateway = piece.gateway {
                if machines[Hop(interface: piece.link.interface, address: gateway)] == nil {
                    lost.append((piece.first, piece.last, "no answer from \(gateway), the way there"))
                    isIncomplete = true
                }
                continue
            }
            var silent: (first: UInt128, last: UInt128)?
            for number in piece.first.number...piece.last.number {
                let address = IPAddress(piece.first.family, number: number)
                if machines[Hop(interface: piece.link.interface, address: address)] != nil || !targets.contains(address)
                {
                    continue
                }
                if let before = silent, before.last + 1 == number {
                    silent = (before.first, number)
                } else {
                    if let before = silent { lost.append(Self.absent(before, piece.first.family)) }
                    silent = (number, number)
                }
            }
            if let before = silent { lost.append(Self.absent(before, piece.first.family)) }
        }
        unreachable = lost
        var gone = AddressSet()
        // No more than the targets that they were taken from.
        try? gone.insert(lost.map { ($0.first, $0.last) })
        targets.subtract(gone)
        var ways: [ScanWay] = []
        for run in targets.runs {
            for piece in pieces where piece.first.family == run.first.family {
                let (first, last) = (max(piece.first, run.first), min(piece.last, run.last))
                guard first <= last, let start = targets.place(of: first), let end = targets.place(of: last) else {
                    continue
                }
                ways.append(
                    ScanWay(targets: start..<end + 1, link: piece.link, nextHop: nextHop(piece, first, last)))
            }
        }
        return ways.sorted { $0.targets.lowerBound < $1.targets.lowerBound }
    }

    private static func absent(
        _ range: (first: UInt128, last: UInt128), _ family: IPAddress.Family
    ) -> (first: IPAddress, last: IPAddress, reason: String) {
        (IPAddress(family, number: range.first), IPAddress(family, number: range.last), "no machine on the link has it")
    }

    private func nextHop(_ piece: Piece, _ first: IPAddress, _ last: IPAddress) -> ScanWay.NextHop {
        guard piece.link.mac != nil else { return .system }
        if piece.kind == .broadcast { return .machine(.broadcast) }
        if let gateway = piece.gateway, let mac = machines[Hop(interface: piece.link.interface, address: gateway)] {
            return .machine(mac)
        }
        return .targets(
            (first.number...last.number).map { number in
                let address = IPAddress(first.family, number: number)
                if piece.kind == .multicast { return MACAddress(multicast: address) }
                return machines[Hop(interface: piece.link.interface, address: address)] ?? .broadcast
            })
    }
}
