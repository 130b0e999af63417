import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The engines against hosts and routers of our own stack, so that no reply is made up by the test.
@Suite("engines against user-space hosts")
struct EnginesAndHostsTests {
    private static let here = SimulatedWire.address(200)
    private static let mac = SimulatedWire.mac(200)
    private static let target = SimulatedWire.address(2, on: 3)

    /// This host, two routers and a target, each on its own link.
    private func chain(seed: UInt64, faults: WireFaults = WireFaults()) -> (SimulatedWire, WirePort) {
        let wire = SimulatedWire(seed: seed)
        wire.add([SimulatedWire.interface(254), SimulatedWire.interface(253, on: 2)]) {
            $0.forwards = true
            $0.gateways = [.v4(SimulatedWire.address(254, on: 2))]
        }
        wire.add([SimulatedWire.interface(254, on: 2), SimulatedWire.interface(254, on: 3, mtu: 1_280)]) {
            $0.forwards = true
            $0.gateways = [.v4(SimulatedWire.address(253, on: 2))]
        }
        wire.add([SimulatedWire.interface(2, on: 3)]) { $0.gateways = [.v4(SimulatedWire.address(254, on: 3))] }
        wire.faults = faults
        return (wire, WirePort(on: wire, mac: Self.mac, address: Self.here, nextHop: SimulatedWire.mac(254)))
    }

    private func ping(
        _ destination: IPv4Address = target, seed: UInt64 = 1, length: Int = 56, faults: WireFaults = WireFaults(),
        _ configure: (inout PingProbeHeader) -> Void = { _ in }
    ) -> (summary: PingSummary, errors: [PingErrorNotice]) {
        var (_, port) = chain(seed: seed, faults: faults)
        var header = PingProbeHeader()
        configure(&header)
        let format = PingProbeFormat(
            level: .datagram, source: .v4(Self.here), identifier: 4_711, header: header,
            data: (0..<length).map { UInt8(truncatingIfNeeded: $0) }, key: SipHash(key0: seed, key1: 1))
        var configuration = PingConfiguration(destination: .v4(destination), format: format)
        configuration.count = 10
        configuration.interval = .milliseconds(100)
        configuration.timeout = .seconds(8)
        var engine = PingEngine(configuration)
        var recorder = Recorder<PingEngine>()
        EngineLoop.run(&engine, on: &port, observer: &recorder)
        let errors = recorder.events.compactMap { if case .icmpError(let notice) = $0 { notice } else { nil } }
        return (engine.summary, errors)
    }

    @Test("a ping through two routers: every probe is answered; long ones and their replies are fragmented")
    func pings() {
        #expect(ping().summary.answered == 10)
        #expect(ping(length: 4_000).summary.answered == 10)
        let lossy = ping(seed: 5, faults: WireFaults(loss: 0.05, duplication: 0.05)).summary
        #expect(lossy.answered + lossy.lost == lossy.transmitted && lossy.answered >= 5)
    }

    @Test("errors come from the router where the path ends")
    func errors() {
        let short = ping { $0.hopLimit = 1 }
        #expect(short.summary.answered == 0 && short.errors.count == 10)
        #expect(short.errors.allSatisfy { $0.source == .v4(SimulatedWire.address(254)) && $0.type == 11 })
        let absent = ping(SimulatedWire.address(77, on: 3))
        #expect(absent.errors.first?.source == .v4(SimulatedWire.address(254, on: 2)))
        #expect(absent.errors.first?.type == 3 && absent.errors.first?.code == 1)
    }

    @Test(
        "fragments by hand: in any order they get through, overlapping ones end at the target",
        arguments: PingFragmentPlan.Order.allCases)
    func fragments(order: PingFragmentPlan.Order) throws {
        let plan = try PingFragmentPlan(size: 64, order: order)
        let summary = ping(length: 400) { $0.fragments = plan }.summary
        #expect(summary.answered == (order == .overlapping ? 0 : 10) && summary.different == 0)
    }

    @Test("a trace: every router at its hop, and the target", arguments: [TracerouteMethod.udp, .icmp])
    func trace(method: TracerouteMethod) {
        var (_, port) = chain(seed: 2)
        var configuration = TracerouteConfiguration(
            source: .v4(Self.here), destination: .v4(Self.target), sourcePort: 40_000, identifier: 77,
            firstMark: 1_000, sequenceSecret: 0x5A5A)
        configuration.method = method
        var engine = TracerouteEngine([configuration])
        var recorder = Recorder<TracerouteEngine>()
        EngineLoop.run(&engine, on: &port, observer: &recorder)
        let hops = recorder.events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } }
        #expect(
            hops.map { $0.probes.lazy.compactMap(\.answer?.source).first } == [
                .v4(SimulatedWire.address(254)), .v4(SimulatedWire.address(254, on: 2)), .v4(Self.target),
            ])
        #expect(engine.summary(of: 0).isReached)
    }
}
