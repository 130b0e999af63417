import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Targets of a sweep that are neighbors, and local send failures.
@Suite("PingSweepEngine and the link")
struct PingSweepNeighborTests {
    /// Reports stations to the engine at given times, as the background lookups do.
    private struct Link: EngineObserver {
        var found: [(at: Nanoseconds, address: IPAddress)] = []
        var lost: [(at: Nanoseconds, address: IPAddress)] = []
        var blocks: [(at: Nanoseconds, addresses: AddressSet)] = []
        /// Targets added during the sweep: neighbors that the kernel resolves.
        var added: [(at: Nanoseconds, addresses: AddressSet)] = []
        var hosts: [PingSweepHostResult] = []
        var start: Instant?
        var isListening: Bool { true }

        mutating func report(_ event: PingSweepEvent) {
            if case .host(let result) = event { hosts.append(result) }
        }

        mutating func step(_ engine: inout PingSweepEngine, _ wakeup: WakeReason, at now: Instant) -> Instant? {
            let start = start ?? now
            self.start = start
            var hasNews = false
            while let next = found.first, start + next.at <= now {
                engine.found(next.address)
                found.removeFirst()
                hasNews = true
            }
            while let next = lost.first, start + next.at <= now {
                engine.lost(next.address, reason: "no reply to ARP", at: now)
                lost.removeFirst()
                hasNews = true
            }
            while let next = blocks.first, start + next.at <= now {
                engine.block(
                    next.addresses.isEmpty ? [] : [.init(addresses: next.addresses, failure: "no carrier")])
                blocks.removeFirst()
                hasNews = true
            }
            while let next = added.first, start + next.at <= now {
                for run in next.addresses.runs { try? engine.add(from: run.first, through: run.last) }
                engine.resolveByKernel(next.addresses)
                added.removeFirst()
                engine.expectsMore = !added.isEmpty
                hasNews = true
            }
            if hasNews { return now }
            return ((found + lost).map(\.at) + (blocks + added).map(\.at)).min().map { start + $0 }
        }
    }

    private static func address(_ last: Int) -> IPAddress { .v4(IPAddress.v4(IPv4Address(192, 0, 2, 0)).plus(last)) }

    private static func configuration(_ count: Int) throws -> PingSweepConfiguration {
        var targets = PingSweepTargetList()
        try targets.append(from: address(1), through: address(count))
        var configuration = PingSweepConfiguration(targets: targets)
        configuration.v4 = PingProbeFormat(
            level: .datagram, source: .v4(Echo.here), identifier: 99, header: PingProbeHeader(),
            data: [UInt8](repeating: 7, count: 56), key: PingScenario.key(1))
        return configuration
    }

    private static func set(_ range: ClosedRange<Int>) throws -> AddressSet {
        var set = AddressSet()
        try set.insert([(address(range.lowerBound), address(range.upperBound))])
        return set
    }

    @Test("a neighbor is probed when its MAC address is found, and never if there is none")
    func sought() throws {
        var configuration = try Self.configuration(20)
        configuration.sought = try Self.set(1...18)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.keepsLog = true
        var link = Link()
        link.found = [(.milliseconds(5), Self.address(7)), (.milliseconds(400), Self.address(3))]
        link.lost = (1...18).filter { $0 != 7 && $0 != 3 }.map { (.milliseconds(1_500), Self.address($0)) }
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(link.hosts.filter(\.isAlive).map(\.address) == [19, 20, 7, 3].map(Self.address))
        let unresponsive = link.hosts.filter { !$0.isAlive }
        #expect(
            unresponsive.count == 16
                && unresponsive.allSatisfy { $0.reason == "no reply to ARP" && $0.transmitted == 0 })
        #expect(network.log.count == 4 && engine.summary.unreachable == 16 && engine.summary.unchecked == 0)
        let elapsed = try #require(engine.summary.end) - #require(engine.summary.start)
        #expect(elapsed >= .milliseconds(1_500) && elapsed < .milliseconds(1_510), "\(elapsed)")
    }

    @Test("a signal during the lookup ends the run with the results so far")
    func stopped() throws {
        var configuration = try Self.configuration(10)
        configuration.sought = try Self.set(1...10)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.signals = [(network.now + .milliseconds(100), .stop)]
        var link = Link()
        link.found = [(.milliseconds(5), Self.address(7)), (.seconds(9), Self.address(3))]
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(link.hosts.map(\.address) == [Self.address(7)])
        #expect(engine.summary.alive == 1 && engine.summary.unreachable == 0 && engine.summary.targets == 10)
    }

    @Test("a neighbor that the kernel resolves holds one packet, and their number is limited")
    func resolvedByKernel() throws {
        var configuration = try Self.configuration(100)
        configuration.resolvedByKernel = try Self.set(1...100)
        configuration.mostUnresolved = 30
        configuration.timeout = .milliseconds(100)
        configuration.resolutionTime = .seconds(4)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.keepsLog = true
        for host in 21...100 { network.hosts[Self.address(host)] = .unresponsive }
        var link = Link()
        // The kernel gives up after 3 s: the 20 that replied have made room for 20 more.
        link.lost =
            (21...50).map { (.milliseconds(3_100), Self.address($0)) }
            + (51...80).map { (.milliseconds(6_200), Self.address($0)) }
            + (81...100).map { (.milliseconds(9_300), Self.address($0)) }
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(engine.summary.alive == 20 && engine.summary.unreachable == 80 && network.log.count == 100)
        #expect(link.hosts.allSatisfy { $0.transmitted == 1 })
        let start = try #require(network.log.first).at
        #expect(network.log.filter { $0.at - start < .seconds(3) }.count == 50)
        #expect(network.log.filter { $0.at - start < .seconds(6) }.count == 80)
    }

    @Test("targets that come while it runs are probed once, a neighbor with one packet", arguments: [1, 3])
    func added(count: Int) throws {
        var configuration = try Self.configuration(2)
        configuration.sought = try Self.set(2...2)
        if count > 1 { configuration.plan = .count(count, period: .milliseconds(10)) }
        configuration.timeout = .milliseconds(100)
        configuration.expectsMore = true
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.hosts[Self.address(6)] = .unresponsive
        var link = Link()
        link.added = [(.seconds(5), try Self.set(1...4)), (.seconds(20), try Self.set(3...6))]
        link.found = [(.seconds(6), Self.address(2))]
        // The second belongs to the kernel's lookup that the probe starts; the first does not.
        link.lost = [(.milliseconds(20_100), Self.address(6)), (.milliseconds(23_100), Self.address(6))]
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(link.hosts.map(\.address) == [1, 3, 4, 2, 5, 6].map(Self.address), "\(link.hosts)")
        #expect(link.hosts.map(\.isAlive) == [true, true, true, true, true, false])
        #expect(link.hosts.map(\.transmitted) == [count, count, count, count, count, 1])
        #expect(engine.summary.targets == 6 && engine.summary.pending == 0)
        let isResolving = engine.isResolving(Self.address(6))
        #expect(!isResolving)
    }

    @Test("a search of the kernel that fails has one reason, whether its table or its error comes first")
    func failedSearch() throws {
        for isResolvedByKernel in [true, false] {
            var configuration = try Self.configuration(1)
            configuration.plan = .untilAnswered(retries: 0)
            if isResolvedByKernel { configuration.resolvedByKernel = try Self.set(1...1) }
            var engine = PingSweepEngine(configuration)
            var network = SimulatedNetwork(seed: 1)
            network.everybody = .refuses(type: .destinationUnreachable, code: 1, restOfHeader: 0, from: Echo.here)
            var link = Link()
            EngineLoop.run(&engine, on: &network, observer: &link)
            let reason = isResolvedByKernel ? "no reply to ARP" : "Destination Host Unreachable from \(Echo.here)"
            #expect(link.hosts.map(\.reason) == [reason], "\(link.hosts)")
        }
    }

    @Test("what the kernel's table says from before the run is not believed")
    func oldTable() throws {
        var configuration = try Self.configuration(1)
        configuration.resolvedByKernel = try Self.set(1...1)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1, faults: .init(delay: .milliseconds(50)...Nanoseconds.milliseconds(50)))
        var link = Link()
        link.lost = [(.milliseconds(1), Self.address(1))]
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(engine.summary.alive == 1)
    }

    @Test("full kernel queues are not a host's state", arguments: [1, 3, 6])
    func full(seconds: Int64) throws {
        var configuration = try Self.configuration(50)
        configuration.plan = .untilAnswered(retries: 1)
        configuration.timeout = .milliseconds(100)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.fullUntil = network.now + .seconds(seconds)
        for host in 41...50 { network.hosts[Self.address(host)] = .unresponsive }
        var link = Link()
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(engine.summary.alive == 40 && engine.summary.unreachable == 10 && engine.summary.unchecked == 0)
        #expect(link.hosts.allSatisfy { $0.transmitted == ($0.isAlive ? 1 : 2) })
        #expect(engine.summary.transmitted == 60, "\(engine.summary) \(link.hosts.prefix(3)) \(link.hosts.suffix(3))")
    }

    @Test("queues that stay full end the run, and no target is reported as unreachable")
    func fullForEver() throws {
        var configuration = try Self.configuration(3)
        configuration.plan = .untilAnswered(retries: 0)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.fullUntil = network.now + .seconds(100_000)
        var link = Link()
        EngineLoop.run(&engine, on: &network, observer: &link)
        #expect(engine.summary.unchecked == 3 && engine.summary.unreachable == 0 && engine.summary.alive == 0)
        #expect(link.hosts.allSatisfy { $0.failure == "No buffer space available" && $0.reason == nil })
        let elapsed = try #require(engine.summary.end) - #require(engine.summary.start)
        #expect(elapsed < .seconds(30), "\(elapsed)")
    }

    @Test("an interface that disappears during the run makes no host unreachable")
    func down() throws {
        var configuration = try Self.configuration(100)
        configuration.rate = 100
        configuration.plan = .untilAnswered(retries: 2)
        configuration.timeout = .milliseconds(100)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.downFrom = network.now + .milliseconds(500)
        // Unresponsive before it disappears, and then not probed again.
        network.hosts[Self.address(40)] = .unresponsive
        network.hosts[Self.address(1)] = .unresponsive
        var link = Link()
        EngineLoop.run(&engine, on: &network, observer: &link)
        let summary = engine.summary
        #expect(summary.unreachable == 1 && summary.alive + summary.unchecked == 99, "\(summary)")
        #expect((40...55).contains(summary.alive), "\(summary)")
        let failed = link.hosts.filter { $0.failure != nil }
        #expect(
            failed.count == summary.unchecked && failed.allSatisfy { $0.failure == "Network is down" && !$0.isAlive })
        #expect(failed.contains { $0.address == Self.address(40) })
        #expect(link.hosts.filter { !$0.isAlive && $0.failure == nil }.map(\.address) == [Self.address(1)])
    }

    @Test("without a carrier missing replies do not count against the targets", arguments: [500, 60_000] as [Int64])
    func carrier(until end: Int64) throws {
        var configuration = try Self.configuration(100)
        configuration.rate = 100
        configuration.plan = .untilAnswered(retries: 1)
        configuration.timeout = .milliseconds(100)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: 1)
        network.withoutCarrier = network.now + .milliseconds(300)..<network.now + .milliseconds(end)
        // Before, during and after the loss of the carrier.
        for host in [1, 40, 90] { network.hosts[Self.address(host)] = .unresponsive }
        var link = Link()
        link.blocks = [(.milliseconds(300), try Self.set(1...100)), (.milliseconds(end), AddressSet())]
        EngineLoop.run(&engine, on: &network, observer: &link)
        let unresponsive = link.hosts.filter { !$0.isAlive && $0.failure == nil }.map(\.address)
        #expect(unresponsive == (end == 500 ? [1, 90] : [1]).map(Self.address), "\(unresponsive)")
        let failed = link.hosts.filter { $0.failure != nil }
        #expect(failed.count == engine.summary.unchecked && failed.allSatisfy { $0.failure == "no carrier" })
        #expect(failed.contains { $0.address == Self.address(40) })
        #expect(end == 500 ? failed.count < 30 : failed.count > 60, "\(failed.count)")
    }
}

extension IPAddress {
    fileprivate func plus(_ offset: Int) -> IPv4Address {
        guard case .v4(let address) = self else { return .unspecified }
        return IPv4Address(rawValue: address.rawValue &+ UInt32(truncatingIfNeeded: offset))
    }
}
