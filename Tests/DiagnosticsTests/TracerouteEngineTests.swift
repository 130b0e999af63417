import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute on the simulated network")
struct TracerouteEngineTests {
    private struct Outcome {
        var hops: [TraceHop]
        var summary: TracerouteSummary
        var sent: [[UInt8]]
        var times: [Instant]

        var sources: [IPAddress?] { hops.map { $0.probes.lazy.compactMap(\.answer?.source).first } }
    }

    private func trace(
        _ path: SimulatedPath, method: TracerouteMethod = .udp, seed: UInt64 = 1, loss: Double = 0,
        configure: (inout TracerouteConfiguration) -> Void = { _ in }
    ) -> Outcome {
        var configuration = TracerouteConfiguration.simulated(
            method, firstMark: UInt16(truncatingIfNeeded: 1 + seed &* 7_919 % 60_000))
        configure(&configuration)
        var engine = TracerouteEngine([configuration])
        var network = SimulatedNetwork(seed: seed)
        network.faults.loss = loss
        network.path = path
        network.keepsLog = true
        var recorder = Recorder<TracerouteEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let hops = recorder.events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } }
        return Outcome(
            hops: hops, summary: engine.summary(of: 0), sent: network.log.map(\.bytes), times: network.log.map(\.at))
    }

    @Test("every router at its hop, and the target", arguments: TracerouteMethod.allCases)
    func path(method: TracerouteMethod) {
        let outcome = trace(SimulatedPath(routers: Array(repeating: .answers, count: 11)), method: method)
        #expect(outcome.summary.isReached && outcome.summary.hops == 12)
        let expected = (1...11).map { IPAddress.v4(SimulatedPath.address($0)) } + [.v4(Echo.there)]
        #expect(outcome.sources == expected)
        for hop in outcome.hops {
            #expect(
                hop.probes.count == 3
                    && hop.probes.allSatisfy { $0.answer?.roundTrip.wholeMilliseconds == Int64(4 * hop.timeToLive) })
            #expect(hop.probes.allSatisfy { $0.answer?.annotation == nil })
        }
        // Everything is in flight at once: the whole takes hardly more than the longest round trip.
        #expect(
            outcome.summary.elapsed < .milliseconds(60),
            "\(outcome.sent.count) \(outcome.hops.map { $0.probes.map { $0.answer?.roundTrip.wholeMicroseconds } })")
    }

    @Test("all probes are one flow, whatever a load balancer hashes", arguments: TracerouteMethod.allCases)
    func oneFlow(method: TracerouteMethod) throws {
        let outcome = trace(SimulatedPath(routers: Array(repeating: .answers, count: 5)), method: method)
        var flows: Set<[UInt8]> = []
        var marks: Set<[UInt8]> = []
        for bytes in outcome.sent {
            let view = try IPv4View(bytes.rawBytes)
            #expect(view.checksumState == .correct)
            #expect(
                PacketLayers(bytes.rawBytes, linkType: .rawIP).verifyChecksums(bytes.rawBytes).transport == .correct)
            let transport = Array(bytes[20..<28])
            // Ports; type, code, checksum and identifier of ICMP.
            flows.insert(method == .icmp ? Array(transport[0..<6]) : Array(transport[0..<4]))
            // Checksum of UDP, sequence numbers of ICMP and TCP.
            marks.insert(Array(transport[6..<8]))
        }
        #expect(flows.count == 1 && marks.count == outcome.sent.count && outcome.sent.count == outcome.summary.sent)
    }

    @Test(
        "without Paris mode ports and checksums change, and every probe is still recognized",
        arguments: [TracerouteMethod.udp, .icmp])
    func manyFlows(method: TracerouteMethod) throws {
        let outcome = trace(SimulatedPath(routers: Array(repeating: .answers, count: 5)), method: method) {
            $0.isOneFlow = false
        }
        #expect(outcome.summary.isReached && outcome.summary.hops == 6)
        var flows: Set<[UInt8]> = []
        for bytes in outcome.sent {
            #expect(
                PacketLayers(bytes.rawBytes, linkType: .rawIP).verifyChecksums(bytes.rawBytes).transport == .correct)
            flows.insert(Array(bytes[method == .udp ? 20..<24 : 20..<26]))
        }
        #expect(flows.count == outcome.sent.count)
    }

    @Test(
        "TCP: a listening target answers all probes of its hop, one at a time; others reset each",
        arguments: [true, false], [0.0, 0.2])
    func halfOpen(listens: Bool, loss: Double) {
        for seed in 0..<(loss > 0 ? UInt64(30) : 1) {
            let path = SimulatedPath(routers: Array(repeating: .answers, count: 5), targetListens: listens)
            let outcome = trace(path, method: .tcp, seed: seed, loss: loss)
            #expect(outcome.summary.isReached && outcome.hops.last?.timeToLive ?? 0 >= 6, "seed \(seed)")
            guard loss == 0 else { continue }
            #expect(outcome.hops.count == 6 && outcome.summary.verdicts.isEmpty)
            let flags: TCPFlags = listens ? [.syn, .ack] : [.rst, .ack]
            #expect(outcome.hops[5].answers.map(\.kind) == Array(repeating: .tcp(flags), count: 3))
            #expect(outcome.hops[5].answers.allSatisfy { $0.roundTrip.wholeMilliseconds == 24 && $0.annotation == nil })
        }
    }

    @Test("several targets: one after the other in the output, in parallel on the network")
    func severalTargets() {
        let targets: [IPAddress] = [.v4(Echo.there), .v4(IPv4Address(192, 0, 2, 3)), .v4(IPv4Address(192, 0, 2, 4))]
        let configurations = targets.map { target in
            var configuration = TracerouteConfiguration.simulated(.icmp)
            configuration.destination = target
            return configuration
        }
        var engine = TracerouteEngine(configurations)
        var network = SimulatedNetwork(seed: 1)
        network.path = SimulatedPath(routers: Array(repeating: .answers, count: 4))
        var recorder = Recorder<TracerouteEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let reached = engine.isReached
        #expect(reached)
        var order: [String] = []
        for event in recorder.events {
            switch event {
            case .answered: break
            case .began(let target): order.append("began \(target)")
            case .hop(let hop): order.append("\(hop.timeToLive) \(hop.answers.first.map { "\($0.source)" } ?? "*")")
            case .ended(let target, let summary):
                order.append("ended \(target) \(summary.hops)")
                // 4 ms per hop: the three run in parallel.
                #expect(summary.elapsed < .milliseconds(30))
            }
        }
        let expected = (0..<3).flatMap { index in
            ["began \(index)"] + (1...4).map { "\($0) \(SimulatedPath.address($0))" }
                + ["5 \(targets[index])", "ended \(index) 5"]
        }
        #expect(order == expected)
    }

    @Test("many targets after the same routers are probed no faster than Linux replies: 50, then 1,000 per second")
    func pace() {
        let configurations = (0..<60).map { index in
            var configuration = TracerouteConfiguration.simulated(.icmp)
            configuration.destination = .v4(IPv4Address(192, 0, 2, UInt8(2 + index)))
            configuration.maximumHops = 4
            return configuration
        }
        var engine = TracerouteEngine(configurations)
        var network = SimulatedNetwork(seed: 1)
        network.path = SimulatedPath(routers: Array(repeating: .limits(burst: 50, perSecond: 1_000), count: 3))
        var recorder = Recorder<TracerouteEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let unresponsive = recorder.events.reduce(0) { count, event in
            guard case .hop(let hop) = event else { return count }
            return count + hop.probes.count { $0 == .timeout }
        }
        let reached = engine.isReached
        #expect(reached && unresponsive == 0, "\(unresponsive) unresponsive")
        // 180 probes of each hop.
        #expect(engine.summary(of: 59).elapsed < .milliseconds(260))
    }

    @Test("an unresponsive router takes the minimum time, and is reported")
    func silentRouter() {
        var routers = Array(repeating: SimulatedPath.Router.answers, count: 11)
        routers[4] = .unresponsive
        let outcome = trace(SimulatedPath(routers: routers))
        #expect(outcome.hops[4].isUnresponsive && outcome.summary.isReached)
        #expect(outcome.summary.verdicts == [.silentHop(timeToLive: 5)])
        // 1.25 times the longest round trip, 48 ms.
        #expect(outcome.summary.elapsed < .milliseconds(80), "\(outcome.summary.elapsed.wholeMilliseconds)")
        // As in traceroute: ten round trips of the next hop, 240 ms.
        let patient = trace(SimulatedPath(routers: routers)) { $0.hastens = false }
        #expect(patient.summary.elapsed > .milliseconds(240) && patient.summary.elapsed < .milliseconds(260))
    }

    @Test("a target without replies terminates")
    func deadTarget() {
        let outcome = trace(SimulatedPath(routers: Array(repeating: .answers, count: 12), targetAnswers: false))
        #expect(!outcome.summary.isReached && outcome.sources.compactMap { $0 }.count == 12)
        #expect(
            outcome.hops.count == 20 && outcome.summary.elapsed < .milliseconds(1_700),
            "\(outcome.summary.elapsed.wholeMilliseconds)")
        #expect(outcome.summary.verdicts == [.unreachable(last: 12)])
    }

    @Test("a target with an exhausted error limit is found at its hop by a retry", arguments: [0, 1, 2, 4])
    func limitedTarget(burst: Int) {
        // The probes sent ahead use it up: a second trace, or probes that overtook.
        // Without a reply of the target the number of unresponsive routers before it is unknown.
        for unresponsive in burst > 0 ? [[], [5, 6]] : [[]] {
            var path = SimulatedPath(routers: Array(repeating: .answers, count: 6))
            for hop in unresponsive { path.routers[hop - 1] = .unresponsive }
            path.targetBurst = burst
            let outcome = trace(path)
            #expect(outcome.summary.isReached && outcome.hops.count == 7, "burst \(burst): \(outcome.sources)")
            #expect(outcome.sources.last == .v4(Echo.there))
            #expect(outcome.summary.verdicts == unresponsive.map { .silentHop(timeToLive: $0) })
        }
    }

    @Test(
        "routers that reject are the end, with their annotation",
        arguments: [
            (ICMPv4UnreachableCode.host, "!H"), (.network, "!N"), (.communicationProhibited, "!X"), (.protocol, "!P"),
        ])
    func refusals(code: ICMPv4UnreachableCode, mark: String) {
        let outcome = trace(SimulatedPath(routers: [.answers, .answers, .refuses(code), .answers]))
        // The third router replies for its own hop, and rejects packets to forward.
        #expect(outcome.hops.count == 4 && !outcome.summary.isReached)
        #expect(outcome.hops[3].probes.allSatisfy { $0.answer?.annotation == mark })
        #expect(outcome.summary.verdicts == [.unreachable(last: 4)])
    }

    @Test(
        "quotes of 8 bytes after the header, altered, are recognized; shorter ones are rejected",
        arguments: [28, 27, 20, 60])
    func quotes(length: Int) {
        let outcome = trace(SimulatedPath(routers: [.answers, .quotes(length), .answers]))
        #expect(outcome.hops[1].isUnresponsive == (length < 28) && outcome.summary.isReached)
    }

    @Test("MPLS label stacks (RFC 4950)")
    func labels() {
        let stack = [
            MPLSLabel(label: 16_001, trafficClass: 3, isBottomOfStack: false, timeToLive: 1),
            MPLSLabel(label: 3, trafficClass: 0, isBottomOfStack: true, timeToLive: 1),
        ]
        let outcome = trace(SimulatedPath(routers: [.labels(stack), .answers]))
        #expect(outcome.hops[0].probes.allSatisfy { $0.answer?.labels == stack })
    }

    @Test("interface information of routers (RFC 5837)")
    func interfaces() {
        let information = ICMPInterfaceInformation(
            role: .incoming, index: 7, address: .v4(IPv4Address(198, 51, 100, 1)), name: Array("eth0".utf8), mtu: 1_500)
        let outcome = trace(SimulatedPath(routers: [.describes(information), .answers]))
        #expect(outcome.hops[0].probes.allSatisfy { $0.answer?.interfaces == [information] })
    }

    @Test("with an interval between probes none is sent early")
    func sendInterval() {
        let outcome = trace(SimulatedPath(routers: [.answers, .answers])) { $0.sendInterval = .milliseconds(7) }
        let gaps = zip(outcome.times.dropFirst(), outcome.times).map { $0 - $1 }
        #expect(outcome.summary.isReached && gaps.count >= 8)
        #expect(gaps.allSatisfy { $0 >= .milliseconds(7) && $0 < .milliseconds(8) }, "\(gaps)")
        // One by one, the trace ends with the target: no probe is sent beyond it.
        #expect(outcome.sent.count <= 11)
    }

    // MARK: Verdicts

    @Test(
        "a path without findings: reached, and no verdict; one router at two hops is not a loop",
        arguments: [
            [SimulatedPath.Router.answers, .answers, .answers, .answers],
            [.answers, .answers, .answersAs(2), .answers],
        ])
    func noVerdict(routers: [SimulatedPath.Router]) {
        let outcome = trace(SimulatedPath(routers: routers))
        #expect(outcome.summary.isReached && outcome.summary.verdicts.isEmpty, "\(outcome.summary.verdicts)")
    }

    @Test("a loop is reported with its length", arguments: [2, 3])
    func loop(length: Int) {
        let routers = (0..<20).map { $0 < 3 ? SimulatedPath.Router.answers : .answersAs(3 + $0 % length) }
        let outcome = trace(SimulatedPath(routers: routers, targetAnswers: false))
        #expect(
            outcome.summary.verdicts.first.map {
                if case .loop(let hop, length) = $0 { hop == 3 || hop == 4 } else { false }
            } == true, "\(outcome.summary.verdicts)")
    }

    @Test(
        "a NAT is detected at the next hop, and the path continues: address only, port too, source restored in quotes",
        arguments: [
            (TracerouteMethod.udp, false, false), (.udp, true, false), (.udp, true, true), (.icmp, false, false),
        ])
    func translated(method: TracerouteMethod, port: Bool, mends: Bool) {
        let router = SimulatedPath.Router.translates(IPv4Address(203, 0, 113, 77), port: port, mends: mends)
        let outcome = trace(SimulatedPath(routers: [.answers, router, .answers, .answers]), method: method)
        #expect(outcome.hops.prefix(4).allSatisfy { !$0.isUnresponsive } && outcome.summary.isReached)
        #expect(outcome.summary.verdicts == [.nat(timeToLive: 3)], "\(outcome.summary.verdicts)")
    }

    @Test("an IPv6 NAT is reversed too: source and checksum of the quote", arguments: [true, false])
    func translatedIPv6(changesChecksum: Bool) throws {
        guard case .v6(let here) = Echo.here6 else { return }
        let router = IPAddress("2001:db8:f::1") ?? .v6(.loopback)
        var configuration = TracerouteConfiguration(
            source: Echo.here6, destination: Echo.there6, sourcePort: 40_000, identifier: 77, firstMark: 1_000,
            sequenceSecret: 0x5A5A)
        configuration.maximumHops = 1
        configuration.queries = 1
        configuration.packetLength = 80
        var engine = TracerouteEngine([configuration])
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        var quote = batch.bytes(of: batch.entries[0])
        // Without the change of the checksum the probe cannot be identified.
        let translated = IPv6Address(high: here.high ^ 0x1234, low: here.low ^ 0x77)
        for index in 0..<8 {
            quote[8 + index] = UInt8(truncatingIfNeeded: translated.high >> UInt64(56 - 8 * index))
            quote[16 + index] = UInt8(truncatingIfNeeded: translated.low >> UInt64(56 - 8 * index))
        }
        if changesChecksum {
            var sum = InternetChecksum()
            _ = sum.addPseudoHeader(
                source: .v6(translated), destination: Echo.there6, protocol: .udp, length: quote.count - 40)
            quote[46] = 0
            quote[47] = 0
            sum.add(quote.rawBytes.dropping(40))
            quote[46] = UInt8(sum.value >> 8)
            quote[47] = UInt8(sum.value & 0xFF)
        }
        guard case .v6(let sender) = router else { return }
        let message = ICMPv6Message(
            .timeExceeded(code: 0, ICMPErrorBody(data: quote)), source: sender, destination: here
        ).encoded()
        engine.receive(
            ReceivedPacket(
                bytes: message.rawBytes, form: .message, arrival: Instant(nanoseconds: 1_000_000), source: router,
                destination: Echo.here6, hopLimit: 64))
        batch.removeAll()
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 2_000_000))
        let summary = engine.summary(of: 0)
        #expect(summary.received == (changesChecksum ? 1 : 0))
        #expect(summary.verdicts.contains(.nat(timeToLive: 1)) == changesChecksum, "\(summary.verdicts)")
    }

    @Test("hops with replies of several routers are between those that balance load")
    func balanced() {
        let path = SimulatedPath(routers: [.answers, .spreads, .spreads, .answers, .answers])
        #expect(trace(path).summary.verdicts.isEmpty, "one flow takes one path")
        #expect(trace(path) { $0.isOneFlow = false }.summary.verdicts == [.balanced(first: 2, last: 3)])
    }

    @Test(
        "a hop whose probes could not be sent is not reported as unresponsive, and a stopped trace knows its last reply"
    )
    func unsentAndStopped() {
        let hop = TraceHop(timeToLive: 1, probes: [.failed(.noBuffers), .failed(.noBuffers)])
        #expect(TraceVerdict.judge([hop], lastAnswered: 2, isReached: true).isEmpty)
        var unresponsive = hop
        unresponsive.probes[1] = .timeout
        #expect(
            TraceVerdict.judge([unresponsive], lastAnswered: 7, isReached: false)
                == [.silentHop(timeToLive: 1), .unreachable(last: 7)])
    }

    @Test("a longer path back is reported from the hop on at which it begins and stays")
    func asymmetric() {
        let path = SimulatedPath(
            routers: [.answers, .returns(57), .returns(62), .returns(56), .returns(250)], targetAnswers: false)
        let outcome = trace(path)
        // Hop 2 came back over 8 hops but hop 3 over 3; hop 4 over 9, hop 5 over 6.
        #expect(
            outcome.summary.verdicts == [.asymmetric(timeToLive: 4, back: 9), .unreachable(last: 5)],
            "\(outcome.summary.verdicts)")
    }

    @Test("with loss every probe ends as a reply or a timeout, in order", arguments: 0..<60)
    func loss(seed: UInt64) {
        let outcome = trace(SimulatedPath(routers: Array(repeating: .answers, count: 8)), seed: seed, loss: 0.3)
        #expect(outcome.hops.map(\.timeToLive) == Array(1..<1 + outcome.hops.count), "seed \(seed)")
        #expect(outcome.hops.allSatisfy { $0.probes.count == 3 }, "seed \(seed)")
        for (index, source) in outcome.sources.enumerated() where index < 8 {
            #expect(source == nil || source == .v4(SimulatedPath.address(index + 1)), "seed \(seed)")
        }
    }

    @Test("replies that are queued while the process is suspended are not timed out")
    func lateTurn() throws {
        var configuration = TracerouteConfiguration.simulated()
        configuration.longestWait = .milliseconds(5)
        configuration.tailWait = .milliseconds(5)
        configuration.queries = 1
        var engine = TracerouteEngine([configuration])
        var batch = PacketBatch(capacity: 16, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        let probe = batch.bytes(of: batch.entries[0])
        batch.removeAll()
        // A second later, and only then the socket is read.
        let late = Instant(nanoseconds: 1_000_000_000)
        #expect(engine.transmit(into: &batch, at: late) != .finished)
        var path = SimulatedPath(routers: [.answers, .answers])
        let reply = path.answer(to: probe)
        let answer = try #require(reply)
        engine.receive(
            ReceivedPacket(
                bytes: answer.bytes.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000_000),
                source: answer.source,
                destination: nil, hopLimit: 64))
        _ = engine.transmit(into: &batch, at: late)
        var hops: [TraceHop] = []
        engine.drain { if case .hop(let hop) = $0 { hops.append(hop) } }
        #expect(hops.first?.probes.first?.answer?.source == .v4(SimulatedPath.address(1)))
        #expect(hops.first?.probes.first?.answer?.roundTrip == .milliseconds(1))
    }

    // MARK: Packets that exceed the first link's MTU

    @Test(
        "probes that exceed the first link's MTU are sent as fragments, and every hop replies",
        arguments: [1_600, 4_321, 65_000])
    func fragments(length: Int) {
        let outcome = trace(SimulatedPath(routers: [.answers, .answers])) {
            $0.packetLength = length
            $0.unfragmentedLength = 1_500
            $0.maximumHops = 3
        }
        #expect(outcome.sources == [1, 2].map { .v4(SimulatedPath.address($0)) } + [.v4(Echo.there)])
        #expect(outcome.summary.sent == outcome.summary.received && outcome.summary.isReached)
        let pieces = (length - 20 + 1_479) / 1_480
        #expect(outcome.sent.count == outcome.summary.sent * pieces)
        #expect(outcome.sent.allSatisfy { $0.count <= 1_500 })
        // The fragments of the first probe form one datagram with a correct checksum.
        let first = outcome.sent.prefix(pieces).map { $0.dropFirst(20) }
        let header = IPv4Header(
            source: Echo.here, destination: Echo.there, protocol: .udp, payloadLength: length - 20)
        let whole = header.encoded() + first.joined()
        #expect(whole.count == length)
        #expect(PacketLayers(whole.rawBytes, linkType: .rawIP).verifyChecksums(whole.rawBytes).transport == .correct)
    }

    @Test("probes that must not be fragmented and exceed the first link's MTU: reported once, nothing is sent")
    func refusedByFirstLink() {
        for findsPathMTU in [false, true] {
            let outcome = trace(SimulatedPath(routers: [.answers, .answers])) {
                $0.packetLength = 1_600
                $0.unfragmentedLength = 1_500
                $0.dontFragment = true
                $0.findsPathMTU = findsPathMTU
            }
            #expect(outcome.sent.isEmpty && outcome.summary.elapsed == .zero)
            #expect(outcome.hops == [TraceHop(timeToLive: 1, probes: [.failed(.messageTooLong(mtu: 1_500))])])
            #expect(outcome.summary.verdicts == [.packetTooLong(length: 1_600, mtu: 1_500)])
        }
    }

    @Test("the same, if only the kernel knows the MTU")
    func refusedByKernel() {
        var configuration = TracerouteConfiguration.simulated()
        configuration.packetLength = 1_600
        configuration.unfragmentedLength = 1_500
        configuration.dontFragment = false
        var engine = TracerouteEngine([configuration])
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        #expect(batch.count == 2)
        // A later fragment's failure is the probe's.
        engine.transmitted(batch.entries[0].token, at: Instant(nanoseconds: 0), isExact: true)
        engine.transmissionFailed(batch.entries[1].token, .messageTooLong(mtu: 0), at: Instant(nanoseconds: 0))
        batch.removeAll()
        #expect(engine.transmit(into: &batch, at: Instant(nanoseconds: 1)) == .finished)
        var hops: [TraceHop] = []
        engine.drain { if case .hop(let hop) = $0 { hops.append(hop) } }
        #expect(hops == [TraceHop(timeToLive: 1, probes: [.failed(.messageTooLong(mtu: 1_500))])])
    }
}
