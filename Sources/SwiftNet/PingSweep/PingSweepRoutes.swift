import Diagnostics
import LinuxNet
import WireFormat

/// The routes to the targets of a sweep.
struct PingSweepRoutes {
    /// Routes to the targets given as addresses.
    private(set) var pieces: [RoutePiece] = []
    /// Routes for targets whose addresses are resolved later.
    private var map: RouteMap

    /// - Parameter family: the family to use; targets of the other are omitted.
    init(
        _ targets: [TargetExpression], family: IPAddress.Family?, _ requirements: Destination.Requirements
    ) throws {
        map = Self.map(requirements, requirements.interface)
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
        for (interface, ranges) in ranges.sorted(by: { $0.key < $1.key }) {
            var targets = AddressSet()
            do { try targets.insert(ranges) } catch { throw Self.tooMany }
            guard targets.count <= TargetSet.maximumCount else { throw Self.tooMany }
            var map = Self.map(requirements, interface)
            for run in targets.runs { pieces += try map.pieces(from: run.first, through: run.last) }
        }
    }

    static let tooMany = SwiftNetError(.invalidArgument, nil, "more than \(TargetSet.maximumCount) targets")

    private static func map(_ requirements: Destination.Requirements, _ interface: UInt32) -> RouteMap {
        RouteMap(
            source: requirements.source, interface: interface, mark: requirements.mark,
            typeOfService: requirements.trafficClass)
    }

    /// Returns the outgoing interface for an address; nil if there is no route.
    mutating func interface(to address: IPAddress) -> UInt32? { (try? map.route(to: address).get())?.interfaceIndex }
}
