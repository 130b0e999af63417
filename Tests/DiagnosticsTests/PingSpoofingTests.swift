import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Packets that a ping must reject.
@Suite("PingEngine and hostile packets")
struct PingSpoofingTests {
    /// An engine with one probe in flight.
    private func engineWithProbe(
        destination: IPAddress = .v4(Echo.there), _ configure: (inout PingConfiguration) -> Void = { _ in }
    ) -> PingEngine {
        var configuration = PingScenario(destination: destination).configuration
        configuration.reportsIgnored = true
        configure(&configuration)
        var engine = PingEngine(configuration)
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 1_000))
        engine.transmitted(batch.entries[0].token, at: Instant(nanoseconds: 1_000))
        return engine
    }

    /// The bytes of that probe: the same for every engine, because the seed is the same.
    private func probe(to destination: IPAddress = .v4(Echo.there)) -> [UInt8] {
        var engine = PingEngine(PingScenario(destination: destination).configuration)
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 1_000))
        return batch.bytes(of: batch.entries[0])
    }

    private func receive(
        _ bytes: [UInt8], _ engine: inout PingEngine, from source: IPAddress = .v4(Echo.there),
        form: ReceivedPacket.Form? = nil
    ) {
        engine.receive(
            ReceivedPacket(
                bytes: bytes.rawBytes, form: form ?? (source.family == .v4 ? .datagram : .message),
                arrival: Instant(nanoseconds: 51_000), source: source,
                destination: source.family == .v6 ? Echo.here6 : nil))
    }

    private func events(_ engine: inout PingEngine) -> [PingEvent] {
        var events: [PingEvent] = []
        engine.drain { events.append($0) }
        return events
    }

    /// A reply with one changed byte and corrected checksums.
    private func altered(_ reply: [UInt8], at index: Int, to value: UInt8) -> [UInt8] {
        var bytes = reply
        bytes[index] = value
        bytes[22] = 0
        bytes[23] = 0
        let checksum = InternetChecksum.of(bytes.rawBytes.dropping(20))
        bytes[22] = UInt8(checksum >> 8)
        bytes[23] = UInt8(checksum & 0xFF)
        return bytes
    }

    @Test("a valid reply counts")
    func genuine() throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        receive(try #require(Echo.reply(to: probe, from: .v4(Echo.there))), &engine)
        #expect(engine.summary.answered == 1)
        #expect(engine.summary.roundTrips.minimum == .microseconds(50))
    }

    @Test("another identifier, sequence number or cookie does not count")
    func foreign() throws {
        for (index, name) in [(24, "identifier"), (25, "identifier"), (26, "sequence"), (27, "sequence")]
            + (28..<36).map({ ($0, "cookie") })
        {
            let probe = self.probe()
            var engine = engineWithProbe()
            let reply = try #require(Echo.reply(to: probe, from: .v4(Echo.there)))
            receive(altered(reply, at: index, to: reply[index] ^ 0x41), &engine)
            #expect(engine.summary.received == 0, "\(name), byte \(index)")
            #expect(engine.summary.duplicates == 0 && engine.summary.corrupted == 0)
        }
    }

    @Test("another source is reported and does not count, unless many hosts may reply")
    func otherSource() throws {
        let other = IPAddress.v4(IPv4Address(192, 0, 2, 99))
        let probe = self.probe()
        var engine = engineWithProbe()
        let reply = try #require(Echo.reply(to: probe, from: other))
        receive(reply, &engine, from: other)
        #expect(engine.summary.received == 0)
        guard case .reply(let named)? = events(&engine).first else {
            Issue.record("the reply is not named")
            return
        }
        #expect(named.flags == .otherSource && named.source == other)

        let secondProbe = self.probe()
        var open = engineWithProbe { $0.acceptsAnySource = true }
        receive(try #require(Echo.reply(to: secondProbe, from: other)), &open, from: other)
        #expect(open.summary.received == 1)
    }

    @Test("a wrong checksum is counted only as such")
    func corrupted() throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        var reply = try #require(Echo.reply(to: probe, from: .v4(Echo.there)))
        reply[60] ^= 1
        receive(reply, &engine)
        #expect(engine.summary.received == 0 && engine.summary.corrupted == 1)
    }

    @Test("changed data is reported with its offset")
    func wrongData() throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        let reply = try #require(Echo.reply(to: probe, from: .v4(Echo.there)))
        receive(altered(reply, at: 28 + 40, to: 0xEE), &engine)
        guard case .reply(let answer)? = events(&engine).first, let wrong = answer.details?.wrongData else {
            Issue.record("no wrong data")
            return
        }
        #expect(wrong.offset == 40 && wrong.expected == 40 && wrong.actual == 0xEE && wrong.bytes.count == 56)
        #expect(engine.summary.received == 1)
    }

    @Test("a reply cut at any length is ignored or marked, never trusted")
    func truncated() throws {
        let whole = try #require(Echo.reply(to: probe(), from: .v4(Echo.there)))
        for length in 0..<whole.count {
            // Cut on the path, with unchanged header and checksum.
            var engine = engineWithProbe()
            receive(Array(whole.prefix(length)), &engine)
            #expect(engine.summary.received == 0 || length >= 36, "\(length) bytes")
            // Cut by the replying host, with corrected header and checksum.
            guard length >= 28 else { continue }
            var mended = Array(whole.prefix(length))
            let header = IPv4Header(
                source: Echo.there, destination: Echo.here, protocol: .icmp, payloadLength: length - 20)
            mended.replaceSubrange(0..<20, with: header.encoded())
            var second = engineWithProbe()
            receive(altered(mended, at: 20, to: 0), &second)
            #expect(second.summary.received == (length >= 36 ? 1 : 0), "\(length) bytes, mended")
            if length >= 36, case .reply(let answer)? = events(&second).first {
                #expect(answer.flags.contains(.truncated) == (length < whole.count))
            }
        }
    }

    @Test("wrong lengths are harmless", arguments: [0, 1, 19, 20, 27, 28, 83, 84, 85, 1_500, 65_535])
    func lyingLength(total: Int) throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        var reply = try #require(Echo.reply(to: probe, from: .v4(Echo.there)))
        reply[2] = UInt8(total >> 8)
        reply[3] = UInt8(total & 0xFF)
        receive(reply, &engine)
        for length in 0...15 {
            var lying = reply
            lying[0] = 0x40 | UInt8(length)
            receive(lying, &engine)
        }
        #expect(engine.summary.received <= 1)
    }

    @Test("errors count only if they quote a probe that was sent")
    func errors() {
        func error(
            _ type: ICMPv4Type, _ code: UInt8, quoting probe: [UInt8],
            from router: IPv4Address = IPv4Address(192, 0, 2, 254)
        ) -> [UInt8] {
            let message = ICMPv4Message(.unknown(type: type, code: code, restOfHeader: 1_400, data: probe))
            return Echo.datagram(message.encoded(), from: router, to: Echo.here)
        }
        let router = IPAddress.v4(IPv4Address(192, 0, 2, 254))
        for length in [28, 36, 84] {
            let probe = self.probe()
            var engine = engineWithProbe()
            // Routers change type of service, time to live and checksum of the packets they quote.
            var quote = Array(probe.prefix(length))
            quote[1] = 0xFF
            quote[8] = 1
            quote[10] = 0
            receive(error(.timeExceeded, 0, quoting: quote), &engine, from: router)
            #expect(engine.summary.errors == 1 && engine.summary.failed == 1, "\(length) quoted bytes")
            receive(error(.timeExceeded, 0, quoting: quote), &engine, from: router)
            #expect(engine.summary.failed == 1)
        }
        let changes: [(String, Int, UInt8)] = [
            ("destination", 19, 77), ("protocol", 9, 17), ("type", 20, 0), ("identifier", 24, 0), ("sequence", 27, 9),
            ("cookie", 28, 0xFF),
        ]
        for (name, index, value) in changes {
            var probe = self.probe()
            var engine = engineWithProbe()
            probe[index] = probe[index] == value ? value ^ 1 : value
            receive(error(.destinationUnreachable, 1, quoting: probe), &engine, from: router)
            #expect(engine.summary.errors == 0, "\(name) of another probe")
        }
    }

    @Test("a redirect does not end its probe")
    func redirect() throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        let body = ICMPErrorBody(restOfHeader: Echo.there.rawValue, data: probe)
        let message = ICMPv4Message(.redirect(code: 1, body))
        let router = IPv4Address(192, 0, 2, 254)
        receive(Echo.datagram(message.encoded(), from: router, to: Echo.here), &engine, from: .v4(router))
        guard case .icmpError(let notice)? = events(&engine).first else {
            Issue.record("the redirect is not reported")
            return
        }
        #expect(!notice.isFinal && notice.meaning == "Redirect Host(New nexthop: 192.0.2.2)")
        receive(try #require(Echo.reply(to: probe, from: .v4(Echo.there))), &engine)
        #expect(engine.summary.answered == 1)
    }

    @Test("an interpolated round trip is never shorter than an exact one")
    func sharedTimes() {
        var shared = BatchRoundTrips()
        #expect(shared.roundTrip(.microseconds(-3), isExact: false) == .zero)
        #expect(shared.roundTrip(.microseconds(9), isExact: true) == .microseconds(9))
        #expect(shared.roundTrip(.microseconds(2), isExact: false) == .microseconds(9))
        #expect(shared.roundTrip(.microseconds(20), isExact: false) == .microseconds(20))
        #expect(shared.roundTrip(.microseconds(7), isExact: true) == .microseconds(7))
        #expect(shared.roundTrip(.microseconds(2), isExact: false) == .microseconds(7))
        for (interval, preload, isExact) in [(0, 64, false), (0, 1, true), (1, 64, true)] as [(Int64, Int, Bool)] {
            let scenario = PingScenario(configure: {
                $0.interval = .seconds(interval)
                $0.preload = preload
            })
            let wantsExactTimes = PingEngine(scenario.configuration).wantsExactTimes
            #expect(wantsExactTimes == isExact, "interval \(interval), preload \(preload)")
        }
    }

    @Test("a reply stamped before its probe was sent has a round trip of 0")
    func timeTravel() throws {
        let probe = self.probe()
        var engine = engineWithProbe()
        let reply = try #require(Echo.reply(to: probe, from: .v4(Echo.there)))
        engine.receive(
            ReceivedPacket(
                bytes: reply.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 0), source: .v4(Echo.there)))
        #expect(engine.summary.roundTrips.minimum == .zero)
    }

    @Test("a later fragment that looks like a reply is ignored")
    func laterFragment() throws {
        var fragment = try #require(Echo.reply(to: probe(), from: .v4(Echo.there)))
        fragment[7] = 1
        var engine = engineWithProbe()
        receive(fragment, &engine)
        #expect(engine.summary.received == 0)
        let isMalformed = events(&engine).contains {
            if case .ignored(let packet) = $0, case .malformed = packet.reason { true } else { false }
        }
        #expect(isMalformed)
    }

    @Test("random bytes of any form and length are handled and rejected", arguments: 0..<20)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let forms: [ReceivedPacket.Form] = [
            .datagram, .message,
            .quotedMessage(.init(type: 3, code: 4, information: 0, offender: .v4(Echo.there))),
        ]
        for isV6 in [false, true] {
            let probe = self.probe(to: isV6 ? Echo.there6 : .v4(Echo.there))
            var engine = engineWithProbe(destination: isV6 ? Echo.there6 : .v4(Echo.there))
            for _ in 0..<2_000 {
                var bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                // Half of them are almost valid.
                if Bool.random(using: &random),
                    let reply = Echo.reply(to: probe, from: isV6 ? Echo.there6 : .v4(Echo.there))
                {
                    bytes = reply
                    for _ in 0..<Int.random(in: 1...4, using: &random) {
                        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                            in: 0...255, using: &random)
                    }
                    bytes.removeLast(Int.random(in: 0...min(bytes.count, 30), using: &random))
                }
                for form in forms { receive(bytes, &engine, from: isV6 ? Echo.there6 : .v4(Echo.there), form: form) }
            }
            // A change in the data after the cookie that keeps the checksum is possible, a second reply is not.
            #expect(engine.summary.received <= 1, "seed \(seed)")
        }
    }

    @Test("the path MTU of a router is accepted within bounds, and used")
    func pathMTU() {
        var scenario = PingScenario(dataLength: 1_472)
        scenario.configure = { $0.count = 3 }
        let router = IPv4Address(192, 0, 2, 254)
        scenario.prepare = {
            $0.everybody = .refuses(type: .destinationUnreachable, code: 4, restOfHeader: 1_400, from: router)
        }
        let outcome = scenario.run()
        #expect(outcome.errors.first?.mtu == 1_400)
        // The first is sent whole with DF set; the second, with the path MTU known, in two fragments.
        #expect(outcome.log[0].bytes.count == 1_500 && outcome.log[0].bytes[6] == 0x40)
        #expect(outcome.log.dropFirst().prefix(2).map(\.bytes.count) == [1_396, 124])
        #expect(outcome.log[1].bytes[6] == 0x20 && outcome.log[2].bytes[6] == 0)

        scenario.header.pathMTUDiscovery = .do
        let strict = scenario.run()
        // With fragmentation prohibited, the later ones fail on this host.
        #expect(strict.sentCount == 1 && strict.summary.failed >= 1 && strict.isBalanced)

        scenario.prepare = {
            $0.everybody = .refuses(type: .destinationUnreachable, code: 4, restOfHeader: 0, from: router)
        }
        scenario.header.pathMTUDiscovery = .want
        let absurd = scenario.run()
        // An MTU of 0 is raised to Linux's minimum.
        #expect(absurd.log.dropFirst().map(\.bytes.count).max() == 548)
        #expect(absurd.isBalanced)
    }
}
