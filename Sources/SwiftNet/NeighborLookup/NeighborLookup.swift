import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Resolves the MAC addresses of a link's neighbors in the background of another run, by ARP or neighbor solicitation.
/// The kernel's own resolution would queue a packet for each and take 3 s to fail.
final class NeighborLookup {
    /// The neighbors to look up.
    let neighbors: LinkNeighbors
    private let run: any NeighborLookupRun

    /// Results that were not read yet.
    private final class Findings {
        var stations: [(address: IPAddress, mac: MACAddress)] = []
    }

    private let findings: Findings
    /// Requests per second if the caller sets no limit.
    private static let fastest = 100_000.0
    /// The number of neighbors above which a memory-mapped receive ring pays off.
    private static let fewNeighbors = 256

    /// - Parameters:
    ///   - socket: a socket opened while CAP_NET_RAW was effective.
    ///   - usesRing: whether a receive ring may be used, which a socket can have only once.
    ///   - rate: requests per second; nil for 100,000.
    /// - Throws: `SystemError` if the link cannot be used, and `TooManyTargets`.
    init(
        _ neighbors: LinkNeighbors, socket: consuming UnboundPacketSocket, usesRing: Bool = true, rate: Double?,
        reactor: Reactor
    ) throws {
        guard neighbors.addresses.count <= AddressSet.maximumSweepCount else {
            throw TooManyTargets(limit: AddressSet.maximumSweepCount)
        }
        self.neighbors = neighbors
        let findings = Findings()
        self.findings = findings
        let slots = usesRing && neighbors.addresses.count > Self.fewNeighbors ? 4_096 : 0
        switch neighbors.source {
        case .v4(let source):
            var configuration = ArpingSweepConfiguration(
                mac: neighbors.mac, source: source, targets: neighbors.addresses)
            configuration.rate = rate ?? Self.fastest
            let port = try PacketSocketPort(
                socket, interface: neighbors.interface, hearing: .etherType(.arp), frameLength: 128,
                ringSlots: slots, reactor: reactor)
            run = BackgroundRun(ArpingSweepEngine(configuration), on: port, reactor: reactor) { event in
                if case .host(let host) = event { findings.stations.append((.v4(host.address), host.mac)) }
            }
        case .v6(let source):
            var configuration = NeighborSolicitationConfiguration(
                mac: neighbors.mac, source: source, targets: neighbors.addresses)
            configuration.rate = rate ?? Self.fastest
            let port = try PacketSocketPort(
                socket, interface: neighbors.interface, hearing: .filtered(.protocols([.icmpv6])),
                frameLength: 256, ringSlots: slots, reactor: reactor)
            run = BackgroundRun(NeighborSolicitationEngine(configuration), on: port, reactor: reactor) { neighbor in
                findings.stations.append((.v6(neighbor.address), neighbor.mac))
            }
        }
    }

    /// Sends the first requests; the reactor handles the rest.
    func start() throws { try run.start() }

    /// Returns the MAC addresses found since the last call.
    func take() -> [(address: IPAddress, mac: MACAddress)] {
        defer { findings.stations.removeAll(keepingCapacity: true) }
        return findings.stations
    }

    /// Looks up all MAC addresses, and waits for the end.
    /// - Throws: `Interruption` at a signal that ends the run, and `SystemError` if the link fails.
    func finish(_ reactor: Reactor) throws -> [(address: IPAddress, mac: MACAddress)] {
        try start()
        while !isOver {
            let wakeup = reactor.wait(until: nil)
            if !wakeup.isDisjoint(with: [.stop, .interrupted]), let interruption = reactor.interruption {
                stop()
                throw interruption
            }
        }
        if let failure { throw failure }
        return take()
    }

    /// Whether the lookup is finished: the remaining neighbors do not exist.
    var isOver: Bool { run.isOver }

    /// The reason why the link can no longer be used; the remaining neighbors are then unknown.
    var failure: SystemError? { run.failure }

    /// Ends the lookup.
    func stop() { run.stop() }
}

/// A background run of either engine.
private protocol NeighborLookupRun: AnyObject {
    var isOver: Bool { get }
    var failure: SystemError? { get }
    func start() throws(SystemError)
    func stop()
}

extension BackgroundRun: NeighborLookupRun where Running: ~Copyable {}
