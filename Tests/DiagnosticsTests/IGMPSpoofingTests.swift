import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Unverified group messages.
@Suite("groups and hostile frames")
struct IGMPSpoofingTests {
    private typealias Scenario = IGMPScenario
    private let group = IGMPScenario.group

    /// Every kind of message of both families.
    private var messages: [MembershipMessage] {
        let sources = [IPAddress.v4(IPv4Address(192, 0, 2, 9)), IPAddress.v4(IPv4Address(192, 0, 2, 10))]
        let sourcesV6 = [IPAddress.v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 9))]
        return [
            .query(Scenario.query(.igmp1)), .query(Scenario.query(.igmp2)), .query(Scenario.query(.igmp3)),
            .query(Scenario.query(.igmp3, group: group, sources: sources)), .query(Scenario.query(.mld1)),
            .query(Scenario.query(.mld2, group: Scenario.groupV6, sources: sourcesV6)),
            .report(.igmp1, [MembershipRecord(.modeIsExclude, group)]),
            .report(.igmp2, [MembershipRecord(.modeIsExclude, group)]),
            .report(
                .igmp3, [MembershipRecord(.modeIsInclude, group, sources), MembershipRecord(.changeToExclude, group)]),
            .report(.mld1, [MembershipRecord(.modeIsExclude, Scenario.groupV6)]),
            .report(.mld2, [MembershipRecord(.blockOldSources, Scenario.groupV6, sourcesV6)]),
            .leave(.igmp2, group), .leave(.mld1, Scenario.groupV6),
        ]
    }

    private func read(_ bytes: [UInt8]) -> MembershipMessage? {
        guard let packet = ReceivedMulticast(bytes.rawBytes) else { return nil }
        return ReceivedMembership(packet)?.message
    }

    @Test("written messages are read, and rejected if cut at any length")
    func truncated() {
        for message in messages {
            let bytes = Scenario.frame(message)
            #expect(read(bytes) == message)
            let isV4 = message.version.family == .v4
            let length = isV4 ? 14 + (Int(bytes[16]) << 8 | Int(bytes[17])) : bytes.count
            for count in 0..<length { #expect(read(Array(bytes[..<count])) == nil, "\(message) at \(count)") }
        }
    }

    @Test("a flipped bit anywhere after the addresses is detected")
    func corrupted() {
        for message in messages {
            let bytes = Scenario.frame(message)
            let start = message.version.family == .v4 ? 14 : 14 + 40 + 8
            let end = message.version.family == .v4 ? 14 + (Int(bytes[16]) << 8 | Int(bytes[17])) : bytes.count
            for offset in start..<end {
                for bit in 0..<8 {
                    var wrong = bytes
                    wrong[offset] ^= 1 << bit
                    #expect(read(wrong) == nil, "\(message): \(offset), \(bit)")
                }
            }
        }
    }

    /// The bytes of a message with another time to live or hop limit, with a correct IPv4 checksum.
    private func fromBeyond(_ bytes: [UInt8], _ message: MembershipMessage) -> [UInt8] {
        var far = bytes
        guard message.version.family == .v4 else {
            far[21] = 2
            return far
        }
        far[22] = 2
        far[24...25] = [0, 0]
        let sum = InternetChecksum.of(Array(far[14..<38]).rawBytes)
        far[24...25] = [UInt8(sum >> 8), UInt8(sum & 0xFF)]
        return far
    }

    @Test("rejected: off-link senders, and MLD without its option or from a global address")
    func beyond() {
        for message in messages {
            let bytes = Scenario.frame(message)
            #expect(read(fromBeyond(bytes, message)) == nil, "\(message)")
            guard message.version.family == .v6 else { continue }
            // The option's type becomes an unknown one; no checksum covers it.
            var without = bytes
            without[56] = 0x1E
            #expect(read(without) == nil, "\(message)")
            var global = Scenario.identity(7)
            global.linkLocal = IPv6Address(high: 0x2001_0DB8 << 32, low: 7)
            #expect(read(MembershipFrame.bytes(message, from: global)) == nil, "\(message)")
        }
        var unnumbered = Scenario.identity(7)
        unnumbered.linkLocal = .unspecified
        let report = MembershipMessage.report(.mld2, [MembershipRecord(.changeToExclude, Scenario.groupV6)])
        #expect(read(MembershipFrame.bytes(report, from: unnumbered)) == report)
        #expect(read(MembershipFrame.bytes(.query(Scenario.query(.mld2)), from: unnumbered)) == nil)
    }

    /// An IGMP message in an otherwise valid frame.
    private func frame(igmp bytes: [UInt8]) -> [UInt8] {
        var igmp = bytes
        igmp[2...3] = [0, 0]
        let sum = InternetChecksum.of(igmp.rawBytes)
        igmp[2...3] = [UInt8(sum >> 8), UInt8(sum & 0xFF)]
        let header = IPv4Header(
            source: IPv4Address(192, 0, 2, 66), destination: .allHosts, protocol: .igmp, payloadLength: igmp.count,
            timeToLive: 1)
        return EthernetHeader(
            destination: MACAddress(multicast: IPv4Address.allHosts), source: MACAddress(rawValue: 0x0200_0000_0066),
            etherType: .ipv4
        ).encoded() + header.encoded() + igmp
    }

    @Test("counts that overrun, invalid groups, unknown types")
    func lies() {
        #expect(read(frame(igmp: [0x22, 0, 0, 0, 0, 0, 0xFF, 0xFF, 4, 0, 0, 0, 239, 1, 2, 3])) == nil)
        #expect(read(frame(igmp: [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0xFF, 0xFF, 239, 1, 2, 3])) == nil)
        #expect(read(frame(igmp: [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0xFF, 0, 0, 239, 1, 2, 3])) == nil)
        #expect(read(frame(igmp: [0x11, 100, 0, 0, 239, 1, 2, 3, 2, 125, 0xFF, 0xFF])) == nil)
        #expect(read(frame(igmp: [0x11, 100, 0, 0, 192, 0, 2, 1])) == nil)
        #expect(read(frame(igmp: [0x16, 0, 0, 0, 192, 0, 2, 1])) == nil)
        #expect(read(frame(igmp: [0x99, 0, 0, 0, 239, 1, 2, 3])) == nil)
        // 9 to 11 bytes are not a query of any version (RFC 3376, section 7.1), and must be ignored.
        for count in 0...4 {
            let query = read(frame(igmp: [0x11, 100, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: count)))
            #expect(query?.version == [0: .igmp2, 4: .igmp3][count], "\(count) bytes more")
        }
        // A record of an address that is not a group is skipped.
        let record = read(frame(igmp: [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 10, 1, 2, 3]))
        #expect(record == .report(.igmp3, []))
    }

    @Test("an MLD query between the lengths of the two versions is invalid (RFC 3810, section 8.1)")
    func lengths() {
        for (count, version) in [(0, MembershipVersion.mld1), (1, nil), (3, nil), (4, .mld2)]
            as [(Int, MembershipVersion?)]
        {
            var query = MLDMessage(.query(group: .unspecified, nil), maximumResponseCode: 1_000)
            query.trailing = [UInt8](repeating: 0, count: count)
            let source = IPv6Address(high: 0xFE80 << 48, low: 7)
            let icmp = ICMPv6Message(.multicastListener(query), source: source, destination: .allNodes).encoded()
            let options = IPv6ExtensionHeader.hopByHopOptions([.routerAlert(0)]).encoded(nextHeader: .icmpv6)
            let header = IPv6Header(
                source: source, destination: .allNodes, nextHeader: .hopByHopOptions,
                payloadLength: options.count + icmp.count, hopLimit: 1)
            let frame =
                EthernetHeader(
                    destination: MACAddress(multicast: IPv6Address.allNodes), source: MACAddress(rawValue: 7),
                    etherType: .ipv6
                ).encoded() + header.encoded() + options + icmp
            #expect(read(frame)?.version == version, "\(count) bytes more")
        }
    }

    @Test("queries with extreme times: the reply waits as long, and the member leaves at once on request")
    func absurdTimes() {
        let member = Scenario.member([.init(group: group)])
        var segment = Scenario.segment([member])
        segment.run(until: 2_000)
        segment.send(frame(igmp: [0x11, 0xFF, 0, 0, 0, 0, 0, 0, 7, 0xFF, 0, 0]))
        segment.send(frame(igmp: [0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
        segment.run(until: 2_001)
        // A response time of 0 is answered at once.
        #expect(segment.messages(from: 2_000, by: 0).count == 1)
        segment.run(until: 4_000_000)
        member.stop(at: segment.now)
        segment.run(until: 4_010_000)
        // The robustness of 7 was accepted.
        #expect(segment.messages(from: 4_000_000, by: 0).count == 7 && member.isFinished)
    }

    @Test("floods of queries, reports and sources: one reply, and bounded memory")
    func floods() {
        var generator = SeededGenerator(seed: 5)
        let member = Scenario.member([.init(group: group)]) { $0.robustness = 1 }
        var segment = Scenario.segment([member])
        segment.run(until: 2_000)
        for _ in 0..<2_000 {
            let sources = (0..<100).map { _ in
                IPAddress.v4(IPv4Address(rawValue: UInt32.random(in: 1...0xDFFF_FFFF, using: &generator)))
            }
            segment.send(Scenario.frame(.query(Scenario.query(group: group, sources: sources, response: 5_000))))
        }
        segment.run(until: 10_000)
        let answers = segment.messages(from: 2_000, by: 0)
        #expect(answers.map(\.message) == [.report(.igmp3, [MembershipRecord(.modeIsExclude, group)])])
        for index in 0..<10_000 {
            var bytes = Scenario.datagram(count: 10)
            // Each with another source and the header checksum to match.
            bytes[26...29] = [10, UInt8(index >> 8), UInt8(index & 0xFF), 1]
            bytes[24...25] = [0, 0]
            let sum = InternetChecksum.of(Array(bytes[14..<34]).rawBytes)
            bytes[24...25] = [UInt8(sum >> 8), UInt8(sum & 0xFF)]
            segment.send(bytes)
        }
        let summary = member.with { $0.summary }
        #expect(summary.datagrams == 10_000 && summary.flows.count == 4_096 && summary.otherDatagrams == 5_904)
    }

    // MARK: The querier

    private func querier(
        _ query: MembershipQuery = IGMPScenario.query(response: 1_000),
        configure: (inout IGMPQueryConfiguration) -> Void = { _ in }
    ) -> EngineStation<IGMPQueryEngine> {
        var configuration = IGMPQueryConfiguration(identity: Scenario.identity(200), mtu: 1_500, query: query)
        configure(&configuration)
        return EngineStation(IGMPQueryEngine(configuration))
    }

    @Test("a querier stops for another one; with force it continues; switches without an address do not count")
    func otherQuerier() {
        for (isForced, number, asks) in [(false, 254 as UInt8, 0), (true, 254, 1)] {
            let station = querier { $0.isForced = isForced }
            var segment = Scenario.segment([station])
            segment.run(until: 500)
            segment.send(Scenario.frame(.query(Scenario.query()), from: number))
            segment.run(until: 10_000)
            #expect(segment.messages(by: 0).count == asks && station.isFinished)
            #expect(station.with { $0.summary.otherQuerier } == IPAddress("192.0.2.254"))
        }
        let station = querier()
        var segment = Scenario.segment([station])
        segment.run(until: 500)
        let proxy = LinkIdentity(mac: MACAddress(rawValue: 0x0200_0000_0099))
        segment.send(MembershipFrame.bytes(.query(Scenario.query()), from: proxy))
        segment.run(until: 10_000)
        #expect(segment.messages(by: 0).count == 1 && station.with { $0.summary.otherQuerier } == nil)
        // A querier that starts during the replies keeps us from querying again.
        let second = querier { $0.count = 3 }
        segment = Scenario.segment([second])
        segment.run(until: 2_500)
        segment.send(Scenario.frame(.query(Scenario.query()), from: 254))
        segment.run(until: 20_000)
        #expect(segment.messages(by: 0).count == 1 && second.isFinished)
    }

    @Test("a member is listed once, changes again, leaves are reported; other groups are not queried")
    func members() {
        let station = querier(Scenario.query(group: group, response: 1_000)) { $0.listening = .zero }
        var segment = Scenario.segment([station])
        segment.run(until: 0)
        let sources = [IPAddress.v4(IPv4Address(192, 0, 2, 9))]
        for records in [
            [MembershipRecord(.modeIsExclude, group)], [MembershipRecord(.modeIsExclude, group)],
            [MembershipRecord(.modeIsExclude, IPAddress.v4(IPv4Address(239, 9, 9, 9)))],
            [MembershipRecord(.modeIsInclude, group, sources)],
            [MembershipRecord(.blockOldSources, group, sources)], [MembershipRecord(.changeToInclude, group)],
        ] {
            segment.send(Scenario.frame(.report(.igmp3, records), from: 7))
        }
        segment.run(until: 10_000)
        let filters = station.events.compactMap { if case .member(let member) = $0 { member.filter } else { nil } }
        #expect(filters == [.all, SourceFilter(.include, sources)])
        let leaves = station.events.filter { if case .leave = $0 { true } else { false } }
        #expect(
            leaves.count == 1 && station.with { $0.summary.groups } == 1 && station.with { $0.summary.reports } == 6)
    }

    @Test(
        "a host whose timer is late by 1/8, as Linux's may be, is received; then the run ends",
        arguments: [100, 1_000, 10_000] as [Int64])
    func lateTimer(response: Int64) {
        let station = querier(Scenario.query(response: response)) { $0.listening = .zero }
        var segment = Scenario.segment([station])
        segment.run(until: response + response / 8 + 100)
        segment.send(Scenario.frame(.report(.igmp3, [MembershipRecord(.modeIsExclude, group)]), from: 7))
        segment.run(until: response + response / 8 + 150)
        #expect(station.with { $0.summary.hosts } == 1 && !station.isFinished)
        segment.run(until: response + response / 8 + 250)
        #expect(station.isFinished)
    }

    @Test("a flood of members is counted, not stored")
    func memberFlood() {
        let station = querier { $0.listening = .zero }
        var segment = Scenario.segment([station])
        segment.run(until: 0)
        for block in 0..<400 {
            let records = (0..<180).map {
                MembershipRecord(.modeIsExclude, .v4(IPv4Address(rawValue: 0xEF00_0000 + UInt32(block * 180 + $0))))
            }
            segment.send(Scenario.frame(.report(.igmp3, records), from: 7))
        }
        segment.run(until: 10_000)
        let summary = station.with { $0.summary }
        #expect(summary.groups == 65_536 && summary.otherMembers == 400 * 180 - 65_536)
    }
}
