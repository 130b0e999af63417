import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Unverified packets that a scan may receive.
@Suite("a scan and spoofed packets")
struct SYNScanSpoofingTests {
    /// Sends the first probes of a scan and returns them.
    private func probes(_ engine: inout SYNScanEngine, at now: Instant) -> [SimulatedProbe] {
        var batch = PacketBatch(capacity: 64, slotLength: engine.maximumPacketLength)
        // A paced scan needs several calls.
        for step in 0..<64 { _ = engine.transmit(into: &batch, at: now + .microseconds(Int64(step))) }
        engine.transmitted(batch, 0..<batch.count, from: now, span: .microseconds(10))
        return batch.entries.compactMap {
            let bytes = batch.bytes(of: $0)
            return SimulatedProbe($0.isFrame ? bytes : SimulatedProbe.frame(of: bytes))
        }
    }

    @Test(
        "replies with bytes changed, cut and added at random: nothing traps, and no port is found",
        arguments: ["198.18.0.0/26", "2001:db8::2"], SYNScanEngineTests.Wire.allCases)
    func hostileBytes(target: String, wire: SYNScanEngineTests.Wire) throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededGenerator(seed: seed)
        let ports: [UInt16] = target.contains(":") ? Array(1...64) : [80]
        var engine = SYNScanEngine(try SYNScanEngineTests.configuration(target, ports: ports, over: wire, seed: seed))
        let now = Instant(nanoseconds: 1_000_000_000)
        let probes = probes(&engine, at: now)
        try #require(probes.count == 64)
        var found: [ScanFinding] = []
        for _ in 0..<20_000 {
            let probe = probes[Int.random(in: 0..<probes.count, using: &random)]
            var frame: [UInt8]
            switch Int.random(in: 0..<3, using: &random) {
            case 0: frame = probe.answer([.syn, .ack])
            case 1: frame = probe.answer([.rst, .ack], data: [1, 2, 3])
            default:
                frame = target.contains(":") ? probe.frame : probe.error(code: 13, from: IPv4Address(192, 0, 2, 254))
            }
            if wire == .tunnel { frame.removeFirst(14) }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: frame.removeLast(Int.random(in: 0..<frame.count, using: &random))
                case 1:
                    frame += (0..<Int.random(in: 1...40, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                default:
                    if let offset = frame.indices.randomElement(using: &random) {
                        frame[offset] ^= UInt8.random(in: 1...255, using: &random)
                    }
                }
                if frame.isEmpty { break }
            }
            engine.receive(
                ReceivedPacket(
                    bytes: frame.rawBytes, form: wire == .ethernet ? .frame : .datagram, arrival: now,
                    source: .v4(.unspecified), hasPendingChecksum: Bool.random(using: &random)))
            engine.drain { if case .finding(let finding) = $0 { found.append(finding) } }
        }
        let targets = Set(probes.map { "\($0.destination) \($0.segment.destinationPort)" })
        #expect(found.allSatisfy { targets.contains("\($0.address) \($0.port)") }, "seed \(seed)")
        #expect(Set(found.map { "\($0.address) \($0.port)" }).count == found.count, "seed \(seed)")
    }

    @Test("ICMPv6 errors: every code reports the port as filtered, a quote with another number does not")
    func icmpv6() throws {
        var engine = SYNScanEngine(try SYNScanEngineTests.configuration("2001:db8::2", ports: Array(1...8), seed: 1))
        let now = Instant(nanoseconds: 1_000_000_000)
        let router = try #require(IPv6Address("2001:db8::fe"))
        var found: [UInt16: ScanFinding] = [:]
        for probe in probes(&engine, at: now) {
            guard case .v6(let scanner) = probe.source else { continue }
            let code = UInt8(probe.segment.destinationPort - 1)
            var quote = Array(probe.frame[14...])
            if code == 7 { quote[40 + 5] ^= 1 }
            let message = ICMPv6Message(
                .unknown(type: ICMPv6Type(rawValue: 1), code: min(code, 6), restOfHeader: 0, data: quote),
                source: router,
                destination: scanner)
            engine.receive(
                ReceivedPacket(frame: probe.frame(message.encoded(), .icmpv6, from: .v6(router)).rawBytes, arrival: now)
            )
            engine.drain { if case .finding(let finding) = $0 { found[finding.port] = finding } }
        }
        #expect(found.count == 7 && found[8] == nil)
        for (port, finding) in found {
            #expect(
                finding.reason == .icmp(type: 1, code: UInt8(port - 1), from: .v6(router)) && finding.state == .filtered
            )
        }
    }

    @Test("a position is written and read again; invalid text is refused")
    func record() throws {
        let targets = try SYNScanEngineTests.configuration("198.18.0.0/24", ports: [80], seed: 1).targets
        let record = ScanRecord(
            command: "tcp-syn-scan", seed: 5, fingerprint: .max, targets: targets, ports: [22, 80, 81, 82],
            position: ScanPosition(done: 1 << 40, answered: [0, .max, 1]))
        #expect(ScanRecord(record.text, command: "tcp-syn-scan") == record)
        let lines = record.text.split(separator: "\n")
        #expect(lines[4...5] == ["198.18.0.0-198.18.0.255", "22,80-82"])
        var many = record
        many.targets = AddressSet()
        try many.targets.insert([
            try #require(range("192.0.2.1", "192.0.2.1")), try #require(range("192.0.2.7", "192.0.2.9")),
            try #require(range("2001:db8::1", "2001:db8::ff")),
        ])
        many.position = ScanPosition()
        #expect(ScanRecord(many.text, command: "tcp-syn-scan") == many)
        for text in [
            "", "x", record.text + "zz\n", String(record.text.dropLast()),
            record.text.replacing("\n5\n", with: "\n-5\n"),
            record.text.replacing("198.18.0.0-198.18.0.255", with: ""),
            record.text.replacing("198.18.0.0-198.18.0.255", with: "198.18.0.255-198.18.0.0"),
            record.text.replacing("198.18.0.0-198.18.0.255", with: "::-ffff::"),
            record.text.replacing("22,80-82", with: "22,65536"),
        ] {
            #expect(ScanRecord(text, command: "tcp-syn-scan") == nil, "\(text)")
        }
    }

    @Test("a scan of other targets, ports or shards has another fingerprint")
    func fingerprints() throws {
        func fingerprint(_ network: String, _ port: UInt16, _ shard: ScanShard = .whole) throws -> UInt64 {
            let targets = try SYNScanEngineTests.configuration(network, ports: [port], seed: 1).targets
            return ScanRecord.fingerprint(targets: targets, ports: [port], shard: shard)
        }
        let one = try fingerprint("198.18.0.0/24", 80)
        let others = [
            try fingerprint("198.18.0.0/25", 80), try fingerprint("198.18.0.0/24", 81),
            try fingerprint("198.18.0.0/24", 80, ScanShard(number: 1, count: 2)),
        ]
        #expect(!others.contains(one))
        #expect(try fingerprint("198.18.0.0/24", 80) == one)
    }

    @Test("a resumed scan skips targets and ports that were excluded since, and finds the rest of its order")
    func laterExclusions() throws {
        var whole = try SYNScanEngineTests.configuration("198.18.0.0/30", ports: Array(1...12), seed: 7)
        let now = Instant(nanoseconds: 1_000_000_000)
        var engine = SYNScanEngine(whole)
        let first = Array(probes(&engine, at: now).map { Probe($0) })
        var skipped = AddressSet()
        try skipped.insert([try #require(range("198.18.0.1", "198.18.0.2"))])
        whole.skippedTargets = skipped
        whole.skippedPorts = [3, 12]
        var other = SYNScanEngine(whole)
        let second = Array(probes(&other, at: now).map { Probe($0) })
        #expect(other.summary.hosts == 2 && other.summary.ports == 10)
        #expect(second == first.filter { !skipped.contains($0.target) && ![3, 12].contains($0.port) })
        #expect(first.count == 48 && second.count == 20)
    }

    private func range(_ first: String, _ last: String) -> (first: IPAddress, last: IPAddress)? {
        guard let first = IPAddress(first), let last = IPAddress(last) else { return nil }
        return (first, last)
    }

    /// What a probe asks.
    private struct Probe: Equatable {
        var target: IPAddress
        var port: UInt16

        init(_ probe: SimulatedProbe) {
            target = probe.destination
            port = probe.segment.destinationPort
        }
    }
}
