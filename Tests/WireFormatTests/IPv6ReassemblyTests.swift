import Testing
import WireFormat

@Suite("reassembly of IPv6")
struct IPv6ReassemblyTests {
    private static let source = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1)
    private static let destination = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 2)

    /// Returns a fragment, with a hop-by-hop header if requested.
    private func fragment(
        _ offset: Int, _ data: [UInt8], more: Bool, next: IPProtocol = .udp, hasOptions: Bool = false,
        identification: UInt32 = 7, ecn: UInt8 = 0
    ) -> [UInt8] {
        let options = hasOptions ? IPv6ExtensionHeader.hopByHopOptions([.padN([0, 0, 0, 0])]) : nil
        let own = IPv6ExtensionHeader.fragment(
            offset: UInt16(offset / 8), reserved: 0, moreFragments: more, identification: identification)
        let extensions = (options?.encoded(nextHeader: .fragment) ?? []) + own.encoded(nextHeader: next)
        return IPv6Header(
            source: Self.source, destination: Self.destination, nextHeader: options?.protocol ?? .fragment,
            payloadLength: extensions.count + data.count, trafficClass: 0xB8 | ecn
        ).encoded() + extensions + data
    }

    private func whole(_ data: [UInt8], hasOptions: Bool) -> [UInt8] {
        let options = hasOptions ? IPv6ExtensionHeader.hopByHopOptions([.padN([0, 0, 0, 0])]) : nil
        let extensions = options?.encoded(nextHeader: .udp) ?? []
        return IPv6Header(
            source: Self.source, destination: Self.destination, nextHeader: options?.protocol ?? .udp,
            payloadLength: extensions.count + data.count, trafficClass: 0xB8
        ).encoded() + extensions + data
    }

    @Test("fragments in any order, with duplicates, give the packet", arguments: 0..<200)
    func anyOrder(seed: UInt64) throws {
        var random = Seeded(seed)
        let hasOptions = Bool.random(using: &random)
        let data = (0..<Int.random(in: 9...9_000, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        var pieces: [[UInt8]] = []
        var offset = 0
        while offset < data.count {
            let length = min(Int.random(in: 1...180, using: &random) * 8, data.count - offset)
            pieces.append(
                fragment(
                    offset, Array(data[offset..<offset + length]), more: offset + length < data.count,
                    hasOptions: hasOptions))
            offset += length
        }
        guard pieces.count > 1 else { return }
        pieces += pieces.filter { _ in Bool.random(using: &random) }
        pieces.shuffle(using: &random)
        var reassembly = Reassembly()
        var result: [UInt8]?
        for piece in pieces where result == nil {
            switch reassembly.add(ipv6: piece.rawBytes, now: 0) {
            case .complete(let packet): result = packet
            case .waiting: break
            case let other: Issue.record("seed \(seed): \(other)")
            }
        }
        #expect(result == whole(data, hasOptions: hasOptions), "seed \(seed)")
        #expect(reassembly.heldBytes == 0 && reassembly.waitingCount == 0, "seed \(seed)")
    }

    @Test("an atomic fragment is complete, independent of fragments with its identification (RFC 6946)")
    func atomic() {
        var reassembly = Reassembly()
        #expect(reassembly.add(ipv6: fragment(8, Array(0..<8), more: true).rawBytes, now: 0) == .waiting)
        let alone = fragment(0, [1, 2, 3], more: false, hasOptions: true)
        #expect(reassembly.add(ipv6: alone.rawBytes, now: 0) == .complete(whole([1, 2, 3], hasOptions: true)))
        #expect(reassembly.waitingCount == 1)
    }

    @Test("a packet that is not a fragment is complete, without its padding")
    func plain() {
        var reassembly = Reassembly()
        let packet = whole([1, 2, 3], hasOptions: false)
        #expect(reassembly.add(ipv6: (packet + [0, 0]).rawBytes, now: 0) == .complete(packet))
    }

    @Test("a first fragment without all headers is rejected (RFC 7112)")
    func headersInSecond() {
        var reassembly = Reassembly()
        // Destination options of 16 bytes, of which 8 are available.
        let first = fragment(0, [17, 1, 1, 4, 0, 0, 0, 0], more: true, next: .destinationOptions)
        #expect(reassembly.add(ipv6: first.rawBytes, now: 0) == .dropped(.malformed))
        #expect(reassembly.waitingCount == 0)
    }

    @Test(
        "the upper-layer header belongs to the chain (RFC 7112, section 3)",
        arguments: [
            (IPProtocol.tcp, 8, false), (.tcp, 16, false), (.tcp, 24, true), (.udp, 8, true), (.icmpv6, 8, true),
            (IPProtocol(rawValue: 41), 32, false), (IPProtocol(rawValue: 41), 40, true),
            (.encapsulatingSecurityPayload, 8, true), (IPProtocol(rawValue: 132), 8, true),
        ])
    func upperLayer(next: IPProtocol, length: Int, isWhole: Bool) {
        var data = [UInt8](repeating: 0, count: length)
        if next == .tcp, length > 12 { data[12] = 0x60 }
        func outcome(_ data: [UInt8]) -> Reassembly.Outcome {
            var reassembly = Reassembly()
            return reassembly.add(ipv6: fragment(0, data, more: true, next: next).rawBytes, now: 0)
        }
        #expect(outcome(data) == (isWhole ? .waiting : .dropped(.malformed)))
        guard next == .tcp, length == 24 else { return }
        // TCP options are a part of the header.
        data[12] = 0x70
        #expect(outcome(data) == .dropped(.malformed))
        // Options before the header, and nothing of it.
        var reassembly = Reassembly()
        let options = fragment(0, [6, 0, 1, 4, 0, 0, 0, 0], more: true, next: .destinationOptions)
        #expect(reassembly.add(ipv6: options.rawBytes, now: 0) == .dropped(.malformed))
    }

    @Test("an invalid fragment does not prevent the reassembly of the packet")
    func invalidFragments() {
        let eight = [UInt8](0..<8)
        for (invalid, outcome): ([UInt8], Reassembly.Outcome) in [
            (fragment(8, [], more: true), .ignored), (fragment(8, [1, 2], more: true), .dropped(.invalidLength)),
            (fragment(65_528, eight, more: false), .dropped(.tooLong)),
            // 65,528 bytes of data, and 8 of options before the fragment header.
            (fragment(65_520, eight, more: true, hasOptions: true), .dropped(.tooLong)),
            (fragment(0, eight, more: true, next: .tcp), .dropped(.malformed)),
        ] {
            var reassembly = Reassembly()
            #expect(reassembly.add(ipv6: fragment(0, eight, more: true).rawBytes, now: 0) == .waiting)
            #expect(reassembly.add(ipv6: invalid.rawBytes, now: 0) == outcome)
            let last = reassembly.add(ipv6: fragment(8, eight, more: false).rawBytes, now: 0)
            #expect(last == .complete(whole(eight + eight, hasOptions: false)))
        }
        // A payload length of exactly 65,535 is the maximum.
        var reassembly = Reassembly()
        let longest = fragment(65_520, [UInt8](repeating: 0, count: 7), more: false, hasOptions: true)
        #expect(reassembly.add(ipv6: longest.rawBytes, now: 0) == .waiting)
    }

    @Test(
        "ECN: CE remains, and Not-ECT mixed with anything else drops the packet (RFC 3168, section 5.3)",
        arguments: [
            ([0, 0], 0), ([3, 3], 3), ([2, 3], 3), ([3, 1], 3), ([1, 2], 1), ([0, 3], nil), ([3, 0], nil),
            ([0, 1], nil),
        ] as [([UInt8], UInt8?)])
    func congestion(values: [UInt8], expected: UInt8?) throws {
        var reassembly = Reassembly()
        let outcomes = values.enumerated().map { index, ecn in
            reassembly.add(
                ipv6: fragment(index * 8, Array(0..<8), more: index < values.count - 1, ecn: ecn).rawBytes, now: 0)
        }
        guard let expected else {
            #expect(outcomes.last == .dropped(.contradictoryECN))
            return
        }
        guard case .complete(let whole)? = outcomes.last else {
            Issue.record("\(values): \(outcomes)")
            return
        }
        let trafficClass = try IPv6View(whole.rawBytes).trafficClass
        #expect(trafficClass == 0xB8 | expected)
    }

    @Test("invalid overlaps, lengths and ends")
    func refusals() {
        let eight = [UInt8](0..<8)
        func outcome(_ fragments: [UInt8]...) -> Reassembly.Outcome? {
            var reassembly = Reassembly()
            return fragments.map { reassembly.add(ipv6: $0.rawBytes, now: 0) }.last
        }
        #expect(outcome(fragment(8, eight, more: true), fragment(0, eight + eight, more: true)) == .dropped(.overlap))
        #expect(outcome(fragment(0, [1, 2, 3], more: true)) == .dropped(.invalidLength))
        #expect(outcome(fragment(65_528, eight, more: false)) == .dropped(.tooLong))
        #expect(outcome(fragment(16, [1], more: false), fragment(24, [1], more: false)) == .dropped(.contradictoryEnd))
        #expect(outcome([0x60, 0]) == .dropped(.malformed))
        // A fragment with another source or identification belongs to another packet.
        #expect(outcome(fragment(0, eight, more: true), fragment(8, [1], more: false, identification: 8)) == .waiting)
    }

    @Test("fragments near the maximum offset use no more memory than allowed", arguments: 0..<4)
    func memory(seed: UInt64) {
        var random = Seeded(seed)
        var reassembly = Reassembly(memoryLimit: 1 << 20)
        for number in UInt32(0)..<300 {
            let offset = Bool.random(using: &random) ? 65_000 : 8 * Int.random(in: 0..<8_000, using: &random)
            _ = reassembly.add(
                ipv6: fragment(offset, Array(0..<8), more: true, identification: number).rawBytes, now: Int64(number))
            #expect(reassembly.heldBytes <= 1 << 20, "seed \(seed), fragment \(number)")
        }
        #expect(reassembly.waitingCount > 0)
    }

    @Test("a timeout returns the first fragment as received")
    func timeout() {
        var reassembly = Reassembly(lifetime: 100)
        let first = fragment(0, Array(0..<8), more: true, hasOptions: true)
        _ = reassembly.add(ipv6: first.rawBytes, now: 0)
        _ = reassembly.add(ipv6: fragment(8, [1], more: false, identification: 9).rawBytes, now: 50)
        #expect(reassembly.nextDeadline == 100)
        #expect(reassembly.expire(now: 100).map(\.firstFragment) == [first])
        #expect(reassembly.expire(now: 150).map(\.firstFragment) == [nil])
        #expect(reassembly.nextDeadline == nil && reassembly.heldBytes == 0)
    }
}
