import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("arping on a simulated link")
struct ArpingEngineTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let target = IPv4Address(192, 0, 2, 2)
    private static let here = IPv4Address(192, 0, 2, 1)

    private struct Outcome {
        var summary: ArpingSummary
        var events: [ArpingEvent]
        var log: [(at: Instant, bytes: [UInt8])]

        var replies: [ArpingReply] { events.compactMap { if case .reply(let reply) = $0 { reply } else { nil } } }
        var timeouts: Int { events.count { if case .timeout = $0 { true } else { false } } }
        /// Since the first.
        var times: [Int64] { log.map { ($0.at - (log.first?.at ?? $0.at)).wholeMilliseconds } }
    }

    private func arping(
        hosts: [SimulatedLink.Host] = [.init(mac: 2, addresses: [target])], seed: UInt64 = 1,
        loss: Double = 0, configure: (inout ArpingConfiguration) -> Void = { _ in }
    ) -> Outcome {
        var configuration = ArpingConfiguration(mac: Self.us, source: Self.here, target: Self.target)
        configuration.count = 3
        configure(&configuration)
        var engine = ArpingEngine(configuration)
        var network = SimulatedNetwork(seed: seed)
        network.keepsLog = true
        network.faults.loss = loss
        network.link = SimulatedLink(hosts: hosts)
        var recorder = Recorder<ArpingEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(summary: engine.summary, events: recorder.events, log: network.log)
    }

    @Test("a broadcast first, then unicast to the station that replied; every second")
    func ask() throws {
        let outcome = arping()
        #expect(outcome.summary.sent == 3 && outcome.summary.sentBroadcasts == 1 && outcome.summary.received == 3)
        #expect(outcome.times == [0, 1_000, 2_000] && outcome.timeouts == 0)
        #expect(outcome.summary.elapsed.wholeMilliseconds == 3_000)
        for (index, sent) in outcome.log.enumerated() {
            let frame = try EthernetView(sent.bytes.rawBytes)
            let packet = try ARPPacket(ARPView(frame.payload))
            #expect(sent.bytes.count == 60 && frame.source == Self.us && packet.operation == .request)
            #expect(frame.destination == (index == 0 ? .broadcast : MACAddress(rawValue: 2)))
            #expect(packet.senderAddress == Self.here && packet.targetAddress == Self.target)
        }
        let broadcasts = arping { $0.staysBroadcast = true }
        #expect(broadcasts.summary.sentBroadcasts == 3)
    }

    @Test("without replies: a timeout for each probe, and an interval of wait for the last")
    func silence() {
        let outcome = arping(hosts: []) { $0.interval = .milliseconds(200) }
        #expect(outcome.summary.received == 0 && outcome.timeouts == 3)
        #expect(outcome.summary.elapsed.wholeMilliseconds == 600)
        let single = arping(hosts: []) {
            $0.count = 1
            $0.interval = .milliseconds(200)
        }
        #expect(single.summary.sent == 1 && single.timeouts == 1 && single.summary.elapsed.wholeMilliseconds == 200)
        let short = arping(hosts: []) { $0.deadline = .milliseconds(1_500) }
        #expect(short.summary.sent == 2 && short.summary.elapsed.wholeMilliseconds == 1_500)
    }

    @Test("the first reply ends it if requested; with a deadline, as many replies as probes")
    func ends() {
        #expect(arping { $0.endsAtFirstAnswer = true }.summary.sent == 1)
        let outcome = arping {
            $0.deadline = .seconds(10)
            $0.enough = 3
        }
        #expect(outcome.summary.received == 3 && outcome.summary.elapsed.wholeMilliseconds == 2_001)
        let enough = arping {
            $0.count = nil
            $0.enough = 2
        }
        #expect(enough.summary.sent == 2 && enough.summary.received == 2)
    }

    @Test("unicast from the start, and in a VLAN")
    func frames() throws {
        let alone = arping { $0.targetMAC = MACAddress(rawValue: 2) }
        #expect(alone.summary.sentBroadcasts == 0 && alone.summary.received == 3)
        let tagged = arping {
            $0.tag = VLANTag(identifier: 7, priority: 3, etherType: .arp)
            $0.count = 1
        }
        let bytes = tagged.log[0].bytes
        #expect(Array(bytes[12..<18]) == [0x81, 0x00, 0x60, 0x07, 0x08, 0x06] && bytes.count == 64)
    }

    @Test("a station is pinged by echo requests in unicast frames; only its own replies count")
    func station() throws {
        let mac = MACAddress(rawValue: 0x0200_0000_0002)
        let station = ArpingStation(mac: mac, address: .limitedBroadcast, identifier: 0x1234)
        var configuration = ArpingConfiguration(mac: Self.us, source: Self.here, target: .limitedBroadcast)
        configuration.station = station
        configuration.count = 1
        let unresponsive = arping(hosts: []) { $0 = configuration }
        let bytes = try #require(unresponsive.log.first?.bytes)
        let frame = try EthernetView(bytes.rawBytes)
        let ip = try IPv4View(frame.payload)
        let icmp = try ICMPv4View(ip.payload)
        #expect(frame.destination == mac && ip.destination == .limitedBroadcast && ip.source == Self.here)
        #expect(icmp.type == .echoRequest && icmp.identifier == 0x1234 && icmp.checksumState == .correct)
        #expect(unresponsive.timeouts == 1 && unresponsive.summary.received == 0 && bytes.count == 62)
        func answer(
            from sender: MACAddress = mac, identifier: UInt16 = 0x1234, type: ICMPv4Message.Body? = nil
        ) -> [UInt8] {
            let echo = ICMPv4Message(
                type ?? .echoReply(ICMPEcho(identifier: identifier, sequenceNumber: 0, data: [1, 2])))
            let header = IPv4Header(
                source: Self.target, destination: Self.here, protocol: .icmp, payloadLength: echo.byteCount)
            return EthernetHeader(destination: Self.us, source: sender, etherType: .ipv4).encoded()
                + header.encoded() + echo.encoded()
        }
        let right = answer()
        #expect(station.answer(right.rawBytes, to: Self.us)?.address == Self.target)
        #expect(station.answer(answer(from: MACAddress(rawValue: 9)).rawBytes, to: Self.us) == nil)
        #expect(station.answer(answer(identifier: 1).rawBytes, to: Self.us) == nil)
        let request = answer(type: .echoRequest(ICMPEcho(identifier: 0x1234, sequenceNumber: 0)))
        #expect(station.answer(request.rawBytes, to: Self.us) == nil)
        for count in right.indices { #expect(station.answer(Array(right[..<count]).rawBytes, to: Self.us) == nil) }
        for offset in 14..<right.count {
            var wrong = right
            wrong[offset] ^= 0x10
            #expect(station.answer(wrong.rawBytes, to: Self.us) == nil, "\(offset)")
        }
    }

    @Test("vendor names: each form of the lists, the longest prefix, nothing for locally administered addresses")
    func vendors() {
        let list = """
            # a comment
            00-00-0C   (hex)\t\tCisco Systems, Inc
            00000C     (base 16)\t\tCisco Systems, Inc
            \t\t\t\tSan Jose CA
            0050C2\tIEEE Registration Authority
            0050C27D5\tDEUTA-WERKE GmbH
            08:00:30 Network Research
            4048FD8   Vendor A  \r
            0050C2
            zz0000 Vendor B
            """
        let table = VendorTable(Array(list.utf8))
        #expect(table.count == 5)
        for (mac, name) in [
            (0x0000_0C12_3456, "Cisco Systems, Inc"), (0x0050_C27D_5001, "DEUTA-WERKE GmbH"),
            (0x0050_C27D_6001, "IEEE Registration Authority"), (0x0800_3000_0001, "Network Research"),
            (0x4048_FD80_0001, "Vendor A"), (0x4048_FD90_0001, nil), (0x0200_0C12_3456, nil), (0x0100_0C12_3456, nil),
        ] as [(UInt64, String?)] {
            #expect(table.name(of: MACAddress(rawValue: mac)) == name, "\(mac)")
        }
        #expect(VendorTable([]).count == 0 && VendorTable([0x30, 0x31]).count == 0)
    }

    @Test("both stations with one address are reported")
    func duplicates() {
        let hosts = [2, 3].map { SimulatedLink.Host(mac: $0, addresses: [Self.target]) }
        let outcome = arping(hosts: hosts) { $0.staysBroadcast = true }
        #expect(outcome.summary.stations == [MACAddress(rawValue: 2), MACAddress(rawValue: 3)])
        #expect(outcome.summary.received == 6 && outcome.summary.answered == 3)
        #expect(outcome.replies.first?.isDuplicate == false && outcome.replies[1].isDuplicate)
    }

    @Test(
        "duplicate detection: a probe without a sender address, ended by the station that has it; free without a reply")
    func detection() throws {
        let taken = arping {
            $0.mode = .detectDuplicates
            $0.source = .unspecified
        }
        #expect(taken.summary.sent == 1 && taken.summary.received == 1)
        let bytes = taken.log[0].bytes
        let frame = try EthernetView(bytes.rawBytes)
        let packet = try ARPPacket(ARPView(frame.payload))
        #expect(packet == .probe(for: Self.target, from: Self.us))
        let free = arping(hosts: []) {
            $0.mode = .detectDuplicates
            $0.source = .unspecified
            $0.initialDelay = .milliseconds(300)
            $0.pauses = [.milliseconds(1_100), .milliseconds(1_900)]
            $0.lastWait = .seconds(2)
        }
        #expect(free.summary.received == 0 && free.times == [0, 1_100, 3_000])
        #expect(free.summary.elapsed.wholeMilliseconds == 5_300 && free.summary.isComplete)
    }

    @Test("a check that was interrupted is not complete", arguments: [100, 1_500, 3_300, 5_299, 5_301] as [Int64])
    func cutShort(milliseconds: Int64) {
        let outcome = arping(hosts: []) {
            $0.mode = .detectDuplicates
            $0.initialDelay = .milliseconds(300)
            $0.pauses = [.milliseconds(1_100), .milliseconds(1_900)]
            $0.lastWait = .seconds(2)
            $0.deadline = .milliseconds(milliseconds)
        }
        #expect(outcome.summary.received == 0 && outcome.summary.isComplete == (milliseconds > 5_300))
    }

    @Test("announcements by request and by reply, without waiting", arguments: [1, 2])
    func announcements(count: Int) throws {
        for mode in [ArpingMode.announceByRequest, .announceByReply] {
            let outcome = arping {
                $0.mode = mode
                $0.source = Self.target
                $0.count = count
                $0.expectsAnswers = false
            }
            #expect(outcome.summary.sent == count && outcome.timeouts == 0)
            #expect(outcome.summary.elapsed.wholeMilliseconds == Int64(1_000 * (count - 1)))
            let bytes = outcome.log[0].bytes
            let frame = try EthernetView(bytes.rawBytes)
            let packet = try ARPPacket(ARPView(frame.payload))
            #expect(packet.operation == (mode == .announceByReply ? .reply : .request))
            #expect(packet.senderAddress == Self.target && packet.targetAddress == Self.target)
        }
    }

    @Test("with loss every probe is answered or timed out", arguments: 0..<40)
    func loss(seed: UInt64) {
        let outcome = arping(seed: seed, loss: 0.3) {
            $0.count = 50
            $0.interval = .milliseconds(10)
        }
        #expect(outcome.summary.sent == 50, "seed \(seed)")
        #expect(outcome.summary.answered + outcome.timeouts == 50, "seed \(seed): \(outcome.summary)")
    }

    @Test("frames that are cut at every length, malformed, or for another station are not replies", arguments: 0..<10)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let right = ARPFrame.bytes(
            ARPPacket(
                operation: .reply, senderMAC: MACAddress(rawValue: 2), senderAddress: Self.target,
                targetMAC: Self.us, targetAddress: Self.here), to: Self.us)
        var engine = ArpingEngine(ArpingConfiguration(mac: Self.us, source: Self.here, target: Self.target))
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        engine.transmitted(0, at: Instant(nanoseconds: 0))
        func hand(_ bytes: [UInt8]) -> Int {
            let before = engine.summary.received
            engine.receive(ReceivedPacket(frame: bytes.rawBytes, arrival: Instant(nanoseconds: 1_000)))
            return engine.summary.received - before
        }
        for length in 0..<42 {
            let taken = hand(Array(right.prefix(length)))
            #expect(taken == 0, "length \(length)")
        }
        // Hardware and protocol type, their lengths, the operation's upper half, sender and target.
        for _ in 0..<300 {
            var frame = right
            let offset =
                [12, 13, 14, 15, 16, 17, 18, 19, 20, 28, 29, 30, 31, 32, 38, 39, 40, 41].randomElement(
                    using: &random) ?? 12
            frame[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
            let taken = hand(frame)
            #expect(taken == 0, "seed \(seed), byte \(offset)")
        }
        // A priority tag and padding after it are ignored; a VLAN is another network.
        let whole = hand(right)
        let prioritized = hand(Array(right[..<12]) + [0x81, 0x00, 0x60, 0x00] + right[12...])
        let tagged = hand(Array(right[..<12]) + [0x81, 0x00, 0x00, 0x07] + right[12...])
        #expect(whole == 1 && prioritized == 1 && tagged == 0)
    }

    /// A reply to `us` with changed fields.
    private func reply(
        senderMAC: MACAddress = MACAddress(rawValue: 2), frameSource: MACAddress? = nil
    ) -> [UInt8] {
        var frame = ARPFrame.bytes(
            ARPPacket(
                operation: .reply, senderMAC: senderMAC, senderAddress: Self.target, targetMAC: Self.us,
                targetAddress: Self.here), to: Self.us)
        if let frameSource {
            for (index, byte) in (6..<12).enumerated() {
                frame[byte] = UInt8(truncatingIfNeeded: frameSource.rawValue >> UInt64(40 - 8 * index))
            }
        }
        return frame
    }

    @Test("a reply received before the newest probe was sent answers the one before it")
    func lateReply() throws {
        var engine = ArpingEngine(ArpingConfiguration(mac: Self.us, source: Self.here, target: Self.target))
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        for second in [0, 1] as [Int64] {
            let instant = Instant(nanoseconds: 0) + .seconds(second)
            batch.removeAll()
            _ = engine.transmit(into: &batch, at: instant)
            engine.transmitted(UInt64(second), at: instant)
        }
        let bytes = reply()
        engine.receive(ReceivedPacket(frame: bytes.rawBytes, arrival: Instant(nanoseconds: 900_000_000)))
        engine.receive(ReceivedPacket(frame: bytes.rawBytes, arrival: Instant(nanoseconds: 1_000_000_700)))
        var trips: [Int64] = []
        engine.drain { if case .reply(let reply) = $0, let trip = reply.roundTrip { trips.append(trip.count) } }
        #expect(trips == [900_000_000, 700] && engine.summary.roundTrips.minimum >= .zero)
    }

    @Test(
        "a sender with an all-zero, broadcast or multicast address is ignored",
        arguments: [0, 0xFFFF_FFFF_FFFF, 0x0100_5E00_0001])
    func impossibleSenders(mac: UInt64) {
        for bytes in [
            reply(senderMAC: MACAddress(rawValue: mac)), reply(frameSource: MACAddress(rawValue: mac)),
        ] {
            var engine = ArpingEngine(ArpingConfiguration(mac: Self.us, source: Self.here, target: Self.target))
            var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
            engine.transmitted(0, at: Instant(nanoseconds: 0))
            engine.receive(ReceivedPacket(frame: bytes.rawBytes, arrival: Instant(nanoseconds: 1_000)))
            #expect(engine.summary.received == 0)
        }
    }

    @Test("memory stays bounded in a flood of stations")
    func flood() {
        let hosts = (2..<2_000).map { SimulatedLink.Host(mac: UInt64($0), addresses: [Self.target]) }
        let outcome = arping(hosts: hosts) { $0.count = 1 }
        #expect(outcome.summary.received == 1_998 && outcome.summary.stations.count == 256)
    }
}
