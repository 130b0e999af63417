import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Deliberate fragmentation of probes.
@Suite("ping --fragment")
struct PingFragmentPlanTests {
    /// The packets of one probe, in send order.
    private func packets(_ plan: PingFragmentPlan, size: Int, family: IPAddress.Family, seed: UInt64) -> [[UInt8]] {
        var header = PingProbeHeader()
        header.fragments = plan
        let source: IPAddress =
            family == .v4 ? .v4(IPv4Address(192, 0, 2, 1)) : .v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 1))
        let destination: IPAddress =
            family == .v4 ? .v4(IPv4Address(192, 0, 2, 2)) : .v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 2))
        let format = PingProbeFormat(
            level: .datagram, source: source, identifier: 7, header: header,
            data: (0..<size).map { UInt8(truncatingIfNeeded: $0) }, key: SipHash(key0: seed, key1: 1))
        var configuration = PingConfiguration(destination: destination, format: format)
        configuration.count = 1
        var engine = PingEngine(configuration)
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 1))
        return batch.entries.map { batch.bytes(of: $0) }
    }

    private func add(_ packet: [UInt8], _ family: IPAddress.Family, to reassembly: inout Reassembly)
        -> Reassembly.Outcome
    {
        family == .v4 ? reassembly.add(ipv4: packet.rawBytes, now: 0) : reassembly.add(ipv6: packet.rawBytes, now: 0)
    }

    @Test("in order and reversed: the right number of fragments, complete after reassembly", arguments: UInt64(0)..<100)
    func whole(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let family: IPAddress.Family = Bool.random(using: &random) ? .v4 : .v6
        let order: PingFragmentPlan.Order = Bool.random(using: &random) ? .inOrder : .reversed
        let plan = try PingFragmentPlan(size: 8 * Int.random(in: 1...100, using: &random), order: order)
        let size = Int.random(in: 1...5_000, using: &random)
        let packets = packets(plan, size: size, family: family, seed: seed)
        #expect(packets.count == plan.count(size + 8), "seed \(seed)")
        guard packets.count > 1 else { return }
        var reassembly = Reassembly()
        var result: [UInt8]?
        for (index, packet) in packets.enumerated() {
            switch add(packet, family, to: &reassembly) {
            case .complete(let datagram): result = index == packets.count - 1 ? datagram : nil
            case .waiting: break
            case let other: Issue.record("seed \(seed): \(other)")
            }
        }
        let datagram = try #require(result, "seed \(seed)")
        let headerLength = family == .v4 ? 20 : 40
        #expect(datagram.count == headerLength + 8 + size, "seed \(seed)")
        #expect(
            Array(datagram.dropFirst(headerLength + 16)) == (8..<max(size, 8)).map { UInt8(truncatingIfNeeded: $0) },
            "seed \(seed)")
    }

    @Test(
        "sizes that cannot be: no multiple of 8, too short, more than the offset field counts",
        arguments: [
            (63, .inOrder, 8), (0, .reversed, 8), (-8, .inOrder, 8), (16, .overlapping, 24), (65_536, .inOrder, 8),
        ]
            as [(Int, PingFragmentPlan.Order, Int)])
    func sizes(size: Int, order: PingFragmentPlan.Order, least: Int) {
        let error = #expect(throws: PingFragmentPlan.InvalidSize.self) {
            try PingFragmentPlan(size: size, order: order)
        }
        #expect(error?.description == "invalid fragment size \(size) (expected a multiple of 8, \(least) or more)")
    }

    @Test(
        "overlapping: keeping the first or the last copy gives different messages, both with a correct checksum"
    )
    func overlapping() throws {
        let plan = try PingFragmentPlan(size: 64, order: .overlapping)
        let packets = packets(plan, size: 400, family: .v4, seed: 1)
        var reassembly = Reassembly()
        #expect(packets.map { add($0, .v4, to: &reassembly) }.contains(.dropped(.overlap)))
        var messages: [[UInt8]] = []
        for believesLast in [false, true] {
            var message = [UInt8?](repeating: nil, count: 408)
            for packet in packets {
                let view = try IPv4View(packet.rawBytes)
                for index in 0..<view.payload.byteCount {
                    let offset = Int(view.fragmentOffset) * 8 + index
                    if believesLast || message[offset] == nil { message[offset] = view.payload.byte(at: index) }
                }
            }
            let bytes = message.compactMap { $0 }
            #expect(bytes.count == 408 && InternetChecksum.of(bytes.rawBytes) == 0)
            messages.append(bytes)
        }
        #expect(messages[0] != messages[1])
        #expect(zip(messages[0], messages[1]).filter { $0 != $1 }.count <= 6 * 8)
    }

    @Test("a router's error about a fragment counts even if this host rejected the rest of the probe")
    func refusedAfterTheFirst() throws {
        let (here, there) = (IPv6Address(high: 0x2001_0DB8 << 32, low: 1), IPv6Address(high: 0x2001_0DB8 << 32, low: 2))
        let router = IPv6Address(high: 0x2001_0DB8 << 32, low: 9)
        let format = PingProbeFormat(
            level: .datagram, source: .v6(here), identifier: 7, header: PingProbeHeader(),
            data: [UInt8](repeating: 5, count: 3_000), key: SipHash(key0: 1, key1: 1))
        var configuration = PingConfiguration(destination: .v6(there), format: format)
        configuration.count = 2
        configuration.interval = .milliseconds(100)
        var engine = PingEngine(configuration)
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        let start = Instant(nanoseconds: 1)
        _ = engine.transmit(into: &batch, at: start)
        let first = batch.bytes(of: try #require(batch.entries.first))
        #expect(first.count > 1_400)
        engine.transmitted(1, at: start, isExact: true)
        engine.transmissionFailed(1, .messageTooLong(mtu: 0), at: start)
        let error = ICMPv6Message(
            .packetTooBig(code: 0, ICMPErrorBody(restOfHeader: 1_400, data: Array(first.prefix(1_232)))),
            source: router,
            destination: here
        ).encoded()
        engine.receive(
            ReceivedPacket(
                bytes: error.rawBytes, form: .message, arrival: start, source: .v6(router), destination: .v6(here),
                hopLimit: 64))
        batch.removeAll()
        _ = engine.transmit(into: &batch, at: start + .milliseconds(100))
        #expect(batch.entries.count == 3)
        #expect(batch.entries.allSatisfy { batch.bytes(of: $0).count <= 1_400 })
    }
}
