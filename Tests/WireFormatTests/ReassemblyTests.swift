import Testing
import WireFormat

extension Reassembly {
    fileprivate mutating func add(_ bytes: [UInt8], now: Int64) -> Outcome { add(ipv4: bytes.rawBytes, now: now) }
}

@Suite("IPv4 fragmentation and reassembly")
struct ReassemblyTests {
    private let options: [IPv4Option] = [
        .recordRoute(IPv4RouteData(emptySlots: 2)), .looseSourceRoute(IPv4RouteData(slots: [.loopback])),
    ]

    private func datagram(_ length: Int, _ options: [IPv4Option] = [], identification: UInt16 = 7) -> [UInt8] {
        IPv4Header(
            source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2), protocol: .udp,
            payloadLength: length, identification: identification, options: IPv4Options(options)
        ).encoded() + (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    private func fragment(_ offset: Int, _ data: [UInt8], more: Bool, ecn: UInt8 = 0) -> [UInt8] {
        var header = IPv4Header(
            source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2), protocol: .udp,
            payloadLength: data.count, typeOfService: 0xB8 | ecn, identification: 7)
        header.fragmentOffset = UInt16(offset / 8)
        header.moreFragments = more
        return header.encoded() + data
    }

    @Test("fragments contain options according to the copied flag (RFC 791, section 3.1)")
    func copiedOptions() throws {
        let pieces = try Fragmentation.fragments(of: datagram(100, options), mtu: 76)
        let piece = pieces[0]
        let first = IPv4Header(try IPv4View(piece.rawBytes))
        #expect(first.options.list.count >= 2 && first.moreFragments && first.fragmentOffset == 0)
        for piece in pieces.dropFirst() {
            let view = try IPv4View(piece.rawBytes)
            #expect(view.checksumState == .correct)
            #expect(IPv4Header(view).options.list.filter { $0 != .endOfOptionList } == [options[1]])
        }
        #expect(pieces.allSatisfy { $0.count <= 76 })
    }

    @Test("a datagram that cannot be fragmented is an error")
    func refusals() throws {
        var header = IPv4Header(source: .loopback, destination: .loopback, protocol: .udp, payloadLength: 100)
        header.dontFragment = true
        let whole = header.encoded() + [UInt8](repeating: 0, count: 100)
        #expect(throws: Fragmentation.Refusal.dontFragment) { try Fragmentation.fragments(of: whole, mtu: 68) }
        #expect(try Fragmentation.fragments(of: whole, mtu: 120) == [whole])
        #expect(throws: Fragmentation.Refusal.mtuTooSmall(27)) {
            try Fragmentation.fragments(of: datagram(100), mtu: 27)
        }
    }

    @Test("fragments in any order, with duplicates, give the datagram", arguments: 0..<200)
    func anyOrder(seed: UInt64) throws {
        var random = Seeded(seed)
        let sent = datagram(Int.random(in: 1...4_000, using: &random), Bool.random(using: &random) ? options : [])
        let mtu = Int.random(in: 76...1_500, using: &random)
        var pieces = try Fragmentation.fragments(of: sent, mtu: mtu)
        guard pieces.count > 1 else { return }
        // A fragment is fragmented again on the path, and some are duplicated.
        let again = try Fragmentation.fragments(of: pieces[0], mtu: 68)
        pieces.replaceSubrange(0...0, with: again)
        pieces += pieces.filter { _ in Bool.random(using: &random) }
        pieces.shuffle(using: &random)
        var reassembly = Reassembly()
        var result: [UInt8]?
        for piece in pieces where result == nil {
            switch reassembly.add(piece, now: 0) {
            case .complete(let datagram): result = datagram
            case .waiting: break
            case let other: Issue.record("seed \(seed): \(other)")
            }
        }
        #expect(result?.dropFirst(20) == sent.dropFirst(20), "seed \(seed)")
        let whole = try #require(result)
        let state = try IPv4View(whole.rawBytes).checksumState
        #expect(state == .correct, "seed \(seed)")
        #expect(reassembly.heldBytes == 0 && reassembly.waitingCount == 0, "seed \(seed)")
    }

    @Test("a last fragment of fewer than 8 bytes is valid")
    func shortLast() {
        var reassembly = Reassembly()
        #expect(reassembly.add(fragment(8, [1, 2, 3], more: false), now: 0) == .waiting)
        guard case .complete(let whole) = reassembly.add(fragment(0, Array(0..<8), more: true), now: 0) else {
            Issue.record("it is not complete")
            return
        }
        #expect(Array(whole.dropFirst(20)) == Array(0..<8) + [1, 2, 3])
    }

    @Test("an exact duplicate is ignored; every other overlap drops the datagram (RFC 5722)")
    func overlaps() {
        let eight = [UInt8](0..<8)
        var reassembly = Reassembly()
        #expect(reassembly.add(fragment(8, eight, more: true), now: 0) == .waiting)
        #expect(reassembly.add(fragment(8, eight, more: true), now: 0) == .waiting)
        for other in [
            fragment(8, [9, 9, 9, 9, 9, 9, 9, 9], more: true), fragment(0, eight + eight, more: true),
            fragment(8, eight + eight, more: true),
        ] {
            var reassembly = Reassembly()
            _ = reassembly.add(fragment(8, eight, more: true), now: 0)
            #expect(reassembly.add(other, now: 0) == .dropped(.overlap))
            // Its later fragments are ignored.
            #expect(reassembly.add(fragment(0, eight, more: true), now: 0) == .ignored)
            #expect(reassembly.add(fragment(16, [1], more: false), now: 0) == .ignored)
            #expect(reassembly.heldBytes == 0)
        }
    }

    @Test("invalid lengths are reported")
    func lengths() {
        func outcome(_ fragments: [UInt8]...) -> Reassembly.Outcome? {
            var reassembly = Reassembly()
            return fragments.map { reassembly.add($0, now: 0) }.last
        }
        #expect(outcome(fragment(0, [1, 2, 3], more: true)) == .dropped(.invalidLength))
        #expect(outcome(fragment(8, [], more: false)) == .dropped(.invalidLength))
        #expect(outcome(fragment(65_528, [UInt8](repeating: 0, count: 8), more: false)) == .dropped(.tooLong))
        #expect(outcome(fragment(16, [1], more: false), fragment(24, [1], more: false)) == .dropped(.contradictoryEnd))
        #expect(
            outcome(fragment(16, [1], more: false), fragment(24, Array(0..<8), more: true))
                == .dropped(.contradictoryEnd))
        #expect(
            outcome(fragment(24, Array(0..<8), more: true), fragment(16, [1], more: false))
                == .dropped(.contradictoryEnd))
        #expect(outcome([0x45, 0]) == .dropped(.malformed))
    }

    @Test(
        "ECN: CE remains, and Not-ECT mixed with anything else drops the datagram (RFC 3168, section 5.3)",
        arguments: [
            ([0, 0], 0), ([1, 1], 1), ([2, 2], 2), ([3, 3], 3), ([2, 3], 3), ([3, 2], 3), ([1, 3], 3), ([1, 2], 1),
            ([2, 1, 3], 3), ([0, 3], nil), ([3, 0], nil), ([2, 3, 0], nil), ([0, 2], nil), ([1, 0], nil),
        ] as [([UInt8], UInt8?)])
    func congestion(values: [UInt8], expected: UInt8?) throws {
        for isReversed in [false, true] {
            var reassembly = Reassembly()
            let pieces = values.enumerated().map { index, ecn in
                fragment(index * 8, Array(0..<8), more: index < values.count - 1, ecn: ecn)
            }
            let outcomes = (isReversed ? pieces.reversed() : pieces).map { reassembly.add($0, now: 0) }
            guard let expected else {
                #expect(outcomes.last == .dropped(.contradictoryECN), "\(values)")
                #expect(reassembly.add(pieces[0], now: 0) == .ignored)
                continue
            }
            guard case .complete(let whole)? = outcomes.last else {
                Issue.record("\(values): \(outcomes)")
                continue
            }
            let view = try IPv4View(whole.rawBytes)
            let (ecn, state) = (view.typeOfService, view.checksumState)
            #expect(ecn == 0xB8 | expected && state == .correct, "\(values)")
        }
    }

    @Test("an invalid fragment is dropped and does not prevent the reassembly of the datagram")
    func invalidFragments() {
        let eight = [UInt8](0..<8)
        for (invalid, outcome): ([UInt8], Reassembly.Outcome) in [
            (fragment(0, [], more: true), .ignored), (fragment(8, [], more: true), .ignored),
            (fragment(65_528, [], more: true), .ignored), (fragment(8, [], more: false), .dropped(.invalidLength)),
            (fragment(0, [1, 2, 3], more: true), .dropped(.invalidLength)),
            (fragment(65_528, eight, more: false), .dropped(.tooLong)),
        ] {
            for position in 0...1 {
                var reassembly = Reassembly()
                if position == 1 { #expect(reassembly.add(fragment(0, eight, more: true), now: 0) == .waiting) }
                #expect(reassembly.add(invalid, now: 0) == outcome)
                #expect(reassembly.waitingCount == position)
                if position == 0 { #expect(reassembly.add(fragment(0, eight, more: true), now: 0) == .waiting) }
                guard case .complete = reassembly.add(fragment(8, eight, more: false), now: 0) else {
                    Issue.record("not complete after \(outcome)")
                    continue
                }
            }
        }
    }

    @Test("a datagram that is not a fragment is complete at once, without its padding")
    func whole() {
        var reassembly = Reassembly()
        let plain = datagram(10)
        #expect(reassembly.add(plain + [0, 0, 0], now: 0) == .complete(plain))
    }

    @Test("a timeout returns the first fragment for the ICMP error")
    func timeout() {
        var reassembly = Reassembly(lifetime: 100)
        _ = reassembly.add(fragment(0, Array(0..<8), more: true), now: 0)
        #expect(reassembly.nextDeadline == 100 && reassembly.expire(now: 99).isEmpty)
        let late = reassembly.expire(now: 100)
        #expect(
            late.count == 1 && late[0].firstFragment == fragment(0, Array(0..<8), more: true)
                && reassembly.heldBytes == 0)
        // A fragment after the timeout starts a new datagram.
        #expect(reassembly.add(fragment(8, [1], more: false), now: 101) == .waiting)
        #expect(reassembly.expire(now: 300).first?.firstFragment == nil)
    }

    @Test("memory is bounded: the oldest datagram is dropped first")
    func memory() throws {
        var reassembly = Reassembly(memoryLimit: 4_000, datagramLimit: 3)
        for identification in UInt16(1)...50 {
            let pieces = try Fragmentation.fragments(of: datagram(3_000, identification: identification), mtu: 1_500)
            #expect(reassembly.add(pieces[0], now: Int64(identification)) == .waiting)
            #expect(reassembly.heldBytes <= 4_000 && reassembly.waitingCount <= 3)
        }
        let last = try Fragmentation.fragments(of: datagram(3_000, identification: 50), mtu: 1_500)
        let outcomes = last.dropFirst().map { reassembly.add($0, now: 60) }
        guard case .complete = outcomes.last else {
            Issue.record("the newest was thrown away: \(outcomes)")
            return
        }
    }
}
