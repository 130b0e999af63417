import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("the pings of a monitor on the simulated network")
struct MonitorPingEngineTests {
    private static func format(dataLength: Int = 56) -> PingProbeFormat {
        PingProbeFormat(
            level: .datagram, source: .v4(Echo.here), identifier: 321, header: PingProbeHeader(),
            data: [UInt8](repeating: 7, count: dataLength), key: PingScenario.key(3))
    }

    private static func targets(
        _ count: Int, interval: Nanoseconds = .seconds(1), timeout: Nanoseconds = .seconds(1)
    ) -> [MonitorPingConfiguration.Target] {
        let format = format()
        return (0..<count).map { index in
            let address = IPAddress.v4(IPv4Address(198, 18, UInt8(index / 256), UInt8(index % 256)))
            return .init(.init(address: address, format: format), interval: interval, timeout: timeout)
        }
    }

    private func run(
        _ targets: [MonitorPingConfiguration.Target], for duration: Nanoseconds, seed: UInt64 = 1,
        faults: SimulatedNetwork.Faults = .init(), prepare: (inout SimulatedNetwork) -> Void = { _ in }
    ) -> [MonitorProbeEvent] {
        var configuration = MonitorPingConfiguration(targets: targets)
        configuration.duration = duration
        var engine = MonitorPingEngine(configuration)
        var network = SimulatedNetwork(seed: seed, faults: faults)
        prepare(&network)
        var recorder = Recorder<MonitorPingEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let (summary, results) = (engine.summary, samples(recorder.events).map(\.result))
        let replyCount = results.count { if case .reply = $0 { true } else { false } }
        #expect(summary.received == replyCount && summary.lost == results.count - replyCount)
        #expect(summary.transmitted >= results.count && summary.transmitted == network.sentCount)
        return recorder.events
    }

    private func samples(_ events: [MonitorProbeEvent]) -> [MonitorSample] {
        events.compactMap { if case .sample(let sample) = $0 { sample } else { nil } }
    }

    /// Whether a reply took the time of the simulated network, and that of its kernel.
    private func isUsual(_ sample: MonitorSample) -> Bool {
        sample.roundTrip.map { $0 >= .milliseconds(1) && $0 < .microseconds(1_100) } ?? false
    }

    @Test("the schedule is absolute and spread over the interval", arguments: [1, 7, 100, 1_000])
    func schedule(count: Int) throws {
        let samples = samples(run(Self.targets(count), for: .milliseconds(4_500)))
        for (target, own) in Dictionary(grouping: samples, by: \.target) {
            let dues = own.map(\.due)
            #expect(zip(dues, dues.dropFirst()).allSatisfy { $1 - $0 == .seconds(1) }, "target \(target)")
            #expect(own.allSatisfy { $0.sent - $0.due < .milliseconds(2) && isUsual($0) })
        }
        let start = try #require(samples.map(\.due).min())
        let first = samples.filter { $0.due < start + .seconds(1) }.map(\.due).sorted()
        #expect(first.count == count)
        // The three-distance theorem: multiples of the golden ratio are never closer than 0.38 of an even spread.
        let gaps = zip(first, first.dropFirst()).map { ($1 - $0).count }
        let even = Nanoseconds.seconds(1).count / Int64(count)
        #expect(gaps.allSatisfy { $0 > even / 4 && $0 < even * 3 }, "\(gaps.min() ?? 0) \(gaps.max() ?? 0)")
    }

    @Test("each probe has one sample, whatever is lost, duplicated or late", arguments: 0..<3)
    func oneSampleEach(seed: UInt64) {
        let faults = SimulatedNetwork.Faults(
            loss: 0.1, duplication: 0.1, corruption: 0.05,
            delay: .milliseconds(1)...Nanoseconds.milliseconds(1_200))
        let events = run(
            Self.targets(20, interval: .milliseconds(100), timeout: .seconds(1)), for: .seconds(20), seed: seed,
            faults: faults)
        let samples = samples(events)
        var lost: Set<[Int64]> = []
        for (target, own) in Dictionary(grouping: samples, by: \.target) {
            let dues = own.map(\.due)
            // In the order of the probes, and none twice, though the replies come in any order.
            #expect(zip(dues, dues.dropFirst()).allSatisfy { $0 < $1 }, "target \(target)")
            // All but those that were in flight at the end.
            #expect(dues.count >= 188, "target \(target): \(dues.count)")
            for sample in own where sample.result == .lost {
                lost.insert([Int64(target), sample.sent.nanoseconds])
            }
        }
        let late = events.compactMap { event -> [Int64]? in
            guard case .late(let target, let sent, let roundTrip) = event else { return nil }
            #expect(roundTrip > .seconds(1))
            return [Int64(target), sent.nanoseconds]
        }
        #expect(Set(late).count == late.count && lost.isSuperset(of: late) && late.count > 100, "seed \(seed)")
        #expect(samples.allSatisfy { $0.roundTrip.map { $0 <= .milliseconds(1_100) } ?? true })
    }

    @Test("an ICMP error ends a probe with its reason")
    func errors() {
        let router = IPv4Address(203, 0, 113, 1)
        let events = run(Self.targets(2), for: .milliseconds(2_900)) { network in
            network.everybody = .refuses(type: .destinationUnreachable, code: 13, restOfHeader: 0, from: router)
        }
        let results = Set(samples(events).map(\.result))
        #expect(results.count == 1)
        guard case .failed(let reason)? = results.first else { return #expect(Bool(false), "\(results)") }
        #expect(reason.hasSuffix("from 203.0.113.1"), "\(reason)")
    }

    @Test("targets with the same address are told apart")
    func sameAddress() {
        let address = IPAddress.v4(IPv4Address(198, 18, 0, 1))
        let targets = [0, 8, 56, 1_000].map {
            MonitorPingConfiguration.Target(.init(address: address, format: Self.format(dataLength: max($0, 4))))
        }
        let samples = samples(run(targets, for: .milliseconds(4_999), seed: 5))
        for target in targets.indices {
            let own = samples.filter { $0.target == target }
            #expect(own.count == 5 || own.count == 4, "target \(target): \(own.count)")
            #expect(own.allSatisfy(isUsual), "target \(target)")
        }
    }

    @Test("sequence numbers start again after 65,535")
    func wrap() {
        let samples = samples(run(Self.targets(1, interval: .milliseconds(10)), for: .seconds(700)))
        #expect(samples.count >= 69_999 && samples.allSatisfy(isUsual))
    }

    @Test("a host that slept reports the probes that it missed, and counts no reply as lost that had arrived")
    func sleep() throws {
        var engine = MonitorPingEngine(MonitorPingConfiguration(targets: Self.targets(1)))
        var batch = PacketBatch(capacity: 8, slotLength: engine.maximumPacketLength)
        let start = Instant(nanoseconds: 5_000_000_000)
        #expect(engine.transmit(into: &batch, at: start) == .at(start + .seconds(1)))
        let request = batch.bytes(of: batch.entries[0])
        let source = IPAddress.v4(IPv4Address(198, 18, 0, 0))
        let reply = try #require(Echo.reply(to: request, from: source))
        batch.removeAll()
        // It wakes after 10.3 s: the reply of the first probe is in the socket's queue, read after the timeout is over.
        let woken = start + .milliseconds(10_300)
        #expect(engine.transmit(into: &batch, at: woken) == .at(woken))
        var recorder = Recorder<MonitorPingEngine>()
        engine.drain { recorder.report($0) }
        guard case .skipped(target: 0, count: 9, let due)? = recorder.events.first, recorder.events.count == 1 else {
            return #expect(Bool(false), "\(recorder.events)")
        }
        #expect(due == start + .seconds(1))
        #expect(batch.count == 1)
        engine.receive(
            ReceivedPacket(bytes: reply.rawBytes, form: .datagram, arrival: start + .milliseconds(3), source: source))
        _ = engine.transmit(into: &batch, at: woken)
        #expect(engine.transmit(into: &batch, at: woken) == .at(start + .seconds(11)))
        recorder.events = []
        engine.drain { recorder.report($0) }
        #expect(samples(recorder.events).map(\.roundTrip) == [.milliseconds(3)])
    }

    @Test("a name that moves is pinged at its new address from the next probe on")
    func move() {
        var engine = MonitorPingEngine(MonitorPingConfiguration(targets: Self.targets(2)))
        var batch = PacketBatch(capacity: 8, slotLength: engine.maximumPacketLength)
        let start = Instant(nanoseconds: 5_000_000_000)
        let new = IPAddress.v4(IPv4Address(203, 0, 113, 9))
        _ = engine.transmit(into: &batch, at: start)
        engine.move(0, to: .init(address: new, format: Self.format()))
        batch.removeAll()
        _ = engine.transmit(into: &batch, at: start + .milliseconds(1_900))
        #expect(batch.entries.prefix(batch.count).map(\.destination).contains(new))
    }
    @Test("a name has no samples until it is resolved, and failed ones while it cannot be")
    func names() {
        var targets = Self.targets(1)
        targets[0].destination = nil
        var engine = MonitorPingEngine(MonitorPingConfiguration(targets: targets))
        let start = Instant(nanoseconds: 5_000_000_000)
        let new = IPAddress.v4(IPv4Address(203, 0, 113, 9))
        var recorder = Recorder<MonitorPingEngine>()
        func step(_ time: Nanoseconds) -> (sent: [IPAddress], results: [MonitorSample.Result]) {
            var batch = PacketBatch(capacity: 8, slotLength: max(engine.maximumPacketLength, 1))
            _ = engine.transmit(into: &batch, at: start + time)
            recorder.events = []
            engine.drain { recorder.report($0) }
            return (batch.entries.prefix(batch.count).map(\.destination), samples(recorder.events).map(\.result))
        }
        let unresolved = step(.zero)
        #expect(unresolved.sent.isEmpty && unresolved.results.isEmpty)
        engine.suspend(0, MonitorObstacle("Name or service not known"))
        let suspended = step(.seconds(1))
        #expect(suspended.sent.isEmpty && suspended.results == [.failed("Name or service not known")])
        engine.move(0, to: .init(address: new, format: Self.format()))
        let moved = step(.seconds(2))
        #expect(moved.sent == [new] && moved.results.isEmpty && engine.address(of: 0) == new)
        guard case .moved(target: 0, from: nil, to: new)? = recorder.events.first else {
            return #expect(Bool(false), "\(recorder.events)")
        }
    }
}
