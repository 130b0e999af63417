import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("rarp on a simulated link")
struct RARPEngineTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let other = MACAddress(rawValue: 0x0200_0000_0007)
    private static let address = IPv4Address(192, 0, 2, 7)

    private struct Outcome {
        var summary: RARPQuerySummary
        var events: [RARPQueryEvent]
        var log: [(at: Instant, bytes: [UInt8])]

        var replies: [RARPReply] { events.compactMap { if case .reply(let reply) = $0 { reply } else { nil } } }
        var times: [Int64] { log.map { ($0.at - (log.first?.at ?? $0.at)).wholeMilliseconds } }
    }

    private func query(
        servers: [SimulatedLink.Host], subjects: [MACAddress] = [us], seed: UInt64 = 1, loss: Double = 0,
        configure: (inout RARPQueryConfiguration) -> Void = { _ in }
    ) -> Outcome {
        var configuration = RARPQueryConfiguration(mac: Self.us, subjects: subjects)
        configure(&configuration)
        var engine = RARPQueryEngine(configuration)
        var network = SimulatedNetwork(seed: seed)
        network.keepsLog = true
        network.faults.loss = loss
        network.link = SimulatedLink(hosts: servers)
        var recorder = Recorder<RARPQueryEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(summary: engine.summary, events: recorder.events, log: network.log)
    }

    private func server(_ mac: UInt64, _ table: [MACAddress: IPv4Address]) -> SimulatedLink.Host {
        SimulatedLink.Host(mac: mac, addresses: [IPv4Address(192, 0, 2, UInt8(truncatingIfNeeded: mac))], ethers: table)
    }

    @Test("a broadcast of type 0x8035 with our MAC address twice and no IP address (RFC 903)")
    func request() throws {
        let outcome = query(servers: [server(2, [Self.us: Self.address])])
        let bytes = try #require(outcome.log.first?.bytes)
        let frame = try EthernetView(bytes.rawBytes)
        let packet = try ARPPacket(ARPView(frame.payload))
        #expect(bytes.count == 60 && frame.destination == .broadcast && frame.source == Self.us)
        #expect(frame.etherType == .reverseARP && packet.operation == .reverseRequest)
        #expect(packet.senderMAC == Self.us && packet.targetMAC == Self.us)
        #expect(packet.senderAddress == .unspecified && packet.targetAddress == .unspecified)
        #expect(outcome.replies.map(\.address) == [Self.address] && outcome.summary.sent == 1)
        // Other servers had 1 s to reply differently.
        #expect(outcome.summary.elapsed.wholeMilliseconds == 1_000)
        let first = query(servers: [server(2, [Self.us: Self.address])]) { $0.endsAtFirstAnswer = true }
        #expect(first.summary.elapsed < .milliseconds(100))
    }

    @Test(
        "an address that no host can have is not accepted",
        arguments: ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"])
    func impossibleAddresses(text: String) throws {
        let address = try #require(IPv4Address(text))
        let outcome = query(servers: [server(2, [Self.us: address])]) { $0.deadline = .milliseconds(500) }
        #expect(outcome.replies.isEmpty && outcome.summary.answered == 0)
        let group = query(servers: [server(0x0100_5E00_0002, [Self.us: Self.address])]) {
            $0.deadline = .milliseconds(500)
        }
        #expect(group.replies.isEmpty)
    }

    @Test("no reply: increasing pauses up to the longest, then the end; a deadline ends it sooner")
    func silence() {
        let outcome = query(servers: []) {
            $0.attempts = 5
            $0.longestPause = .seconds(4)
        }
        #expect(outcome.times == [0, 1_000, 3_000, 7_000, 11_000])
        #expect(outcome.summary.answered == 0 && outcome.summary.elapsed.wholeMilliseconds == 15_000)
        #expect(outcome.events == (1...5).map { .timeout(Self.us, attempt: $0) })
        let short = query(servers: []) { $0.deadline = .milliseconds(1_500) }
        #expect(short.summary.sent == 2 && short.summary.elapsed.wholeMilliseconds == 1_500)
    }

    @Test("every server's reply, and conflicting ones")
    func servers() {
        let outcome = query(servers: [
            server(2, [Self.us: Self.address]), server(3, [Self.us: Self.address]),
            server(4, [Self.us: IPv4Address(192, 0, 2, 8)]), server(5, [:]),
        ])
        #expect(outcome.replies.map(\.isContradiction) == [false, false, true])
        #expect(outcome.summary.servers == 3 && outcome.summary.answered == 1)
    }

    @Test("with loss each MAC address is answered, or requested the maximum number of times", arguments: 0..<40)
    func loss(seed: UInt64) {
        let subjects = (10..<30).map { MACAddress(rawValue: $0) }
        let table = Dictionary(uniqueKeysWithValues: subjects.dropLast(2).map { ($0, Self.address) })
        let outcome = query(servers: [server(2, table)], subjects: subjects + subjects, seed: seed, loss: 0.3) {
            $0.attempts = 12
        }
        #expect(outcome.summary.asked == 20 && outcome.summary.answered == 18, "seed \(seed): \(outcome.summary)")
        // A MAC address with a reply is not requested again.
        #expect(outcome.summary.sent < 20 + 10 * 11, "seed \(seed): \(outcome.summary)")
    }

    // MARK: The server

    private func serving(_ table: [MACAddress: IPv4Address], rate: Double = 10) -> RARPServerEngine {
        var configuration = RARPServerConfiguration(
            links: [
                3: .init(
                    mac: Self.other,
                    addresses: [(IPv4Address(198, 51, 100, 1), 24), (IPv4Address(192, 0, 2, 254), 24)])
            ], table: table)
        configuration.rate = rate
        return RARPServerEngine(configuration)
    }

    private static func request(for mac: MACAddress, from asker: MACAddress = us) -> [UInt8] {
        ARPFrame.bytes(
            ARPPacket(
                operation: .reverseRequest, senderMAC: asker, senderAddress: .unspecified, targetMAC: mac,
                targetAddress: .unspecified), to: .broadcast)
    }

    /// Returns the server's replies to a frame.
    private func answers(
        _ engine: inout RARPServerEngine, to bytes: [UInt8], interface: UInt32 = 3, at milliseconds: Int64 = 0
    ) -> [[UInt8]] {
        let now = Instant(nanoseconds: milliseconds * 1_000_000)
        engine.receive(ReceivedPacket(frame: bytes.rawBytes, arrival: now, interfaceIndex: interface))
        var batch = PacketBatch(capacity: 32, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: now)
        for entry in batch.entries { engine.transmitted(entry.token, at: now) }
        return batch.entries.map { batch.bytes(of: $0) }
    }

    @Test(
        "replies go to the sender, with the server's address on that link; unknown MAC addresses and other links get none"
    )
    func answer() throws {
        var engine = serving([Self.us: Self.address])
        let asker = MACAddress(rawValue: 9)
        let sent = answers(&engine, to: Self.request(for: Self.us, from: asker))
        let bytes = try #require(sent.first)
        let frame = try EthernetView(bytes.rawBytes)
        let packet = try ARPPacket(ARPView(frame.payload))
        #expect(frame.destination == asker && frame.source == Self.other && frame.etherType == .reverseARP)
        #expect(packet.operation == .reverseReply && packet.senderMAC == Self.other)
        #expect(packet.senderAddress == IPv4Address(192, 0, 2, 254))
        #expect(packet.targetMAC == Self.us && packet.targetAddress == Self.address)
        let unknown = answers(&engine, to: Self.request(for: asker), at: 1_000)
        let elsewhere = answers(&engine, to: Self.request(for: Self.us), interface: 4, at: 2_000)
        #expect(unknown.isEmpty && elsewhere.isEmpty)
        #expect(engine.summary.requests == 2 && engine.summary.unknown == 1 && engine.summary.answered == 1)
    }

    @Test("10 replies per second for one MAC address, however often it is requested; others are answered meanwhile")
    func rate() {
        var engine = serving([Self.us: Self.address, Self.other: IPv4Address(192, 0, 2, 8)])
        var count = 0
        for millisecond in 0..<1_000 {
            count += answers(&engine, to: Self.request(for: Self.us), at: Int64(millisecond)).count
        }
        let other = answers(&engine, to: Self.request(for: Self.other), at: 999)
        #expect(count == 10 && other.count == 1 && engine.summary.limited == 990)
        var reported = 0
        engine.drain { if case .limited = $0 { reported += 1 } }
        #expect(reported <= 20)
    }

    @Test("the table can be replaced")
    func reload() {
        var engine = serving([:])
        let before = answers(&engine, to: Self.request(for: Self.us))
        engine.serve([Self.us: Self.address], on: [3: .init(mac: Self.other, addresses: [])])
        let after = answers(&engine, to: Self.request(for: Self.us), at: 500)
        #expect(before.isEmpty && after.count == 1)
    }

    @Test("requests cut at every length or with any bit flipped: no reply", arguments: 0..<10)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let right = Self.request(for: Self.us)
        var engine = serving([Self.us: Self.address], rate: 1_000_000)
        for length in 0..<42 {
            let sent = answers(&engine, to: Array(right.prefix(length)), at: Int64(length))
            #expect(sent.isEmpty, "length \(length)")
        }
        for turn in 0..<300 {
            var frame = right
            // Types, lengths, operation, and the requested MAC address.
            let offset = Int.random(in: 12...21, using: &random) + (Bool.random(using: &random) ? 0 : 20)
            guard !(22...41).contains(offset) || (32...37).contains(offset) else { continue }
            frame[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
            let sent = answers(&engine, to: frame, at: Int64(100 + turn))
            #expect(sent.isEmpty, "seed \(seed), byte \(offset)")
        }
        let whole = answers(&engine, to: right, at: 1_000)
        #expect(whole.count == 1)
    }

    @Test("ethers(5): addresses, names, comments, and invalid lines")
    func ethers() {
        let table = EthersTable(
            """
            # a comment
            02:00:00:00:00:01 192.0.2.1 # another
            2:0:0:0:0:2\thost.example

            02:00:00:00:00:01 192.0.2.9
            02:00:00:00:00:03
            nonsense 192.0.2.4
            ff:ff:ff:ff:ff:ff 192.0.2.5
            02:00:00:00:00:06 2001:db8::6
            02:00:00:00:00:07 192.0.2.7 more
            """)
        #expect(table.problems.map(\.line) == [5, 6, 7, 8, 9, 10] && table.names == ["host.example"])
        #expect(table.addresses(names: [:]) == [Self.us: IPv4Address(192, 0, 2, 1)])
        #expect(
            table.addresses(names: ["host.example": Self.address])[MACAddress(rawValue: 0x0200_0000_0002)]
                == Self.address)
    }
}
