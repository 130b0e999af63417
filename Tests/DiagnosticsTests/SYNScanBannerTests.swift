import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Banners of user-space hosts, over lossy links.
@Suite("banners on a simulated link")
struct SYNScanBannerTests {
    private static let mac = MACAddress(rawValue: 0x0200_0000_00AA)

    /// The behavior of a port.
    private enum Manner {
        /// Answers a request with these bytes, and sends nothing before.
        case answers([UInt8])
        case greets([UInt8])
        case isUnresponsive
        /// Sends without end.
        case floods
        case breaksOff
    }

    private func serve(_ station: SimulatedWire.Station, _ ports: [UInt16: Manner]) {
        for port in ports.keys { station.host.listen(port) }
        var manners: [TCPIdentifier: Manner] = [:]
        func say(_ bytes: [UInt8], _ connection: TCPIdentifier, _ host: inout UserSpaceHost) {
            _ = host.send(connection, bytes.rawBytes)
        }
        station.application = { host, event, now in
            switch event {
            case .accepted(let connection, let local, _):
                guard let manner = ports[local.port] else { return }
                manners[connection] = manner
                switch manner {
                case .greets(let bytes): say(bytes, connection, &host)
                case .floods: say([UInt8](repeating: 0x41, count: 60_000), connection, &host)
                case .breaksOff: host.abort(connection, at: now)
                case .answers, .isUnresponsive: break
                }
            case .connection(let connection, let changes, _):
                var hasAsked = false
                host.read(connection) {
                    hasAsked = hasAsked || $0.byteCount > 0
                    return $0.byteCount
                }
                if hasAsked, case .answers(let bytes)? = manners[connection] {
                    say(bytes, connection, &host)
                    host.endSending(connection, at: now)
                }
                if case .floods? = manners[connection], changes.contains(.writable) {
                    say([UInt8](repeating: 0x41, count: 60_000), connection, &host)
                }
            default: break
            }
        }
    }

    private struct Outcome {
        var banners: [ScanBanner] = []
        var open = 0
        var findings: [ScanFinding] = []
        var hosts: [UnreliableHost] = []
        var conflicts: [String] = []
        var summary = ScanSummary()
        var elapsed = Nanoseconds.zero
        /// Connections that the hosts still have.
        var left = 0
    }

    private static func address(_ number: UInt8, _ family: IPAddress.Family) -> IPAddress {
        family == .v4 ? .v4(SimulatedWire.address(number)) : .v6(SimulatedWire.address6(number))
    }

    /// Scans hosts 1 to `count`, each with these ports. They resolve the scanner by ARP or neighbor discovery.
    private func scan(
        _ ports: [UInt16: Manner], hosts: UInt8, seed: UInt64, family: IPAddress.Family = .v4,
        faults: WireFaults = WireFaults(), readsBanners: Bool = true, stopAfter: Nanoseconds? = nil,
        watching: @escaping (SimulatedWire, [UInt8]) -> Void = { _, _ in }
    ) throws -> Outcome {
        let wire = SimulatedWire(seed: seed)
        // Small buffers: the memory of all connections would limit the windows of some.
        var tcp = TCPConfiguration()
        if ports.count > 100 { (tcp.receiveLimit, tcp.sendLimit) = (4 << 10, 4 << 10) }
        for number in 1...hosts { serve(wire.add(number, family: family, tcp: tcp), ports) }
        wire.faults = faults
        var targets = AddressSet()
        try targets.insert([(Self.address(1, family), Self.address(hosts, family))])
        let link = ScanLink(interface: 1, source: Self.address(200, family), framing: .ethernet(Self.mac))
        var configuration = ScanConfiguration(
            targets: targets, ports: ports.keys.sorted(),
            routes: [
                ScanRoute(
                    targets: 0..<targets.count, link: link,
                    nextHop: .targets((1...hosts).map { SimulatedWire.mac($0) }))
            ], sourcePort: 61_000, seed: seed, key: SipHash(key0: seed, key1: ~seed))
        configuration.rate = nil
        configuration.ownsSource = true
        configuration.readsBanners = readsBanners
        var engine = SYNScanEngine(configuration)
        var port = WirePort(on: wire, mac: Self.mac)
        port.sent = { watching(wire, $0) }
        let start = wire.now
        if let stopAfter { port.signals = [(start + stopAfter, .stop)] }
        var recorder = Recorder<SYNScanEngine>()
        EngineLoop.run(&engine, on: &port, observer: &recorder)
        var outcome = Outcome()
        for event in recorder.events {
            switch event {
            case .banner(let banner): outcome.banners.append(banner)
            case .finding(let finding):
                outcome.open += 1
                outcome.findings.append(finding)
            case .unreliable(let host): outcome.hosts.append(host)
            case .conflict(let address, let mac): outcome.conflicts.append("\(address) \(mac)")
            default: break
            }
        }
        outcome.elapsed = wire.now - start
        outcome.summary = engine.summary
        wire.run(for: .seconds(1))
        outcome.left = wire.stations.reduce(0) { $0 + $1.host.connectionCount }
        return outcome
    }

    private static let page = Array("HTTP/1.0 404 Not Found\r\nServer: test/1\r\n\r\n".utf8)

    @Test("a host that answers every port: data, and a proper close, confirm a port")
    func confirmed() throws {
        var ports: [UInt16: Manner] = [:]
        for port in UInt16(1_000)..<1_150 { ports[port] = .isUnresponsive }
        for port in UInt16(1_000)..<1_010 { ports[port] = .greets(Array("hello\r\n".utf8)) }
        for port in UInt16(1_010)..<1_020 { ports[port] = .answers([]) }
        for port in UInt16(1_020)..<1_030 { ports[port] = .breaksOff }
        let outcome = try scan(ports, hosts: 1, seed: 5)
        #expect(outcome.hosts.map(\.reason) == [.answersEveryPort], "\(outcome.hosts)")
        #expect(outcome.open == 150 && outcome.summary.open == 150 && outcome.summary.unconfirmed == 130)
        #expect(Set(outcome.findings.filter(\.isReliable).map(\.port)) == Set(1_000..<1_020))
    }

    @Test(
        "greetings and responses to HEAD are read; servers that send nothing, flood or reset end in time"
    )
    func manners() throws {
        let outcome = try scan(
            [
                22: .greets(Array("SSH-2.0-x\r\n".utf8)), 80: .answers(Self.page), 81: .isUnresponsive,
                2_222: .answers(Self.page), 3_333: .floods, 4_444: .breaksOff,
            ], hosts: 2, seed: 1)
        #expect(outcome.open == 12 && outcome.elapsed < .seconds(8), "\(outcome.elapsed)")
        let found = Set(
            outcome.banners.map {
                "\($0.port) \($0.kind.rawValue) \(String(decoding: $0.summary, as: UTF8.self).prefix(40))"
            })
        #expect(
            found == [
                "22 text SSH-2.0-x", "80 http HTTP/1.0 404 Not Found; test/1",
                "2222 http HTTP/1.0 404 Not Found; test/1",
                "3333 text \(String(repeating: "A", count: 40))",
            ], "\(found)")
        #expect(outcome.banners.count == 8)
        // Packets for banners are sent, but are not probes.
        #expect(outcome.summary.sentProbes == 12 && outcome.summary.sent > 24, "\(outcome.summary)")
        #expect(outcome.banners.allSatisfy { $0.bytes.count <= 4_096 })
        #expect(outcome.left == 0)
    }

    @Test("stopped while banners are read: it ends at once, the data received counts, and no connection stays open")
    func stopped() throws {
        let outcome = try scan(
            [22: .greets(Array("SSH-2.0-x\r\n".utf8)), 81: .isUnresponsive], hosts: 3, seed: 3, stopAfter: .seconds(1))
        #expect(outcome.elapsed < .milliseconds(1_010), "\(outcome.elapsed)")
        #expect(outcome.open == 6 && outcome.banners.count == 3 && outcome.left == 0, "\(outcome.left)")
    }

    @Test("an IPv6 source: its group is joined, and another host that claims it is reported", arguments: [true, false])
    func sourceOfIPv6(readsBanners: Bool) throws {
        var reports: [MembershipMessage] = []
        let source = SimulatedWire.address6(200)
        let other = MACAddress(rawValue: 0x0200_0000_00BB)
        let outcome = try scan(
            [80: .answers(Self.page)], hosts: 2, seed: 7, family: .v6, readsBanners: readsBanners
        ) { wire, frame in
            guard let packet = ReceivedMulticast(frame.rawBytes), let report = ReceivedMembership(packet) else {
                return
            }
            for _ in 0..<(reports.isEmpty ? 20 : 0) {
                wire.send(
                    NDPFrame.advertisement(of: source, flags: .override, to: .allNodes, mac: other), from: 0)
            }
            reports.append(report.message)
        }
        let join = MembershipMessage.report(
            .mld2, [MembershipRecord(.changeToExclude, .v6(source.solicitedNodeGroup))])
        #expect(reports.first == join && outcome.open == 2, "\(reports)")
        #expect(outcome.banners.count == (readsBanners ? 2 : 0) && outcome.left == 0)
        #expect(outcome.conflicts == ["\(source) \(other)"])
    }

    @Test(
        "every banner of 100 hosts, over links that lose, reorder and duplicate",
        arguments: UInt64(1)...5, [IPAddress.Family.v4, .v6])
    func badWire(seed: UInt64, family: IPAddress.Family) throws {
        let outcome = try scan(
            [80: .answers(Self.page)], hosts: 100, seed: seed, family: family,
            faults: WireFaults(loss: 0.03, reordering: 0.05, duplication: 0.03))
        #expect(outcome.open == 100 && Set(outcome.banners.map(\.address)).count == 100, "seed \(seed)")
        #expect(outcome.banners.count == 100, "seed \(seed)")
    }
}
