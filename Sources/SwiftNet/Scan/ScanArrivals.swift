import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// The targets of a scan: those known at its start, and further ones from standard input.
final class ScanArrivals {
    private let input: TargetInput<GivenTarget>?
    private let excludes: [TargetExpression]
    private let asked: any ScanRequest
    private let session: Session
    /// Nil to connect: then the kernel finds the neighbors.
    private let reserve: SocketReserve?
    /// Targets that were added before.
    private var known = AddressSet()
    /// The targets at the start as given, before exclusions.
    private(set) var given = AddressSet()
    private var waiting: [TargetExpression] = []
    /// The maximum number of waiting targets; at the maximum, reading pauses.
    private static let mostWaiting = 65_536

    /// The names among the targets, by the address of each.
    private(set) var names: [IPAddress: String] = [:]
    private(set) var unreachable: [PreparedScan.UnreachableRange] = []
    private(set) var unreachableCount = 0
    /// Whether some targets have no address or no route.
    private(set) var isIncomplete = false

    init(
        _ input: TargetInput<GivenTarget>?, excludes: [TargetExpression], _ asked: any ScanRequest,
        _ session: Session, _ reserve: SocketReserve?
    ) {
        self.input = input
        self.excludes = excludes
        self.asked = asked
        self.session = session
        self.reserve = reserve
    }

    /// Whether more targets may be read.
    var expectsMore: Bool { !(input?.isOver ?? true) }

    /// Returns the addresses known at the start.
    /// - Parameter given: the targets besides those of the input.
    func first(_ given: [TargetExpression]) throws -> AddressSet {
        var targets = given
        if let input {
            targets += try input.gather(session.reactor, waits: given.isEmpty).map(\.expression)
            if targets.isEmpty { throw input.missingTarget }
        }
        var found = try addresses(of: targets)
        while let input, found.isEmpty, !input.isOver {
            found = try addresses(of: input.gather(session.reactor, waits: true).map(\.expression))
        }
        guard !found.isEmpty else { throw SwiftNetError(.invalidArgument, nil, "nothing is left to scan") }
        return found
    }

    /// Returns the addresses of targets that were not added before.
    private func addresses(of targets: [TargetExpression]) throws -> AddressSet {
        let found = try ScanTargets(targets, excludes: excludes, asked, session.resolver)
        found.report(to: session.options)
        isIncomplete = isIncomplete || !found.failures.isEmpty
        names.merge(found.names) { first, _ in first }
        if given.isEmpty { given = found.given }
        var addresses = found.addresses
        addresses.subtract(known)
        try known.insert(addresses.runs.map { ($0.first, $0.last) })
        return addresses
    }

    /// Returns the routes to targets, without unreachable ones.
    /// - Parameters:
    ///   - isFirst: whether neighbor lookups may use their own sockets.
    ///   - order: the set whose indices the routes have; nil for the reachable targets.
    func routes(
        to targets: inout AddressSet, source: UnownedSource? = nil, isFirst: Bool = false, order: AddressSet? = nil
    ) throws -> [ScanRoute] {
        var routes = try ScanRoutes(
            targets, interface: source?.link.name ?? asked.interface, source: source?.address,
            connects: reserve == nil, asksNeighbors: asked.asksFirst)
        for neighbors in try routes.unknownNeighbors() {
            guard let reserve else { continue }
            let socket =
                try isFirst ? reserve.packetSocket() : reserve.sharedPacketSocket(neighbors.source.family)
            let lookup = try NeighborLookup(
                neighbors, socket: socket, usesRing: isFirst, rate: asked.rate, reactor: session.reactor)
            for station in try lookup.finish(session.reactor) {
                routes.learn(station.address, station.mac, interface: neighbors.interface)
            }
        }
        let count = targets.count
        let resolved = routes.resolve(&targets, order: order)
        unreachable += routes.unreachable
        unreachableCount += count - targets.count
        isIncomplete = isIncomplete || routes.isIncomplete
        return resolved
    }

    /// Passes the targets read so far to an idle engine, or ends it at the end of the input.
    /// - Returns: whether the engine has new work.
    func feed<Running: ScanningEngine & ~Copyable>(_ engine: inout Running) throws -> Bool {
        guard let input, engine.expectsMore else { return false }
        let isWanted = waiting.count < Self.mostWaiting
        waiting += input.take(isWanted: isWanted, reactor: session.reactor).map(\.expression)
        guard engine.isIdle, !waiting.isEmpty || input.isOver else { return false }
        engine.expectsMore = !waiting.isEmpty
        guard engine.expectsMore else { return true }
        var targets = try addresses(of: waiting)
        waiting = []
        let targetRoutes = try routes(to: &targets)
        engine.add(targets, routes: targetRoutes, at: SystemClock.now)
        return true
    }
}
