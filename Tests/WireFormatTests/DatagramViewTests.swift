import Testing
import WireFormat

/// Views of IP datagrams: addresses, upper-layer protocol, payload.
@Suite("datagrams")
struct DatagramViewTests {
    /// The fields of a view.
    struct Reading: Equatable {
        var family: IPAddress.Family
        var source: IPAddress
        var destination: IPAddress
        var hopLimit: UInt8
        var `protocol`: IPProtocol
        var headerLength: Int
        var isFragment = false
        var isLaterFragment = false
        var isComplete = true
        var payload: [UInt8]
    }

    static func reading(_ bytes: [UInt8], isQuoted: Bool = false) -> Reading? {
        let view = isQuoted ? DatagramView(quoted: bytes.rawBytes) : try? DatagramView(bytes.rawBytes)
        guard let view else { return nil }
        return Reading(
            family: view.family, source: view.source, destination: view.destination, hopLimit: view.hopLimit,
            protocol: view.protocol, headerLength: view.headerLength, isFragment: view.isFragment,
            isLaterFragment: view.isLaterFragment, isComplete: view.isComplete, payload: view.payload.copied())
    }

    static let ipv4 = "45 00 0018 0007 0000 40 06 0000 C0000201 C6336402"
    static let ipv6 = "60000000"
    static let ends = "20010DB8000000000000000000000001 20010DB8000100000000000000000002"
    static let data = "AABBCCDD"

    private static func expected4(
        header: Int = 20, isFragment: Bool = false, isLater: Bool = false, isComplete: Bool = true,
        _ payload: String = data
    ) -> Reading {
        Reading(
            family: .v4, source: .v4(IPv4Address(192, 0, 2, 1)), destination: .v4(IPv4Address(198, 51, 100, 2)),
            hopLimit: 64, protocol: .tcp, headerLength: header, isFragment: isFragment, isLaterFragment: isLater,
            isComplete: isComplete, payload: bytes(payload))
    }

    private static func expected6(
        _ transport: IPProtocol = .tcp, header: Int = 40, isFragment: Bool = false, isLater: Bool = false,
        isComplete: Bool = true, _ payload: String = data
    ) -> Reading {
        Reading(
            family: .v6, source: .v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 1)),
            destination: .v6(IPv6Address(high: 0x2001_0DB8_0001_0000, low: 2)), hopLimit: 64, protocol: transport,
            headerLength: header, isFragment: isFragment, isLaterFragment: isLater, isComplete: isComplete,
            payload: bytes(payload))
    }

    private static let options = "06 00 0104 00000000"

    private static let datagrams: [(text: String, expected: Reading?)] = [
        (ipv4 + data, expected4()),
        // Ethernet padding is not payload.
        (ipv4 + data + "000000000000", expected4()),
        // A length of 0, as in a packet before segmentation by the network card.
        ("45 00 0000 0007 0000 40 06 0000 C0000201 C6336402" + data, expected4(isComplete: false)),
        ("45 00 0019 0007 0000 40 06 0000 C0000201 C6336402" + data, expected4(isComplete: false)),
        ("46 00 001C 0007 4000 40 06 0000 C0000201 C6336402 01010100" + data, expected4(header: 24)),
        ("45 00 0018 0007 2000 40 06 0000 C0000201 C6336402" + data, expected4(isFragment: true)),
        ("45 00 0018 0007 0001 40 06 0000 C0000201 C6336402" + data, expected4(isFragment: true, isLater: true, "")),
        ("44 00 0018 0007 0000 40 06 0000 C0000201 C6336402" + data, nil),
        ("46 00 0018 0007 0000 40 06 0000 C0000201 C6336402", nil),
        ("45 00 0013 0007 0000 40 06 0000 C0000201 C6336402" + data, nil),
        ("55 00 0018 0007 0000 40 06 0000 C0000201 C6336402" + data, nil),
        ("", nil), ("45", nil), ("60", nil),
        (ipv6 + "0004 06 40" + ends + data, expected6()),
        (ipv6 + "0004 06 40" + ends + data + "0000", expected6()),
        (ipv6 + "0000 06 40" + ends + data, expected6(isComplete: false)),
        (ipv6 + "0005 06 40" + ends + data, expected6(isComplete: false)),
        (ipv6 + "0000 3B 40" + ends + "0000", expected6(.noNextHeader, "")),
        (ipv6 + "000C 3C 40" + ends + options + data, expected6(header: 48)),
        (ipv6 + "000C 00 40" + ends + options + data, expected6(header: 48)),
        (ipv6 + "0014 00 40" + ends + "3C 00 0104 00000000" + options + data, expected6(header: 56)),
        // A routing header with no segment left; an authentication header, whose length is in words of 4 bytes.
        (ipv6 + "000C 2B 40" + ends + "06 00 00 00 00000000" + data, expected6(header: 48)),
        (ipv6 + "0010 33 40" + ends + "06 01 0000 00000001 00000002" + data, expected6(header: 52)),
        // An atomic fragment, a first one, and a later one whose data looks like a header.
        (ipv6 + "000C 2C 40" + ends + "06 00 0000 00000009" + data, expected6(header: 48)),
        (ipv6 + "000C 2C 40" + ends + "06 00 0001 00000009" + data, expected6(header: 48, isFragment: true)),
        (
            ipv6 + "000C 2C 40" + ends + "06 00 0008 00000009" + data,
            expected6(header: 48, isFragment: true, isLater: true, "")
        ),
        (
            ipv6 + "000C 2C 40" + ends + "3C 00 0008 00000009" + data,
            expected6(.destinationOptions, header: 48, isFragment: true, isLater: true, "")
        ),
        // The header after ESP cannot be parsed.
        (ipv6 + "0004 32 40" + ends + data, expected6(.encapsulatingSecurityPayload)),
        // Chains that exceed the payload, the second one into padding.
        (ipv6 + "0004 3C 40" + ends + data, nil),
        (ipv6 + "0004 3C 40" + ends + options + data, nil),
        (ipv6 + "000C 3C 40" + ends + "06 01 0104 00000000" + data, nil),
    ]

    @Test("datagrams by hand", arguments: datagrams)
    func vectors(text: String, expected: Reading?) {
        #expect(Self.reading(bytes(text)) == expected)
    }

    @Test("an error names the truncated header, or a total length that is too small")
    func errors() {
        func error(_ text: String) -> ParseError? {
            do throws(ParseError) {
                _ = try DatagramView(bytes(text).rawBytes)
                return nil
            } catch {
                return error
            }
        }
        let chain = Self.ipv6 + "0014 00 40" + Self.ends + "3C 00 0104 00000000" + "06 02 0104 00000000" + Self.data
        #expect(
            error(chain)
                == ParseError(
                    layer: .ipv6, field: "extensionHeader", offset: 48,
                    reason: .truncated(needed: 24, available: 12)))
        #expect(
            error("45 00 0013 0007 0000 40 06 0000 C0000201 C6336402")
                == ParseError(layer: .ipv4, field: "totalLength", offset: 2, reason: .invalid(value: 19)))
        #expect(error("")?.layer == .ipv4 && error("60")?.layer == .ipv6)
    }

    @Test("a quote is parsed as far as it is available, independent of its stated length")
    func quotes() {
        let segment = "C350 0050 00000007"
        let quoted = "45 00 0013 0007 0000 01 06 0000 C0000201 C6336402" + segment
        var expected = Self.expected4(isComplete: false, segment)
        expected.hopLimit = 1
        #expect(Self.reading(bytes(quoted), isQuoted: true) == expected)
        // After destination options of 1,200 bytes.
        let behind = bytes(Self.ipv6 + "04B0 3C 40" + Self.ends + Self.options + segment)
        #expect(Self.reading(behind, isQuoted: true) == Self.expected6(header: 48, isComplete: false, segment))
        let view = DatagramView(quoted: behind.rawBytes)
        #expect(view?.sourcePort == 50_000)
        #expect(view?.destinationPort == 80 && view?.sequenceNumber == 7 && view?.statedLength == 1_240)
        // Truncated in its options, or in its extension headers.
        let cut = Self.reading(Array(behind.prefix(47)), isQuoted: true)
        #expect(cut == Self.expected6(.destinationOptions, header: 47, isComplete: false, ""))
        let options = Self.reading(bytes("46 00 001C 0007 0000 40 06 0000 C0000201 C6336402 0101"), isQuoted: true)
        #expect(options == Self.expected4(header: 22, isComplete: false, ""))
        // A later fragment has no ports.
        let later = bytes("45 00 0018 0007 0001 40 06 0000 C0000201 C6336402" + segment)
        let fragment = DatagramView(quoted: later.rawBytes)
        #expect(fragment?.sourcePort == nil && fragment?.sequenceNumber == nil && fragment?.isLaterFragment == true)
    }

    @Test("the checksum of an IPv4 header; IPv6 has none")
    func checksum() throws {
        var header = IPv4Header(source: .loopback, destination: .loopback, protocol: .tcp, payloadLength: 0).encoded()
        #expect(try !DatagramView(header.rawBytes).hasIncorrectHeaderChecksum)
        header[8] ^= 1
        #expect(try DatagramView(header.rawBytes).hasIncorrectHeaderChecksum)
        let ipv6 = bytes(Self.ipv6 + "0004 06 40" + Self.ends + Self.data)
        #expect(try !DatagramView(ipv6.rawBytes).hasIncorrectHeaderChecksum)
    }

    // MARK: Properties

    /// A reference implementation over arrays, byte by byte.
    private func slowReading(_ all: [UInt8], isQuoted: Bool) -> Reading? {
        func number(_ range: Range<Int>) -> UInt64 { all[range].reduce(0) { $0 << 8 | UInt64($1) } }
        guard all.count >= 20 else { return nil }
        if all[0] / 16 == 4 {
            let stated = Int(number(2..<4))
            var header = Int(all[0] % 16) * 4
            guard header >= 20, isQuoted || header <= all.count, isQuoted || stated == 0 || stated >= header else {
                return nil
            }
            header = min(header, all.count)
            let datagram = isQuoted || stated == 0 ? all : Array(all.prefix(stated))
            let fragment = number(6..<8) % 0x4000
            let isLater = fragment % 0x2000 != 0
            return Reading(
                family: .v4, source: .v4(IPv4Address(rawValue: UInt32(number(12..<16)))),
                destination: .v4(IPv4Address(rawValue: UInt32(number(16..<20)))), hopLimit: all[8],
                protocol: IPProtocol(rawValue: all[9]), headerLength: header, isFragment: fragment != 0,
                isLaterFragment: isLater, isComplete: datagram.count == stated,
                payload: isLater ? [] : Array(datagram.dropFirst(header)))
        }
        guard all[0] / 16 == 6, all.count >= 40 else { return nil }
        let stated = Int(number(4..<6))
        let isOpen = isQuoted || stated == 0 && all[6] != 59
        let datagram = isOpen ? all : Array(all.prefix(40 + stated))
        var reading = Reading(
            family: .v6, source: .v6(IPv6Address(high: number(8..<16), low: number(16..<24))),
            destination: .v6(IPv6Address(high: number(24..<32), low: number(32..<40))), hopLimit: all[7],
            protocol: IPProtocol(rawValue: all[6]), headerLength: 40, isComplete: datagram.count == 40 + stated,
            payload: [])
        while [0, 43, 44, 51, 60].contains(reading.protocol.rawValue), !reading.isLaterFragment {
            let rest = Array(datagram.dropFirst(reading.headerLength))
            var length = 8
            if rest.count >= 8, reading.protocol != .fragment {
                length = reading.protocol == .authenticationHeader ? Int(rest[1]) * 4 + 8 : Int(rest[1]) * 8 + 8
            }
            guard rest.count >= length else {
                reading.headerLength = datagram.count
                return isQuoted ? reading : nil
            }
            if reading.protocol == .fragment {
                let offset = Int(rest[2]) * 32 + Int(rest[3]) / 8
                if offset != 0 || rest[3] % 2 == 1 { reading.isFragment = true }
                reading.isLaterFragment = offset != 0
            }
            reading.protocol = IPProtocol(rawValue: rest[0])
            reading.headerLength += length
        }
        if !reading.isLaterFragment { reading.payload = Array(datagram.dropFirst(reading.headerLength)) }
        return reading
    }

    /// Returns a datagram with a random chain, possibly padded, truncated or with changed bytes.
    private func datagram(_ random: inout Seeded) -> [UInt8] {
        var all = random.bytes(0...40)
        let upper: UInt8 = [6, 17, 58, 59, 50].randomElement(using: &random) ?? 6
        if Bool.random(using: &random) {
            let options = 4 * Int.random(in: 0...10, using: &random)
            var header: [UInt8] = [0x45 + UInt8(options / 4), 0, 0, UInt8(20 + options + all.count), 0, 1, 0, 0, 64]
            if Int.random(in: 0..<4, using: &random) == 0 { header[6] = UInt8.random(in: 0...255, using: &random) }
            if Int.random(in: 0..<4, using: &random) == 0 { header[7] = UInt8.random(in: 0...255, using: &random) }
            all = header + [upper, 0, 0] + random.bytes(8 + options...8 + options) + all
        } else {
            var next = upper
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let kind: UInt8 = [0, 43, 44, 51, 60].randomElement(using: &random) ?? 60
                var length = 8 * Int.random(in: 0...3, using: &random)
                if kind == 44 { length = 0 }
                var header: [UInt8] = [next, UInt8(kind == 51 ? length / 4 : length / 8), 0, 0]
                if Int.random(in: 0..<3, using: &random) == 0 {
                    header[2...3] = [[0, 1], [0, 8], [1, 0], [0, 6]].randomElement(using: &random) ?? [0, 0]
                }
                all = header + random.bytes(4 + length...4 + length) + all
                next = kind
            }
            all =
                [0x60, 0, 0, 0, UInt8(all.count >> 8), UInt8(all.count & 0xFF), next, 64] + random.bytes(32...32) + all
        }
        if Bool.random(using: &random) { all += random.bytes(0...20) }
        if Int.random(in: 0..<3, using: &random) == 0 { all.removeLast(Int.random(in: 0...all.count, using: &random)) }
        for _ in 0..<Int.random(in: 0...2, using: &random) where !all.isEmpty {
            all[Int.random(in: 0..<all.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return all
    }

    @Test("for any bytes, the view equals the reference implementation", arguments: [false, true])
    func properties(isQuoted: Bool) {
        let seed = UInt64.random(in: 0...(.max))
        var random = Seeded(seed)
        var (read, walked) = (0, 0)
        for _ in 0..<20_000 {
            let all = Int.random(in: 0..<10, using: &random) == 0 ? random.bytes(0...90) : datagram(&random)
            let reading = Self.reading(all, isQuoted: isQuoted)
            guard reading == slowReading(all, isQuoted: isQuoted) else {
                Issue.record("seed \(seed): \(all) is read as \(String(describing: reading))")
                return
            }
            if let reading {
                read += 1
                if reading.family == .v6, reading.headerLength > 40 { walked += 1 }
            }
        }
        #expect(read > 10_000 && walked > 3_000, "seed \(seed): \(read) read, \(walked) with extension headers")
    }
}
