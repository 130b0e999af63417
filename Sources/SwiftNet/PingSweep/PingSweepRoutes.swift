import Diagnostics
import LinuxNet
import WireFormat

/// The routes to the targets of a sweep.
struct PingSweepRoutes {
    private let family: IPAddress.Family?
    private let requirements: Destination.Requirements
    private var maps: [UInt32: RouteMap] = [:]

    /// - Parameter family: the family to use; targets of the other are omitted.
    init(family: IPAddress.Family?, _ requirements: Destination.Requirements) {
        self.family = family
        self.requirements = requirements
    }

    /// Returns the routes to targets given as addresses.
    mutating func pieces(to targets: [TargetExpression]) throws -> [RoutePiece] {
        var ranges: [UInt32: [(first: IPAddress, last: IPAddress)]] = [:]
        for expression in targets {
            switch expression {
            case .address(let address, let zone) where family ?? address.family == address.family:
                let interface = zone.flatMap { try? Destination.index(ofZone: $0, $0) } ?? requirements.interface
                ranges[interface, default: []].append((address, address))
            case .ranges(let all):
                ranges[requirements.interface, default: []] += all.map { ($0.lowerBound, $0.upperBound) }
            case .address, .name: break
            }
        }
        var pieces: [RoutePiece] = []
        for (interface, ranges) in ranges.sorted(by: { $0.key < $1.key }) {
            var targets = AddressSet()
            try targets.insert(ranges, limit: AddressSet.maximumSweepCount)
            var map = maps[interface] ?? map(interface)
            for run in targets.runs { pieces += try map.pieces(from: run.first, through: run.last) }
            maps[interface] = map
        }
        return pieces
    }

    private func map(_ interface: UInt32) -> RouteMap {
        RouteMap(
            source: requirements.source, interface: interface, mark: requirements.mark,
            typeOfService: requirements.trafficClass)
    }
}
