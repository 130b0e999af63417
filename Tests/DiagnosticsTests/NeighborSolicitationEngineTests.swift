import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// IPv6 neighbors on a simulated link.
@Suite("neighbor solicitations")
struct NeighborSolicitationEngineTests {
    private static let mac = MACAddress(rawValue: 0x02_00_00_00_00_01)
    private static let stationMAC = MACAddress(rawValue: 0x02_00_00_00_00_02)
    private static let source = IPv6Address(high: 0x2001_0db8 << 32, low: 1)

    /// RFC 4861, section 4.3, by hand: Ethernet, IPv6 with hop limit 255, type 135, the target, the option.
    @Test("a solicitation's bytes")
    func bytes() {
        let target = IPv6Address(high: 0x2001_0db8 << 32, low: 0xAB_CDEF)
        let frame = NeighborSolicitationEngine.solicitation(for: target, from: Self.mac, Self.source)
        #expect(frame.count == 86)
        #expect(Array(frame[..<14]) == [0x33, 0x33, 0xFF, 0xAB, 0xCD, 0xEF, 2, 0, 0, 0, 0, 1, 0x86, 0xDD])
        #expect(frame[20] == 58 && frame[21] == 255 && frame[54] == 135 && frame[55] == 0)
        #expect(
            Array(frame[38..<54]) == [0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xAB, 0xCD, 0xEF])
        #expect(Array(frame[78...]) == [1, 1, 2, 0, 0, 0, 0, 1])
    }

    /// An advertisement as a host sends it, with one change.
    private static func advertisement(
        for target: IPv6Address, hopLimit: UInt8 = 255, option: MACAddress? = stationMAC, breaks: Bool = false
    ) -> [UInt8] {
        let message = NDPMessage(
            .neighborAdvertisement(flags: [.solicited, .override], target: target),
            options: option.map { [.targetLinkLayerAddress($0)] } ?? [])
        var bytes = ICMPv6Message(.neighborDiscovery(message), source: target, destination: source).encoded()
        if breaks { bytes[2] ^= 1 }
        var header = IPv6Header(
            source: target, destination: source, nextHeader: .icmpv6, payloadLength: bytes.count)
        header.hopLimit = hopLimit
        return EthernetHeader(destination: mac, source: stationMAC, etherType: .ipv6).encoded() + header.encoded()
            + bytes
    }

    @Test("an advertisement after destination options is accepted, a fragment is not (RFC 6980)")
    func extensionHeaders() throws {
        let target = IPv6Address(high: 0x2001_0db8 << 32, low: 16)
        func isFound(_ extensionHeader: IPv6ExtensionHeader) throws -> Bool {
            var targets = AddressSet()
            try targets.insert(.v6(target))
            var engine = NeighborSolicitationEngine(
                NeighborSolicitationConfiguration(mac: Self.mac, source: Self.source, targets: targets))
            let plain = Self.advertisement(for: target)
            let payload = extensionHeader.before(Array(plain[54...]), .icmpv6)
            var header = IPv6Header(
                source: target, destination: Self.source, nextHeader: extensionHeader.protocol,
                payloadLength: payload.count)
            header.hopLimit = 255
            let frame = plain[..<14] + header.encoded() + payload
            engine.receive(ReceivedPacket(frame: Array(frame).rawBytes, arrival: Instant(nanoseconds: 1)))
            var count = 0
            engine.drain { _ in count += 1 }
            return count > 0
        }
        #expect(try isFound(.padding))
        #expect(try !isFound(.laterFragment))
    }

    @Test("hosts that reply are found and not solicited again, others are solicited three times")
    func sweep() throws {
        var targets = AddressSet()
        let first = IPAddress.v6(IPv6Address(high: 0x2001_0db8 << 32, low: 16))
        let last = IPAddress.v6(IPv6Address(high: 0x2001_0db8 << 32, low: 21))
        try targets.insert([(first, last)])
        var engine = NeighborSolicitationEngine(
            NeighborSolicitationConfiguration(mac: Self.mac, source: Self.source, targets: targets))
        var batch = PacketBatch(capacity: 64, slotLength: 128)
        var now = Instant(nanoseconds: 1_000_000_000)
        var found: [NeighborHost] = []
        var counts: [Int] = []
        loop: while true {
            batch.removeAll()
            let deadline = engine.transmit(into: &batch, at: now)
            if !batch.isEmpty { counts.append(batch.count) }
            for entry in batch.entries where entry.token < 5 {
                guard case .v6(let target) = targets[Int(entry.token)] else { continue }
                let answer =
                    switch entry.token {
                    case 0: Self.advertisement(for: target)
                    // Without the option, the frame's source counts (RFC 4861, section 4.4).
                    case 1: Self.advertisement(for: target, option: nil)
                    // From beyond a router, malformed, and for a group: rejected (RFC 4861, section 7.1.2).
                    case 2: Self.advertisement(for: target, hopLimit: 254)
                    case 3: Self.advertisement(for: target, breaks: true)
                    default: Self.advertisement(for: target, option: MACAddress(rawValue: 0x33_33_00_00_00_01))
                    }
                engine.receive(ReceivedPacket(frame: answer.rawBytes, arrival: now))
            }
            engine.drain { found.append($0) }
            switch deadline {
            case .at(let due): now = max(due, now)
            case .never: Issue.record("the engine waits without end")
            case .finished: break loop
            }
        }
        #expect(found.map(\.mac) == [Self.stationMAC, Self.stationMAC] && counts == [6, 4, 4], "\(found) \(counts)")
        #expect(now == Instant(nanoseconds: 4_000_000_000), "\(now)")
    }
}
