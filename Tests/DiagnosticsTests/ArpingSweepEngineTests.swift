import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("ARP sweeps on a simulated link")
struct ArpingSweepEngineTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let here = IPv4Address(198, 18, 0, 1)

    private func sweep(
        _ count: Int, hosts: [SimulatedLink.Host], seed: UInt64 = 1, loss: Double = 0,
        configure: (inout ArpingSweepConfiguration) -> Void = { _ in }
    ) throws -> (summary: ArpingSweepSummary, events: [ArpingSweepEvent], times: [Instant]) {
        var targets = AddressSet()
        let first = IPv4Address(198, 18, 0, 2)
        try targets.insert([(.v4(first), .v4(IPv4Address(rawValue: first.rawValue + UInt32(count - 1))))])
        var configuration = ArpingSweepConfiguration(mac: Self.us, source: Self.here, targets: targets)
        configuration.rate = nil
        configure(&configuration)
        var engine = ArpingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: seed)
        network.keepsLog = true
        network.faults.loss = loss
        network.link = SimulatedLink(hosts: hosts)
        var recorder = Recorder<ArpingSweepEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return (engine.summary, recorder.events, network.log.map(\.at))
    }

    private func addresses(_ range: Range<Int>) -> [IPv4Address] {
        range.map { IPv4Address(rawValue: IPv4Address(198, 18, 0, 2).rawValue + UInt32($0)) }
    }

    @Test("all hosts are found with one probe each, unresponsive addresses are probed three times")
    func whole() throws {
        let all = try sweep(1_000, hosts: [.init(mac: 2, addresses: addresses(0..<1_000))])
        #expect(all.summary.hosts == 1_000 && all.summary.sent == 1_000 && all.summary.duplicates == 0)
        #expect(all.summary.elapsed < .milliseconds(10))
        let half = try sweep(100, hosts: [.init(mac: 2, addresses: addresses(0..<50))])
        #expect(half.summary.hosts == 50 && half.summary.sent == 50 + 3 * 50)
        #expect(half.summary.largest?.mac == MACAddress(rawValue: 2) && half.summary.largest?.addresses == 50)
        #expect(half.summary.elapsed > .milliseconds(1_500) && half.summary.elapsed < .milliseconds(1_600))
    }

    @Test("replies to another station, and from invalid senders, are not counted")
    func impossible() throws {
        var targets = AddressSet()
        try targets.insert(.v4(IPv4Address(198, 18, 0, 2)))
        func hosts(senderMAC: UInt64, targetMAC: UInt64) -> Int {
            var engine = ArpingSweepEngine(ArpingSweepConfiguration(mac: Self.us, source: Self.here, targets: targets))
            var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
            engine.transmitted(0, at: Instant(nanoseconds: 0))
            let frame = ARPFrame.bytes(
                ARPPacket(
                    operation: .reply, senderMAC: MACAddress(rawValue: senderMAC),
                    senderAddress: IPv4Address(198, 18, 0, 2), targetMAC: MACAddress(rawValue: targetMAC),
                    targetAddress: Self.here), to: Self.us)
            engine.receive(ReceivedPacket(frame: frame.rawBytes, arrival: Instant(nanoseconds: 1_000)))
            return engine.summary.hosts
        }
        #expect(hosts(senderMAC: 2, targetMAC: Self.us.rawValue) == 1)
        #expect(hosts(senderMAC: 2, targetMAC: 0x0200_0000_0009) == 0)
        for mac in [0, 0xFFFF_FFFF_FFFF, 0x0100_5E00_0001] as [UInt64] {
            #expect(hosts(senderMAC: mac, targetMAC: Self.us.rawValue) == 0, "\(mac)")
        }
    }

    @Test("the rate is kept")
    func rate() throws {
        let outcome = try sweep(200, hosts: [.init(mac: 2, addresses: addresses(0..<200))]) { $0.rate = 1_000 }
        let (first, last) = (try #require(outcome.times.first), try #require(outcome.times.last))
        #expect(last - first >= .milliseconds(190) && last - first < .milliseconds(210))
    }

    @Test("a duplicate address is reported once for each further station")
    func duplicates() throws {
        let hosts = [2, 3, 4].map { SimulatedLink.Host(mac: UInt64($0), addresses: addresses(7..<8)) }
        let outcome = try sweep(10, hosts: hosts) { $0.retries = 3 }
        #expect(outcome.summary.hosts == 1 && outcome.summary.duplicates == 1)
        let named = outcome.events.compactMap { event -> UInt64? in
            if case .duplicate(let address, let first, let other) = event, address == addresses(7..<8)[0],
                first.rawValue == 2
            {
                other.rawValue
            } else {
                nil
            }
        }
        #expect(named == [3, 4])
    }

    @Test("with loss nearly all hosts are found, and none twice", arguments: 0..<20)
    func loss(seed: UInt64) throws {
        let outcome = try sweep(500, hosts: [.init(mac: 2, addresses: addresses(0..<500))], seed: seed, loss: 0.1)
        // One in a thousand is lost three times.
        #expect(outcome.summary.hosts >= 495, "seed \(seed)")
        #expect(outcome.events.count == outcome.summary.hosts, "seed \(seed)")
    }

    @Test("a station with many addresses is a proxy if it has more than half of all")
    func proxies() {
        var summary = ArpingSweepSummary()
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        for (addresses, hosts, isProxy) in [(16, 31, true), (15, 20, false), (16, 32, false), (200, 250, true)] {
            (summary.hosts, summary.largest) = (hosts, (mac, addresses))
            #expect((summary.proxy != nil) == isProxy, "\(addresses) of \(hosts)")
        }
    }
}
