import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// `igmp-join` and `igmp-query` on links whose packets have no link header.
@Suite("groups on links without Ethernet")
struct IGMPTunnelTests {
    private typealias Scenario = IGMPScenario

    private static func identity(_ number: UInt8) -> LinkIdentity {
        var identity = Scenario.identity(number)
        identity.mac = nil
        return identity
    }

    private static func joiner(
        _ group: IPAddress, _ version: MembershipVersion = .igmp3
    ) -> EngineStation<IGMPJoinEngine> {
        var configuration = IGMPJoinConfiguration(
            links: [.init(index: 7, identity: identity(1), mtu: 1_500)], memberships: [.init(group: group)], seed: 1)
        configuration.versions[version.family] = version
        return EngineStation(IGMPJoinEngine(configuration), form: .datagram)
    }

    @Test(
        "messages are IP packets: a member reports, a querier lists it, and neither has a MAC address",
        arguments: MembershipVersion.all)
    func members(version: MembershipVersion) throws {
        let group = version.family == .v4 ? Scenario.group : Scenario.groupV6
        let member = Self.joiner(group, version)
        let query = Scenario.query(version, response: version == .igmp1 ? 10_000 : 1_000)
        var configuration = IGMPQueryConfiguration(identity: Self.identity(2), mtu: 1_500, query: query)
        configuration.listening = .zero
        let querier = EngineStation(IGMPQueryEngine(configuration), form: .datagram)
        var segment = Scenario.segment([member, querier])
        segment.run(until: 15_000)
        #expect(segment.log.count > 1)
        for packet in segment.log {
            let bytes = packet.bytes
            let header: [UInt8] = version.family == .v4 ? [0x46, 0xC0] : [0x60, 0]
            #expect(Array(bytes.prefix(2)) == header, "\(bytes)")
            // A report ends with the IP packet: there is no padding to Ethernet's minimum.
            let length = Int(bytes[version.family == .v4 ? 2 : 4]) << 8 | Int(bytes[version.family == .v4 ? 3 : 5])
            #expect(bytes.count == (version.family == .v4 ? length : 40 + length))
        }
        let found = querier.events.compactMap { if case .member(let member) = $0 { member } else { nil } }
        let host: IPAddress =
            version.family == .v4 ? .v4(Self.identity(1).address) : .v6(Self.identity(1).linkLocal)
        #expect(found.map(\.group) == [group] && found.map(\.host) == [host] && found.map(\.mac) == [nil])
        #expect(found.first?.version == version)
    }

    @Test("datagrams are counted; Ethernet frames, and packets that this host sent, are not")
    func datagrams() {
        let station = Self.joiner(Scenario.group)
        var segment = Scenario.segment([station])
        segment.run(until: 100)
        let frame = Scenario.datagram()
        segment.send(Array(frame.dropFirst(EthernetView.headerLength)))
        segment.send(frame)
        segment.run(until: 200)
        #expect(station.with { $0.summary.datagrams } == 1 && station.with { $0.summary.bytes } == 100)

        var configuration = IGMPJoinConfiguration(
            links: [.init(index: 7, identity: Self.identity(1), mtu: 1_500)],
            memberships: [.init(group: Scenario.group)], seed: 1)
        configuration.isJoinedBySystem = true
        var engine = IGMPJoinEngine(configuration)
        var batch = PacketBatch(capacity: 4, slotLength: engine.maximumPacketLength)
        let now = Instant(nanoseconds: 0)
        _ = engine.transmit(into: &batch, at: now)
        let report = MembershipFrame.bytes(
            .report(.igmp3, [MembershipRecord(.changeToExclude, Scenario.group)]), from: Self.identity(1))
        for (bytes, isOutbound) in [(report, true), (Array(frame.dropFirst(14)), true), (report, false)] {
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.rawBytes, form: .datagram, arrival: now, source: .v4(.unspecified), interfaceIndex: 7,
                    isOutbound: isOutbound))
        }
        #expect(engine.summary.reports == 1 && engine.summary.datagrams == 0)
    }

    @Test("one run joins on an Ethernet interface and on a tunnel: each gets the form of its link")
    func mixed() {
        let configuration = IGMPJoinConfiguration(
            links: [
                .init(index: 3, identity: Scenario.identity(1), mtu: 1_500),
                .init(index: 7, identity: Self.identity(1), mtu: 1_400),
            ], memberships: [.init(group: Scenario.group), .init(group: Scenario.groupV6)], seed: 1)
        var engine = IGMPJoinEngine(configuration)
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        let sent = batch.entries.map { "\($0.interfaceIndex) \($0.isFrame) \($0.destination)" }
        #expect(
            Set(sent) == [
                "3 true 0.0.0.0", "7 false \(IPv4Address.allIGMPv3Routers)", "7 false \(IPv6Address.allMLDv2Routers)",
            ])
        for (interface, length) in [(3 as UInt32, 14), (7, 14), (3, 0), (7, 0)] {
            let bytes = Array(Scenario.datagram().dropFirst(14 - length))
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.rawBytes, form: length == 14 ? .frame : .datagram, arrival: Instant(nanoseconds: 0),
                    source: .v4(.unspecified), interfaceIndex: interface))
        }
        #expect(engine.summary.flows.map(\.interface) == [3, 7] && engine.summary.datagrams == 2)
    }
}

extension MembershipVersion {
    fileprivate static let all: [MembershipVersion] = [.igmp1, .igmp2, .igmp3, .mld1, .mld2]
}
