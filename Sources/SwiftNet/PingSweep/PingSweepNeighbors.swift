import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The targets of a sweep that are neighbors: their MAC addresses are looked up first, and targets without one are not
/// pinged.
final class PingSweepNeighbors {
    private let links: [LinkNeighbors]
    private var lookups: [NeighborLookup] = []
    /// The interfaces of neighbors that the kernel resolves: all neighbors without CAP_NET_RAW, otherwise those added
    /// during the sweep.
    private var kernelInterfaces: Set<UInt32> = []
    /// The interval at which the kernel's neighbor table is read.
    private static let tableInterval = Nanoseconds.milliseconds(200)
    private var nextLook: Instant?

    /// - Parameter reserve: one packet socket per link; nil if the kernel resolves neighbors.
    init(_ links: [LinkNeighbors], reserve: SocketReserve?, rate: Double?, reactor: Reactor) throws {
        self.links = links
        guard let reserve else { return }
        for link in links {
            lookups.append(try NeighborLookup(link, socket: reserve.packetSocket(), rate: rate, reactor: reactor))
        }
    }

    /// Sets the targets to look up, and whether the kernel resolves them.
    func apply(to configuration: inout PingSweepConfiguration) throws {
        for link in links {
            let ranges = link.addresses.runs.map { ($0.first, $0.last) }
            if lookups.isEmpty {
                try configuration.resolvedByKernel.insert(ranges)
                kernelInterfaces.insert(link.interface)
            } else {
                try configuration.sought.insert(ranges)
            }
        }
    }

    /// Lets the kernel resolve neighbors that were added as targets.
    func add(_ links: [LinkNeighbors], to engine: inout PingSweepEngine) {
        for link in links {
            engine.resolveByKernel(link.addresses)
            kernelInterfaces.insert(link.interface)
        }
    }

    func start() throws {
        for lookup in lookups { try lookup.start() }
    }

    /// Passes new results to the engine.
    /// - Returns: whether the engine has new work, and the latest time of the next call.
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
        guard !kernelInterfaces.isEmpty else { return (hasNews, nil) }
        if now >= nextLook ?? now {
            nextLook = now + Self.tableInterval
            hasNews = lookAtTable(&engine, at: now) || hasNews
        }
        return (hasNews, nextLook)
    }

    private func finish(_ lookup: NeighborLookup, _ engine: inout PingSweepEngine, at now: Instant) {
        let neighbors = lookup.neighbors
        for run in neighbors.addresses.runs {
            for index in run.indices {
                let address = neighbors.addresses[index]
                if let failure = lookup.failure {
                    engine.failed(address, SystemError.message(failure.code), at: now)
                } else {
                    engine.lost(address, reason: PingSweepEngine.silentNeighbor(address.family), at: now)
                }
            }
        }
    }

    /// Reads the neighbors that the kernel failed to resolve from its table.
    private func lookAtTable(_ engine: inout PingSweepEngine, at now: Instant) -> Bool {
        guard let entries = try? Neighbor.all() else { return false }
        var failed: [Neighbor] = []
        for entry in entries where entry.state == .failed && kernelInterfaces.contains(entry.interfaceIndex) {
            if engine.isResolving(entry.address) { failed.append(entry) }
        }
        for entry in failed {
            engine.lost(entry.address, reason: PingSweepEngine.silentNeighbor(entry.address.family), at: now)
        }
        return !failed.isEmpty
    }
}
