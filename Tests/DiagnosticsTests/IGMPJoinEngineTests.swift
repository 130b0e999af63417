import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("a member of groups on a simulated link")
struct IGMPJoinEngineTests {
    private typealias Scenario = IGMPScenario
    private let group = IGMPScenario.group
    private let source = IPAddress.v4(IPv4Address(192, 0, 2, 9))

    @Test(
        "IGMPv3: a join is reported twice within a second, and so is a leave (RFC 3376, section 5.1)",
        arguments: 1...20 as ClosedRange<UInt64>)
    func join(seed: UInt64) {
        let member = Scenario.member([.init(group: group)], seed: seed)
        var segment = Scenario.segment([member])
        segment.run(until: 5_000)
        member.stop(at: segment.now)
        segment.run(until: 20_000)
        let said = segment.messages()
        let join = MembershipMessage.report(.igmp3, [MembershipRecord(.changeToExclude, group)])
        let leave = MembershipMessage.report(.igmp3, [MembershipRecord(.changeToInclude, group)])
        #expect(said.map(\.message) == [join, join, leave, leave], "seed \(seed): \(said)")
        guard said.count == 4 else { return }
        #expect(said[0].milliseconds == 0 && said[1].milliseconds <= 1_000, "seed \(seed): \(said)")
        #expect(said[2].milliseconds == 5_000 && said[3].milliseconds <= 6_000, "seed \(seed): \(said)")
        #expect(member.isFinished)
    }

    @Test("source changes: allow and block, exclude and include, in order and without duplicates")
    func sources() {
        let sources = ["192.0.2.9", "192.0.2.7", "192.0.2.9"].compactMap { IPAddress($0) }
        let sorted = [sources[1], sources[0]]
        for (filter, join, leave, answer) in [
            (
                SourceFilter(.include, sources), GroupRecordType.allowNewSources,
                MembershipRecord(.blockOldSources, group, sorted), GroupRecordType.modeIsInclude
            ),
            (
                SourceFilter(.exclude, sources), .changeToExclude, MembershipRecord(.changeToInclude, group),
                .modeIsExclude
            ),
        ] {
            let member = Scenario.member([.init(group: group, filter: filter)]) { $0.robustness = 1 }
            var segment = Scenario.segment([member])
            segment.run(until: 100)
            segment.send(Scenario.frame(.query(Scenario.query(response: 1_000))))
            segment.run(until: 2_000)
            member.stop(at: segment.now)
            segment.run(until: 2_001)
            let records = segment.messages(by: 0).map(\.message)
            #expect(
                records.map { $0 } == [
                    .report(.igmp3, [MembershipRecord(join, group, sorted)]),
                    .report(.igmp3, [MembershipRecord(answer, group, sorted)]), .report(.igmp3, [leave]),
                ])
        }
    }

    @Test("the frame equals the kernel's byte for byte (Linux 6.18's own report), and is padded")
    func bytes() {
        let member = Scenario.member([.init(group: group)])
        var segment = Scenario.segment([member])
        segment.run(until: 0)
        let kernel: [UInt8] = [
            0x01, 0x00, 0x5E, 0x00, 0x00, 0x16, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00,
            0x46, 0xC0, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0x41, 0xF8, 0xC0, 0x00, 0x02, 0x01,
            0xE0, 0x00, 0x00, 0x16, 0x94, 0x04, 0x00, 0x00,
            0x22, 0x00, 0xE8, 0xF9, 0x00, 0x00, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0xEF, 0x01, 0x02, 0x03,
        ]
        #expect(segment.log.first?.bytes == kernel + [UInt8](repeating: 0, count: 60 - kernel.count))
    }

    @Test(
        "a general query is answered once, within its time, by a report of all groups",
        arguments: 1...30 as ClosedRange<UInt64>)
    func generalQuery(seed: UInt64) {
        let groups = (1...1_000).map { IPAddress.v4(IPv4Address(rawValue: 0xEF01_0000 + UInt32($0))) }
        let member = Scenario.member(groups.map { .init(group: $0) }, seed: seed)
        var segment = Scenario.segment([member])
        segment.run(until: 10_000)
        let joins = segment.messages()
        #expect(joins.count == 12, "seed \(seed)")
        segment.send(Scenario.frame(.query(Scenario.query())))
        segment.run(until: 12_000)
        // A second query does not delay the reply.
        segment.send(Scenario.frame(.query(Scenario.query())))
        segment.run(until: 40_000)
        let answers = segment.messages(from: 10_000, by: 0)
        let records = answers.flatMap { answer -> [MembershipRecord] in
            if case .report(_, let records) = answer.message { records } else { [] }
        }
        #expect(answers.allSatisfy { $0.milliseconds <= 20_000 || answers.count == 12 }, "seed \(seed)")
        #expect(
            Set(records.map(\.group)) == Set(groups) && records.allSatisfy { $0.type == .modeIsExclude }, "seed \(seed)"
        )
        // Answered once, or twice if the first reply was sent before the second query.
        #expect(answers.count == 6 || answers.count == 12, "seed \(seed): \(answers.count)")
        #expect(segment.log.allSatisfy { $0.bytes.count <= 1_514 }, "seed \(seed)")
    }

    @Test(
        "older versions: each of 1,000 groups is reported in time, one report each",
        arguments: [MembershipVersion.igmp1, .igmp2])
    func older(version: MembershipVersion) {
        let groups = (1...1_000).map { IPAddress.v4(IPv4Address(rawValue: 0xEF01_0000 + UInt32($0))) }
        let member = Scenario.member(groups.map { .init(group: $0) }) { $0.versions = [.v4: version] }
        var segment = Scenario.segment([member])
        segment.run(until: 30_000)
        #expect(segment.messages().count == 2_000)
        segment.send(Scenario.frame(.query(Scenario.query(version))))
        segment.run(until: 40_000)
        let answers = segment.messages(from: 30_000, by: 0)
        #expect(answers.count == 1_000 && answers.allSatisfy { $0.message.version == version })
        // Spread over the time, not at once.
        #expect(Set(answers.map(\.milliseconds)).count > 500)
        member.stop(at: segment.now)
        segment.run(until: 50_000)
        #expect(segment.messages(from: 40_000, by: 0).count == (version == .igmp1 ? 0 : 1_000))
        #expect(member.isFinished)
    }

    @Test("RFC 3376, section 5.2: a group, its sources, queries that accumulate, and one about another group")
    func groupQueries() {
        let other = IPAddress.v4(IPv4Address(239, 9, 9, 9))
        let sources = (1...4).map { IPAddress.v4(IPv4Address(192, 0, 2, UInt8($0))) }
        func answers(_ filter: SourceFilter, _ queries: [MembershipQuery]) -> [MembershipRecord] {
            let member = Scenario.member([.init(group: group, filter: filter)])
            var segment = Scenario.segment([member])
            segment.run(until: 5_000)
            for query in queries { segment.send(Scenario.frame(.query(query))) }
            segment.run(until: 20_000)
            return segment.messages(from: 5_000, by: 0).flatMap { entry -> [MembershipRecord] in
                if case .report(_, let records) = entry.message { records } else { [] }
            }
        }
        func ask(_ sources: [IPAddress]) -> MembershipQuery {
            Scenario.query(group: group, sources: sources, response: 1_000)
        }
        let include = SourceFilter(.include, [sources[0], sources[1]])
        let exclude = SourceFilter(.exclude, [sources[0]])
        #expect(answers(.all, [ask([])]) == [MembershipRecord(.modeIsExclude, group)])
        #expect(answers(include, [ask([])]) == [MembershipRecord(.modeIsInclude, group, [sources[0], sources[1]])])
        #expect(
            answers(include, [ask([sources[1], sources[2]])]) == [MembershipRecord(.modeIsInclude, group, [sources[1]])]
        )
        #expect(answers(include, [ask([sources[2]])]).isEmpty)
        #expect(
            answers(exclude, [ask([sources[0], sources[3]])]) == [MembershipRecord(.modeIsInclude, group, [sources[3]])]
        )
        #expect(answers(exclude, [ask([sources[0]])]).isEmpty)
        // Sources accumulate; a query without any covers the whole group.
        #expect(
            answers(include, [ask([sources[0]]), ask([sources[1]])])
                == [MembershipRecord(.modeIsInclude, group, [sources[0], sources[1]])])
        #expect(
            answers(exclude, [ask([sources[3]]), ask([])]) == [MembershipRecord(.modeIsExclude, group, [sources[0]])])
        #expect(
            answers(exclude, [ask([]), ask([sources[3]])]) == [MembershipRecord(.modeIsExclude, group, [sources[0]])])
        #expect(answers(.all, [Scenario.query(group: other, response: 1_000)]).isEmpty)
    }

    @Test(
        "IGMPv2: of two members one replies, and only the last reporter sends a leave",
        arguments: 1...30 as ClosedRange<UInt64>)
    func suppression(seed: UInt64) {
        let members = [1, 2].map { number in
            Scenario.member([.init(group: group)], number: UInt8(number), seed: seed &* 977 &+ UInt64(number)) {
                $0.versions = [.v4: .igmp2]
            }
        }
        var segment = Scenario.segment(members)
        segment.run(until: 30_000)
        segment.send(Scenario.frame(.query(Scenario.query(.igmp2))))
        segment.run(until: 50_000)
        let answers = segment.log.filter { $0.at.nanoseconds > 30_000_000_000 && $0.sender >= 0 }
        #expect(answers.count == 1, "seed \(seed)")
        guard let reporter = answers.first?.sender else { return }
        members[1 - reporter].stop(at: segment.now)
        segment.run(until: 60_000)
        #expect(segment.messages(from: 50_000).isEmpty, "seed \(seed)")
        members[reporter].stop(at: segment.now)
        segment.run(until: 70_000)
        #expect(segment.messages(from: 60_000).map(\.message) == [.leave(.igmp2, group)], "seed \(seed)")
    }

    @Test(
        "the version of an older querier is used, and the newest again after it expires (RFC 3376, section 7.2.1)")
    func olderQuerier() {
        let member = Scenario.member([.init(group: group)])
        var segment = Scenario.segment([member])
        segment.run(until: 5_000)
        segment.send(Scenario.frame(.query(Scenario.query(.igmp2))))
        segment.run(until: 20_000)
        #expect(segment.messages(from: 5_000, by: 0).map(\.message.version) == [.igmp2])
        segment.send(Scenario.frame(.query(Scenario.query(.igmp1))))
        segment.run(until: 40_000)
        #expect(segment.messages(from: 20_000, by: 0).map(\.message.version) == [.igmp1])
        // Version 1's querier expires 260 seconds after its query; until then replies take 10 seconds.
        segment.run(until: 268_000)
        segment.send(Scenario.frame(.query(Scenario.query(response: 500))))
        segment.run(until: 281_000)
        #expect(segment.messages(from: 268_000, by: 0).map(\.message.version) == [.igmp1])
        segment.send(Scenario.frame(.query(Scenario.query(response: 500))))
        segment.run(until: 290_000)
        #expect(segment.messages(from: 281_000, by: 0).map(\.message.version) == [.igmp3])
        let versions = member.events.compactMap {
            if case .versionChanged(let version, _) = $0.kind { version } else { nil }
        }
        #expect(versions == [.igmp2, .igmp1, .igmp3])
    }

    @Test("MLD: the same in both versions, with hop limit 1 and the Router Alert option")
    func mld() throws {
        let group = Scenario.groupV6
        let member = Scenario.member([.init(group: group)])
        var segment = Scenario.segment([member])
        segment.run(until: 5_000)
        segment.send(Scenario.frame(.query(Scenario.query(.mld2))))
        segment.run(until: 20_000)
        segment.send(Scenario.frame(.query(Scenario.query(.mld1))))
        segment.run(until: 40_000)
        member.stop(at: segment.now)
        segment.run(until: 60_000)
        let join = MembershipMessage.report(.mld2, [MembershipRecord(.changeToExclude, group)])
        #expect(
            segment.messages(by: 0).map(\.message) == [
                join, join, .report(.mld2, [MembershipRecord(.modeIsExclude, group)]),
                .report(.mld1, [MembershipRecord(.modeIsExclude, group)]), .leave(.mld1, group),
            ])
        let bytes = try #require(segment.log.first?.bytes)
        let view = try IPv6View(bytes.rawBytes.dropping(14))
        #expect(view.hopLimit == 1 && view.destination == .allMLDv2Routers && view.source.isLinkLocal)
        #expect(Array(bytes[54..<62]) == [58, 0, 5, 2, 0, 0, 1, 0])
        #expect(try EthernetView(bytes.rawBytes).destination == MACAddress("33:33:00:00:00:16"))
    }

    @Test(
        "with loss a querier that repeats its query has every member in the end",
        arguments: 1...20 as ClosedRange<UInt64>)
    func loss(seed: UInt64) {
        let members = (1...5).map {
            Scenario.member([.init(group: group)], number: UInt8($0), seed: seed &+ UInt64($0))
        }
        var configuration = IGMPQueryConfiguration(
            identity: Scenario.identity(254), mtu: 1_500, query: Scenario.query(response: 1_000))
        configuration.count = 8
        let querier = EngineStation(IGMPQueryEngine(configuration))
        var segment = Scenario.segment(members + [querier], seed: seed)
        segment.loss = 0.2
        segment.run(until: 60_000)
        #expect(querier.with { $0.summary.hosts } == 5 && querier.isFinished, "seed \(seed)")
    }

    // MARK: Datagrams

    @Test("datagrams are counted by source and timed; those of others, with VLAN tags and later fragments are not")
    func datagrams() throws {
        let member = Scenario.member([
            .init(group: group, filter: SourceFilter(.exclude, [IPAddress.v4(IPv4Address(192, 0, 2, 8))]))
        ])
        var segment = Scenario.segment([member])
        segment.run(until: 0)
        for index in 0..<5 {
            segment.run(until: Int64(index) * 10)
            segment.send(Scenario.datagram())
        }
        segment.send(Scenario.datagram(from: 8))
        segment.send(Scenario.datagram(to: IPv4Address(239, 1, 2, 4)))
        // The same MAC address, another group (RFC 1112, section 6.4).
        segment.send(Scenario.datagram(to: IPv4Address(238, 129, 2, 3)))
        var tagged = Scenario.datagram()
        tagged.insert(contentsOf: [0x81, 0, 0, 5], at: 12)
        segment.send(tagged)
        // A malformed report about the group.
        var report = Scenario.frame(.report(.igmp2, [MembershipRecord(.modeIsExclude, group)]), from: 9)
        report[40] ^= 1
        segment.send(report)
        var fragment = Scenario.datagram()
        fragment[21] = 1
        segment.send(fragment)
        segment.run(until: 100)
        let summary = member.with { $0.summary }
        #expect(summary.datagrams == 5 && summary.bytes == 500 && summary.unwanted == 1)
        let flow = try #require(summary.flows.first)
        #expect(summary.flows.count == 1 && flow.source == source && flow.averageGap == .milliseconds(10))
        #expect(flow.shortestGap == .milliseconds(10) && flow.longestGap == .milliseconds(10))
    }

    @Test("several links: reports leave by each, and what arrives is counted by its interface")
    func links() throws {
        var engine = IGMPJoinEngine(
            IGMPJoinConfiguration(
                links: [3, 5].map { .init(index: $0, identity: Scenario.identity(UInt8($0)), mtu: 1_500) },
                memberships: [.init(group: group)], seed: 1))
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        func send(at milliseconds: Int64) -> [UInt32] {
            batch.removeAll()
            let now = Instant(nanoseconds: milliseconds * 1_000_000)
            _ = engine.transmit(into: &batch, at: now)
            for entry in batch.entries { engine.transmitted(entry.token, at: now) }
            return batch.entries.map(\.interfaceIndex)
        }
        func receive(_ frame: [UInt8], on interface: UInt32) {
            engine.receive(
                ReceivedPacket(
                    frame: frame.rawBytes, arrival: Instant(nanoseconds: 5_000_000_000), interfaceIndex: interface))
        }
        #expect(send(at: 0) == [3, 5])
        _ = send(at: 4_000)
        // An older version on the second link, and an interface that is not the run's.
        receive(Scenario.frame(.query(Scenario.query(.igmp2, response: 100))), on: 5)
        receive(Scenario.frame(.query(Scenario.query(.igmp1))), on: 4)
        #expect(send(at: 5_200) == [5])
        for interface in [3, 4, 5, 5] as [UInt32] { receive(Scenario.datagram(), on: interface) }
        let summary = engine.summary
        #expect(summary.groups == 1 && summary.queries == 1 && summary.datagrams == 3)
        #expect(summary.flows.map(\.interface) == [3, 5] && summary.flows.map(\.datagrams) == [1, 2])
        // Links that work still get their leaves.
        engine.setLink(5, isConnected: false, at: Instant(nanoseconds: 6_000_000_000))
        engine.stop(at: Instant(nanoseconds: 6_000_000_000))
        #expect(send(at: 6_000) == [3])
        _ = send(at: 8_000)
        _ = send(at: 8_000)
        var joined: [UInt32] = []
        var left: [UInt32] = []
        var versions: [UInt32] = []
        engine.drain { event in
            switch event.kind {
            case .joined: joined.append(event.interface)
            case .left: left.append(event.interface)
            case .versionChanged: versions.append(event.interface)
            default: break
            }
        }
        #expect(joined == [3, 5] && left == [3, 5] && versions == [5])
    }

    @Test("a count of datagrams, a duration, and a second stop end it")
    func ends() {
        let counted = Scenario.member([.init(group: group)]) { $0.count = 3 }
        let timed = Scenario.member([.init(group: group)], number: 2) { $0.duration = .milliseconds(1_500) }
        let stopped = Scenario.member([.init(group: group)], number: 3)
        var segment = Scenario.segment([counted, timed, stopped])
        segment.run(until: 1_000)
        for _ in 0..<4 { segment.send(Scenario.datagram()) }
        segment.run(until: 1_400)
        stopped.stop(at: segment.now)
        segment.run(until: 1_401)
        #expect(!stopped.isFinished)
        stopped.stop(at: segment.now)
        segment.run(until: 1_402)
        #expect(stopped.isFinished)
        segment.run(until: 5_000)
        #expect(counted.isFinished && timed.isFinished)
        #expect(counted.with { $0.summary.datagrams } == 3 && timed.with { $0.summary.elapsed } == .milliseconds(1_500))
        for member in [counted, timed, stopped] {
            let names = member.events.map { event in
                switch event.kind {
                case .joined: "joined"
                case .left: "left"
                default: ""
                }
            }
            #expect(names.filter { !$0.isEmpty } == ["joined", "left"])
        }
    }
}
