import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The targets of a sweep that are neighbors: their stations are looked up first, and targets without one are not
/// pinged.
final class PingSweepNeighbors {
    private let links: [LinkNeighbors]
    private var lookups: [NeighborLookup] = []
    /// Without CAP_NET_RAW the kernel resolves them, and its table is read at this interval.
    private static let tableInterval = Nanoseconds.milliseconds(200)
    private var nextLook: Instant?

    /// - Parameter reserve: a packet socket for each link; nil where the kernel is to resolve them.
    init(_ links: [LinkNeighbors], reserve: SocketReserve?, rate: Double?, reactor: Reactor) throws {
        self.links = links
        guard let reserve else { return }
        for link in links {
            lookups.append(try NeighborLookup(link, socket: reserve.packetSocket(), rate: rate, reactor: reactor))
        }
    }

    /// Sets which targets are looked up, and whether the kernel resolves them.
    func apply(to configuration: inout PingSweepConfiguration) throws {
        for link in links {
            let ranges = link.addresses.runs.map { ($0.first, $0.last) }
            if lookups.isEmpty {
                try configuration.resolvedByKernel.insert(ranges)
            } else {
                try configuration.sought.insert(ranges)
            }
        }
    }

    func start() throws {
        for lookup in lookups { try lookup.start() }
    }

    /// Hands the engine what has come.
    /// - Returns: whether the engine has something new to look at, and when to be called again at the latest.
    func feed(_ engine: inout PingSweepEngine, at now: Instant) -> (hasNews: Bool, next: Instant?) {
        var hasNews = false
        for lookup in lookups {
            for station in lookup.take() {
                engine.found(station.address)
                hasNews = true
            }
        }
        while let index = lookups.firstIndex(where: \.isOver) {
            finish(lookups.remove(at: index), &engine, at: now)
            hasNews = true
        }
        guard !engine.configuration.resolvedByKernel.isEmpty else { return (hasNews, nil) }
        if now >= nextLook ?? now {
            nextLook = now + Self.tableInterval
            hasNews = lookAtTable(&engine, at: now) || hasNews
        }
        return (hasNews, nextLook)
    }

    private func finish(_ lookup: NeighborLookup, _ engine: inout PingSweepEngine, at now: Instant) {
        let neighbors = lookup.neighbors
        for run in neighbors.addresses.runs {
            for index in run.places {
                let address = neighbors.addresses[index]
                if let failure = lookup.failure {
                    engine.failed(address, SystemError.message(failure.code), at: now)
                } else {
                    engine.lost(address, reason: Self.reason(address.family), at: now)
                }
            }
        }
    }

    /// Takes from the kernel's table the neighbors whose resolution failed.
    private func lookAtTable(_ engine: inout PingSweepEngine, at now: Instant) -> Bool {
        guard let entries = try? Neighbor.all() else { return false }
        let indices = Set(links.map(\.interface))
        let failed = entries.filter { $0.state == .failed && indices.contains($0.interfaceIndex) }
        for entry in failed { engine.lost(entry.address, reason: Self.reason(entry.address.family), at: now) }
        return !failed.isEmpty
    }

    private static func reason(_ family: IPAddress.Family) -> String {
        family == .v4 ? "no answer to ARP" : "no answer to neighbor solicitations"
    }
}
