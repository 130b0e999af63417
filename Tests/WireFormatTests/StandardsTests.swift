import Testing
import WireFormat

/// Every rule of `problems`: a packet that breaks it, and one that keeps it.
@Suite("what a standard does not allow")
struct StandardsTests {
    /// A packet, and the problem that it has; nil if it has none.
    struct Row: Sendable, CustomTestStringConvertible {
        var packet: [UInt8]
        var problem: String?
        var linkType = LinkType.rawIP

        init(_ packet: [UInt8], _ problem: String?, _ linkType: LinkType = .rawIP) {
            self.packet = packet
            self.problem = problem
            self.linkType = linkType
        }

        var testDescription: String { problem ?? "allowed" }
    }

    func check(_ row: Row) {
        let found = Explanation(
            row.packet.rawBytes, startingAt: .link(row.linkType), originalLength: row.packet.count
        ).problems
        #expect(found == (row.problem.map { [$0] } ?? []))
    }

    // MARK: IP

    static let client: [UInt8] = [192, 0, 2, 1]
    static let server: [UInt8] = [198, 51, 100, 2]
    static let group: [UInt8] = [239, 1, 2, 3]
    static let client6 = bytes("20010db8 00000000 00000000 00000001")
    static let server6 = bytes("20010db8 00010000 00000000 00000002")
    static let linkLocal = bytes("fe800000 00000000 00000000 00000001")
    static let unspecified = [UInt8](repeating: 0, count: 16)
    static let group6 = bytes("ff050000 00000000 00000000 00001234")
    static let solicitedNode = bytes("ff020000 00000000 00000001 ff000002")

    static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

    static func ipv4(
        _ transport: UInt8, _ data: [UInt8], ttl: UInt8 = 64, options: [UInt8] = [], fragment: Int = 0,
        from source: [UInt8] = client, to destination: [UInt8] = server
    ) -> [UInt8] {
        let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
        return [0x45 + UInt8(padded.count / 4), 0] + word(20 + padded.count + data.count) + [0, 7] + word(fragment)
            + [ttl, transport, 0, 0] + source + destination + padded + data
    }

    static func ipv6(
        _ next: UInt8, _ data: [UInt8], hopLimit: UInt8 = 64, from source: [UInt8] = client6,
        to destination: [UInt8] = server6, payloadLength: Int? = nil
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + word(payloadLength ?? data.count) + [next, hopLimit] + source + destination + data
    }

    static let udp: [UInt8] = [0x9C, 0x40, 0x82, 0x9A, 0, 12, 0, 1, 1, 2, 3, 4]

    @Test(
        "IPv4 header",
        arguments: [
            Row(ipv4(17, udp), nil),
            Row(ipv4(17, udp, fragment: 0x8000), "ipv4: the reserved flag is set (RFC 791, section 3.1)"),
            Row(ipv4(17, udp, ttl: 0), "ipv4: the TTL is 0 (RFC 1122, section 3.2.1.7)"),
            Row(
                ipv4(17, udp, from: group),
                "ipv4: the source is the group or broadcast address 239.1.2.3 (RFC 1122, section 3.2.1.3)"),
            Row(
                ipv4(17, udp, from: [255, 255, 255, 255]),
                "ipv4: the source is the group or broadcast address 255.255.255.255 (RFC 1122, section 3.2.1.3)"),
            Row(
                ipv4(99, [1, 2, 3], fragment: 0x2000),
                "ipv4: a fragment before the last has 3 bytes, which is not a multiple of 8 (RFC 791, section 3.2)"),
            Row(ipv4(99, [UInt8](repeating: 1, count: 8), fragment: 0x2000), nil),
            Row(ipv4(99, [1, 2, 3], fragment: 2), nil),
            Row(
                ipv4(99, [UInt8](repeating: 1, count: 16), fragment: 0x1FFE),
                "ipv4: the fragment ends beyond 65535 bytes (RFC 791, section 3.1)"),
        ])
    func ipv4Header(row: Row) { check(row) }

    @Test(
        "IPv4 options",
        arguments: [
            Row(ipv4(17, udp, options: [7, 7, 4, 0, 0, 0, 0]), nil), Row(ipv4(17, udp, options: [7, 3, 4]), nil),
            Row(ipv4(17, udp, options: [7, 7, 8, 1, 2, 3, 4]), nil),
            Row(
                ipv4(17, udp, options: [7, 2]),
                "ipv4: option 7 has length 2, not 3 and a multiple of 4 (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [131, 6, 4, 0, 0, 0]),
                "ipv4: option 131 has length 6, not 3 and a multiple of 4 (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [137, 7, 3, 0, 0, 0, 0]),
                "ipv4: option 137 has pointer 3, which is not that of a slot (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [7, 7, 5, 0, 0, 0, 0]),
                "ipv4: option 7 has pointer 5, which is not that of a slot (RFC 791, section 3.1)"),
            Row(ipv4(17, udp, options: [68, 8, 5, 0, 0, 0, 0, 0]), nil),
            Row(ipv4(17, udp, options: [68, 12, 13, 1] + [UInt8](repeating: 0, count: 8)), nil),
            Row(
                ipv4(17, udp, options: [68, 3, 5]), "ipv4: option 68 has length 3, not 4 or more (RFC 791, section 3.1)"
            ),
            Row(
                ipv4(17, udp, options: [68, 8, 5, 1, 0, 0, 0, 0]),
                "ipv4: option 68 has length 8, not 4 and a multiple of 8 (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [68, 8, 4, 0, 0, 0, 0, 0]),
                "ipv4: option 68 has pointer 4, which is not that of a slot (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [68, 8, 5, 2, 0, 0, 0, 0]),
                "ipv4: the timestamp option has the undefined flag 2 (RFC 791, section 3.1)"),
            Row(ipv4(17, udp, options: [148, 4, 0, 0]), nil),
            Row(ipv4(17, udp, options: [148, 3, 0]), "ipv4: option 148 has length 3, not 4 (RFC 2113, section 2.1)"),
            Row(ipv4(17, udp, options: [136, 2]), "ipv4: option 136 has length 2, not 4 (RFC 791, section 3.1)"),
            Row(
                ipv4(17, udp, options: [130, 2]), "ipv4: option 130 has length 2, not 3 or more (RFC 1108, section 2.1)"
            ),
            Row(ipv4(17, udp, options: [25, 4, 0, 0]), "ipv4: option 25 has length 4, not 8 (RFC 4782, section 3.1)"),
            Row(ipv4(17, udp, options: [82, 4, 0, 0]), "ipv4: option 82 has length 4, not 12 (RFC 1393, section 2.2)"),
            Row(ipv4(17, udp, options: [11, 3, 0]), "ipv4: option 11 has length 3, not 4 (RFC 1063, section 3.1)"),
            Row(ipv4(17, udp, options: [7, 1]), "ipv4: the option at offset 20 has an invalid length"),
            Row(
                ipv4(17, udp, options: [131, 7, 4, 0, 0, 0, 0, 137, 7, 4, 0, 0, 0, 0]),
                "ipv4: option 137 appears more than once (RFC 791, section 3.1)"),
            Row(ipv4(17, udp, options: [99, 2]), nil),
        ])
    func ipv4Options(row: Row) { check(row) }

    static let padding: [UInt8] = [17, 0, 1, 4, 0, 0, 0, 0]
    static let mobile = [17, 2, 2, 1, 0, 0, 0, 0] + client6

    @Test(
        "IPv6 header and chain",
        arguments: [
            Row(ipv6(17, udp), nil), Row(ipv6(59, []), nil),
            Row(
                ipv6(17, udp, from: group6), "ipv6: the source is the group address ff05::1234 (RFC 4291, section 2.7)"),
            Row(
                ipv6(17, udp, to: unspecified),
                "ipv6: the destination is the unspecified address (RFC 4291, section 2.5.2)"),
            Row(ipv6(0, [60, 0, 1, 4, 0, 0, 0, 0] + padding + udp), nil),
            Row(
                ipv6(60, [0, 0, 1, 4, 0, 0, 0, 0] + padding + udp),
                "ipv6: hop-by-hop options are not the first header (RFC 8200, section 4.1)"),
            Row(
                ipv6(60, [60, 0, 1, 4, 0, 0, 0, 0] + [60, 0, 1, 4, 0, 0, 0, 0] + padding + udp),
                "ipv6: too many destination options headers (RFC 8200, section 4.1)"),
            Row(
                ipv6(0, [17, 0, 5, 1, 0, 1, 1, 0] + udp), "ipv6: option 5 has length 1, not 2 (RFC 2711, section 2.1)"),
            Row(
                ipv6(60, [17, 0, 4, 2, 0, 0, 1, 0] + udp),
                "ipv6: option 4 has length 2, not 1 (RFC 2473, section 4.1.1)"),
            Row(
                ipv6(60, [17, 0, 0xC9, 4, 0, 0, 0, 0] + udp),
                "ipv6: option 201 has length 4, not 16 (RFC 6275, section 6.3)"),
            Row(
                ipv6(0, [17, 0, 0xC2, 3, 0, 1, 0, 0] + udp),
                "ipv6: option 194 has length 3, not 4 (RFC 2675, section 2)"),
            Row(
                ipv6(0, [17, 0, 0xC2, 4, 0, 1, 0, 0] + udp),
                "ipv6: a jumbo payload option, but the payload length is 20 (RFC 2675, section 3)"),
            Row(
                ipv6(60, [17, 0, 1, 9, 0, 0, 0, 0] + udp),
                "ipv6: an option's length exceeds its header (RFC 8200, section 4.2)"),
            Row(ipv6(43, mobile + udp), nil),
            Row(
                ipv6(43, [17, 2, 0, 1, 0, 0, 0, 0] + client6 + udp),
                "ipv6: routing header type 0 is deprecated (RFC 5095, section 3)"),
            Row(
                ipv6(43, [17, 2, 2, 2, 0, 0, 0, 0] + client6 + udp),
                "ipv6: routing header type 2 without exactly one address left (RFC 6275, section 6.4.1)"),
            Row(ipv6(43, [17, 2, 4, 1, 0, 0, 0, 0] + client6 + udp), nil),
            Row(
                ipv6(43, [17, 2, 4, 3, 0, 0, 0, 0] + client6 + udp),
                "ipv6: 3 segments left and last entry 0, with 1 segments (RFC 8754, section 4.3.1.1)"),
            Row(
                ipv6(44, [99, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3]),
                "ipv6: a fragment before the last has 3 bytes, which is not a multiple of 8 (RFC 8200, section 4.5)"),
            Row(
                ipv6(44, [99, 0, 0xFF, 0xF8, 0, 0, 0, 9] + udp),
                "ipv6: the fragment ends beyond 65535 bytes (RFC 8200, section 4.5)"),
            Row(
                ipv6(44, [17, 0, 0, 1, 0, 0, 0, 9] + udp + [0, 0, 0, 0], payloadLength: 24),
                "udp: the length is 12, but the IP payload has 16 bytes (RFC 768)"),
            Row(
                ipv6(51, [17, 1] + [UInt8](repeating: 0, count: 10) + udp),
                "ipv6: the authentication header has 12 bytes, not a multiple of 8 from 16 (RFC 4302, section 2.2)"),
        ])
    func ipv6Chain(row: Row) { check(row) }

    @Test("the first fragment of IPv6 contains the whole header chain")
    func headerChain() {
        let packet = Self.ipv6(44, [6, 0, 0, 1, 0, 0, 0, 9] + Self.udp + [0, 0, 0, 0])
        let found = Explanation(packet.rawBytes, startingAt: .datagram).problems
        #expect(
            found.first == "ipv6: the first fragment does not contain the whole header chain (RFC 7112, section 5)")
    }

    // MARK: Transport

    static func tcp(_ options: [UInt8], flags: UInt8 = 2) -> [UInt8] {
        let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
        return bytes("9c40 0050 00000007 00000000") + [UInt8(5 + padded.count / 4) << 4, flags]
            + bytes("faf0 0000 0000") + padded
    }

    static func segment(_ options: [UInt8], _ problem: String?, flags: UInt8 = 2) -> Row {
        Row(ipv4(6, tcp(options, flags: flags)), problem)
    }

    @Test(
        "TCP options",
        arguments: [
            segment([2, 4, 5, 0xB4], nil),
            segment([2, 3, 5], "tcp: option 2 has length 3, not 4 (RFC 9293, section 3.2)"),
            segment([2, 2], "tcp: option 2 has length 2, not 4 (RFC 9293, section 3.2)"),
            segment([3, 3, 14], nil),
            segment([3, 3, 15], "tcp: the window scale is 15, above 14 (RFC 7323, section 2.3)"),
            segment([3, 4, 1, 1], "tcp: option 3 has length 4, not 3 (RFC 7323, section 2.2)"), segment([4, 2], nil),
            segment([4, 3, 0], "tcp: option 4 has length 3, not 2 (RFC 2018, section 2)"),
            segment([5, 10, 0, 0, 0, 1, 0, 0, 0, 9], nil, flags: 16),
            segment([5, 2], "tcp: option 5 has length 2, not 2 and a multiple of 8 (RFC 2018, section 3)", flags: 16),
            segment(
                [5, 9, 0, 0, 0, 1, 0, 0, 0],
                "tcp: option 5 has length 9, not 2 and a multiple of 8 (RFC 2018, section 3)", flags: 16),
            segment([8, 10, 0, 0, 0, 1, 0, 0, 0, 0], nil),
            segment([8, 6, 0, 0, 0, 1], "tcp: option 8 has length 6, not 10 (RFC 7323, section 3.2)"),
            segment([19, 4, 0, 0], "tcp: option 19 has length 4, not 18 (RFC 2385, section 3.0)"),
            segment([27, 4, 0, 0], "tcp: option 27 has length 4, not 8 (RFC 4782, section 4.2)"),
            segment([28, 3, 0], "tcp: option 28 has length 3, not 4 (RFC 5482, section 3.1)"),
            segment([29, 3, 0], "tcp: option 29 has length 3, not 4 or more (RFC 5925, section 2.2)"),
            segment([30, 2], "tcp: option 30 has length 2, not 3 or more (RFC 8684, section 3)"),
            segment([34, 2], nil), segment([34, 6, 1, 2, 3, 4], nil),
            segment(
                [34, 4, 1, 2], "tcp: option 34 has length 4, not 2, or 6 to 18 and even (RFC 7413, section 4.1.1)"),
            segment([2, 1], "tcp: an option has an invalid length"),
            segment(
                [2, 4, 5, 0xB4], "tcp: option 2 in a segment without SYN (RFC 9293, section 3.2)", flags: 16),
            segment([3, 3, 7], "tcp: option 3 in a segment without SYN (RFC 7323, section 2.2)", flags: 16),
            segment([4, 2], "tcp: option 4 in a segment without SYN (RFC 2018, section 2)", flags: 16),
            segment([253, 4, 0, 0], nil),
            Row(
                ipv4(6, tcp([]), to: group),
                "tcp: the destination is the group or broadcast address 239.1.2.3 (RFC 9293, section 3.9.2.3)"),
            Row(
                ipv6(6, tcp([]), to: group6),
                "tcp: the destination is the group or broadcast address ff05::1234 (RFC 9293, section 3.9.2.3)"),
        ])
    func tcpOptions(row: Row) { check(row) }

    @Test(
        "UDP without checksum",
        arguments: [
            Row(ipv4(17, Array(udp.prefix(6)) + [0, 0] + udp.suffix(4)), nil),
            Row(
                ipv6(17, Array(udp.prefix(6)) + [0, 0] + udp.suffix(4)),
                "udp: no checksum, which IPv6 requires (RFC 8200, section 8.1)"),
        ])
    func udpChecksum(row: Row) { check(row) }

    @Test("a quoted datagram is not judged: routers change it")
    func quotes() {
        let quoted = Self.ipv6(6, Self.tcp([2, 3, 5]), hopLimit: 0)
        let packet = Self.ipv6(58, Self.icmp(1, 4, [0, 0, 0, 0], quoted))
        #expect(Explanation(packet.rawBytes, startingAt: .datagram).problems.isEmpty)
    }
}
