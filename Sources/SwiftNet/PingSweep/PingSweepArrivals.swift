import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

/// Targets added during a sweep: those given by name, once their addresses are resolved, and those from standard
/// input.
final class PingSweepArrivals {
    /// The maximum number of targets without a result; at the maximum, reading pauses.
    private static let mostPending = 65_536

    private let names: ForwardNames
    private let input: TargetInput<GivenTarget>?
    private let sockets: PingSockets
    private let formats: PingSweepFormats
    private let session: Session
    private let links: PingSweepLinks
    private let neighbors: PingSweepNeighbors
    private let probesAllAddresses: Bool
    private var routes: PingSweepRoutes
    /// The number of targets without an address.
    private(set) var failures = 0

    init(
        names: [String], _ input: TargetInput<GivenTarget>?, _ sockets: PingSockets, _ formats: PingSweepFormats,
        _ session: Session,
        links: PingSweepLinks, neighbors: PingSweepNeighbors, routes: PingSweepRoutes, probesAllAddresses: Bool
    ) {
        self.names = ForwardNames(names, family: formats.probe.family, resolver: session.resolver)
        self.input = input
        self.sockets = sockets
        self.formats = formats
        self.session = session
        self.links = links
        self.neighbors = neighbors
        self.routes = routes
        self.probesAllAddresses = probesAllAddresses
    }

    /// Reports the names that were not resolved before the end of the run.
    func giveUp() {
        for name in names.pending {
            fail("\(name): Temporary failure in name resolution (no answer before the end of the run)")
        }
    }

    private func fail(_ message: String) {
        failures += 1
        session.options.onNotice?(message)
    }

    /// Passes new targets to the engine.
    /// - Returns: whether the engine has new work.
    func feed(_ engine: inout PingSweepEngine) -> Bool {
        let retries = engine.takeRetries()
        guard engine.expectsMore || !retries.isEmpty else { return false }
        var new: [TargetExpression] = []
        for retry in retries {
            attempt { () throws in new.append(try add(retry.addresses[...], name: retry.name, to: &engine)) }
        }
        let isWanted = engine.progress.total - engine.progress.decided < Self.mostPending
        for target in input?.take(isWanted: isWanted, reactor: session.reactor) ?? [] {
            attempt { () throws in
                let found = try PingSweepTargets([target], formats.probe, sockets)
                for name in found.names { names.ask(name) }
                for message in found.refusals { fail(message) }
                for range in found.ranges { try add(from: range.first, through: range.last, to: &engine) }
                new.append(target.expression)
            }
        }
        let (results, expectsMore) = names.take()
        for result in results {
            attempt { () throws in
                let found = try result.answer.get()
                let families = sockets.families
                let addresses = found.answers.map(\.address).filter { families.contains($0.family) }
                guard !addresses.isEmpty else {
                    throw Resolver.Failure(name: result.name, message: SystemError.addressFamilyNotFound)
                }
                if probesAllAddresses {
                    for address in addresses { new.append(try add([address], name: result.name, to: &engine)) }
                } else {
                    new.append(try add(addresses[...], name: result.name, to: &engine))
                }
            }
        }
        attempt { () throws in
            let pieces = try routes.pieces(to: new)
            try links.add(pieces)
            engine.use(formats.sources(of: pieces))
            try neighbors.add(formats.neighbors(among: pieces), to: &engine)
        }
        engine.expectsMore = expectsMore || !(input?.isOver ?? true)
        return !new.isEmpty || !engine.expectsMore
    }

    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            fail(SwiftNetError(error).description)
        }
    }

    /// Adds the first address of a name as a target; the others are for the case that it does not reply.
    private func add(
        _ addresses: ArraySlice<IPAddress>, name: String, to engine: inout PingSweepEngine
    ) throws -> TargetExpression {
        guard let first = addresses.first else { throw Resolver.Failure(name: name, message: "no address") }
        prepareFormat(of: first, for: &engine)
        try engine.add(from: first, through: first, name: name, others: Array(addresses.dropFirst()))
        return .address(first, zone: nil)
    }

    private func add(from first: IPAddress, through last: IPAddress, to engine: inout PingSweepEngine) throws {
        prepareFormat(of: first, for: &engine)
        try engine.add(from: first, through: last)
    }

    private func prepareFormat(of address: IPAddress, for engine: inout PingSweepEngine) {
        if engine.format(of: address.family) == nil,
            let format = sockets.channel(address.family).flatMap({ formats.format(to: address, $0) })
        {
            engine.use(format)
        }
    }
}

/// Targets in the form that the engine takes.
struct PingSweepTargets {
    private(set) var ranges: [(first: IPAddress, last: IPAddress)] = []
    private(set) var names: [String] = []
    /// The reasons why targets are skipped.
    private(set) var refusals: [String] = []

    init(_ targets: [GivenTarget], _ probe: Ping.Configuration, _ sockets: PingSockets) throws {
        for (text, target) in targets {
            guard target.isOf(probe.family) else {
                refusals += target.families(nil).map { "\(text): \(probe.refusal(of: $0))" }
                continue
            }
            switch target {
            case .address(let address, let zone):
                if let zone { try Self.use(Destination.index(ofZone: zone, text), text, probe, sockets.v6) }
                ranges.append((address, address))
            case .ranges(let all): ranges += all.map { ($0.lowerBound, $0.upperBound) }
            case .name(let name): names.append(name)
            }
        }
    }

    /// Sets the zone of a sweep's link-local targets; a socket has only one.
    private static func use(
        _ zone: UInt32, _ text: String, _ probe: Ping.Configuration, _ channel: ICMPChannel?
    ) throws(Destination.Problem) {
        try Destination.checkZone(zone, text, interface: probe.interface.flatMap(Interface.index) ?? 0)
        guard let channel, channel.scope != zone else { return }
        guard channel.scope == 0 else {
            let other = Interface.name(of: channel.scope) ?? "\(channel.scope)"
            throw Destination.Problem(
                text, "the zone differs from \(other): all link-local targets of a sweep have one")
        }
        channel.scope = zone
    }
}
