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

    private func check(_ row: Row) {
        let found = Explanation(
            row.packet.rawBytes, startingAt: .link(row.linkType), originalLength: row.packet.count
        ).problems
        #expect(found == (row.problem.map { [$0] } ?? []))
    }

    // MARK: IP

    private static let client: [UInt8] = [192, 0, 2, 1]
    private static let server: [UInt8] = [198, 51, 100, 2]
    private static let group: [UInt8] = [239, 1, 2, 3]
    private static let client6 = bytes("20010db8 00000000 00000000 00000001")
    private static let server6 = bytes("20010db8 00010000 00000000 00000002")
    private static let linkLocal = bytes("fe800000 00000000 00000000 00000001")
    private static let unspecified = [UInt8](repeating: 0, count: 16)
    private static let group6 = bytes("ff050000 00000000 00000000 00001234")
    private static let solicitedNode = bytes("ff020000 00000000 00000001 ff000002")

    private static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

    private static func ipv4(
        _ transport: UInt8, _ data: [UInt8], ttl: UInt8 = 64, options: [UInt8] = [], fragment: Int = 0,
        from source: [UInt8] = client, to destination: [UInt8] = server
    ) -> [UInt8] {
        let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
        return [0x45 + UInt8(padded.count / 4), 0] + word(20 + padded.count + data.count) + [0, 7] + word(fragment)
            + [ttl, transport, 0, 0] + source + destination + padded + data
    }

    private static func ipv6(
        _ next: UInt8, _ data: [UInt8], hopLimit: UInt8 = 64, from source: [UInt8] = client6,
        to destination: [UInt8] = server6, payloadLength: Int? = nil
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + word(payloadLength ?? data.count) + [next, hopLimit] + source + destination + data
    }

    private static let udp: [UInt8] = [0x9C, 0x40, 0x82, 0x9A, 0, 12, 0, 1, 1, 2, 3, 4]

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

    private static let padding: [UInt8] = [17, 0, 1, 4, 0, 0, 0, 0]
    private static let mobile = [17, 2, 2, 1, 0, 0, 0, 0] + client6

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

    private static func tcp(_ options: [UInt8], flags: UInt8 = 2) -> [UInt8] {
        let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
        return bytes("9c40 0050 00000007 00000000") + [UInt8(5 + padded.count / 4) << 4, flags]
            + bytes("faf0 0000 0000") + padded
    }

    private static func segment(_ options: [UInt8], _ problem: String?, flags: UInt8 = 2) -> Row {
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

    // MARK: ICMP

    private static let quote = ipv4(17, Array(udp.prefix(8)))
    private static let quote6 = ipv6(17, udp)

    private static func icmp(_ type: UInt8, _ code: UInt8, _ rest: [UInt8] = [0, 0, 0, 0], _ data: [UInt8] = [])
        -> [UInt8]
    {
        [type, code, 0, 0] + rest + data
    }

    @Test(
        "ICMP",
        arguments: [
            Row(ipv4(1, icmp(8, 0)), nil),
            Row(ipv4(1, icmp(8, 9)), "icmp: code 9 of a message that has only code 0 (RFC 792)"),
            Row(ipv4(1, icmp(4, 0, [0, 0, 0, 0], quote)), "icmp: source quench is deprecated (RFC 6633, section 3)"),
            Row(ipv4(1, icmp(3, 4, [0, 0, 0, 60], quote)), "icmp: an MTU of 60, below 68 (RFC 1191, section 3)"),
            Row(ipv4(1, icmp(3, 4, [0, 0, 0, 0], quote)), nil), Row(ipv4(1, icmp(3, 3, [0, 0, 0, 0], quote)), nil),
            Row(
                ipv4(1, icmp(3, 3, [0, 0, 0, 0], [1, 2, 3, 4])),
                "icmp: the error does not quote an IP header (RFC 1122, section 3.2.2)"),
            Row(
                ipv4(1, icmp(3, 3, [0, 0, 0, 0], ipv4(1, icmp(11, 0)))),
                "icmp: an error about an ICMP error (RFC 1122, section 3.2.2)"),
            Row(
                ipv4(1, icmp(11, 0, [0, 0, 0, 0], ipv4(17, udp, to: group))),
                "icmp: an error about a datagram to 239.1.2.3 (RFC 1122, section 3.2.2)"),
            Row(
                ipv4(1, icmp(11, 0, [0, 0, 0, 0], ipv4(17, udp, fragment: 2))),
                "icmp: an error about a fragment other than the first (RFC 1122, section 3.2.2)"),
            Row(ipv4(1, icmp(9, 0, [1, 2, 7, 8], client + [0, 0, 0, 0]), ttl: 1, to: [224, 0, 0, 1]), nil),
            Row(
                ipv4(1, icmp(9, 0, [1, 2, 7, 8], client + [0, 0, 0, 0]), to: [224, 0, 0, 1]),
                "icmp: the TTL is 64, not 1 (RFC 1256, section 3)"),
            Row(
                ipv4(1, icmp(9, 0, [0, 2, 7, 8])),
                "icmp: a router advertisement without addresses (RFC 1256, section 5.2)"),
            Row(
                ipv4(1, icmp(9, 0, [1, 1, 7, 8], client + [0, 0, 0, 0])),
                "icmp: an entry size below 2 words (RFC 1256, section 5.2)"),
        ])
    func icmpMessages(row: Row) { check(row) }

    @Test(
        "ICMPv6",
        arguments: [
            Row(ipv6(58, icmp(128, 0)), nil),
            Row(ipv6(58, icmp(128, 1)), "icmpv6: code 1 of a message that has only code 0 (RFC 4443, section 4)"),
            Row(ipv6(58, icmp(2, 0, [0, 0, 5, 0], quote6)), nil),
            Row(
                ipv6(58, icmp(2, 0, [0, 0, 4, 0], quote6)), "icmpv6: an MTU of 1024, below 1280 (RFC 8201, section 4)"),
            Row(
                ipv6(58, icmp(1, 4, [0, 0, 0, 0], [1, 2, 3, 4])),
                "icmpv6: the error does not quote an IPv6 header (RFC 4443, section 2.4)"),
            Row(
                ipv6(58, icmp(1, 4, [0, 0, 0, 0], ipv6(58, icmp(3, 0)))),
                "icmpv6: an error about an ICMPv6 error or redirect (RFC 4443, section 2.4)"),
            Row(
                ipv6(58, icmp(1, 4, [0, 0, 0, 0], ipv6(17, udp, to: group6))),
                "icmpv6: an error about a packet to ff05::1234 (RFC 4443, section 2.4)"),
            Row(ipv6(58, icmp(2, 0, [0, 0, 5, 0], ipv6(17, udp, to: group6))), nil),
            Row(
                ipv6(58, icmp(1, 4, [0, 0, 0, 0], ipv6(17, udp, from: unspecified))),
                "icmpv6: an error about a packet from :: (RFC 4443, section 2.4)"),
            Row(
                ipv6(58, icmp(1, 4, [0, 0, 0, 0], quote6 + [UInt8](repeating: 0, count: 1_200))),
                "icmpv6: an error longer than 1280 bytes (RFC 4443, section 2.4)"),
        ])
    func icmpv6Messages(row: Row) { check(row) }

    // MARK: Neighbor discovery

    private static let sourceOption: [UInt8] = [1, 1, 2, 0, 0, 0, 0, 1]
    private static let solicitation = icmp(135, 0, [0, 0, 0, 0], server6)
    private static let advertisement = icmp(134, 0, [64, 0, 7, 8], [UInt8](repeating: 0, count: 8))

    private static func router(_ options: [UInt8], _ problem: String?) -> Row {
        Row(ipv6(58, advertisement + options, hopLimit: 255, from: linkLocal), problem)
    }

    @Test(
        "neighbor discovery",
        arguments: [
            Row(ipv6(58, solicitation + sourceOption, hopLimit: 255), nil),
            Row(
                ipv6(58, solicitation, hopLimit: 64), "ndp: the hop limit is 64, not 255 (RFC 4861, section 7.1.1)"),
            Row(
                ipv6(58, advertisement, hopLimit: 254, from: linkLocal),
                "ndp: the hop limit is 254, not 255 (RFC 4861, section 6.1.2)"),
            Row(ipv6(58, icmp(133, 0), hopLimit: 1), "ndp: the hop limit is 1, not 255 (RFC 4861, section 6.1.1)"),
            Row(
                ipv6(58, icmp(136, 0, [0x60, 0, 0, 0], server6), hopLimit: 1),
                "ndp: the hop limit is 1, not 255 (RFC 4861, section 7.1.2)"),
            Row(
                ipv6(58, icmp(137, 0, [0, 0, 0, 0], linkLocal + server6), hopLimit: 1, from: linkLocal),
                "ndp: the hop limit is 1, not 255 (RFC 4861, section 8.1)"),
            Row(
                ipv6(58, icmp(133, 1), hopLimit: 255), "ndp: the code is 1, not 0 (RFC 4861, section 6.1.1)"),
            Row(
                ipv6(58, icmp(133, 0) + sourceOption, hopLimit: 255, from: unspecified),
                "ndp: a source link-layer address from the unspecified address (RFC 4861, section 6.1.1)"),
            Row(
                ipv6(58, advertisement, hopLimit: 255),
                "ndp: the source 2001:db8::1 is not link-local (RFC 4861, section 6.1.2)"),
            Row(
                ipv6(58, icmp(135, 0, [0, 0, 0, 0], group6), hopLimit: 255),
                "ndp: the target is the group address ff05::1234 (RFC 4861, section 7.1.1)"),
            Row(ipv6(58, solicitation, hopLimit: 255, from: unspecified, to: solicitedNode), nil),
            Row(
                ipv6(58, solicitation, hopLimit: 255, from: unspecified),
                "ndp: duplicate address detection not sent to the solicited-node group (RFC 4861, section 7.1.1)"),
            Row(
                ipv6(58, solicitation + sourceOption, hopLimit: 255, from: unspecified, to: solicitedNode),
                "ndp: a source link-layer address from the unspecified address (RFC 4861, section 7.1.1)"),
            Row(
                ipv6(
                    58, icmp(136, 0, [0x60, 0, 0, 0], server6), hopLimit: 255,
                    to: bytes("ff02 0000 00000000 00000000 00000001")),
                "ndp: the Solicited flag in an advertisement to a group (RFC 4861, section 7.1.2)"),
            Row(
                ipv6(58, icmp(136, 0, [0, 0, 0, 0], group6), hopLimit: 255),
                "ndp: the target is the group address ff05::1234 (RFC 4861, section 7.1.2)"),
            Row(ipv6(58, icmp(137, 0, [0, 0, 0, 0], linkLocal + server6), hopLimit: 255, from: linkLocal), nil),
            Row(
                ipv6(58, icmp(137, 0, [0, 0, 0, 0], linkLocal + server6), hopLimit: 255),
                "ndp: the source 2001:db8::1 is not link-local (RFC 4861, section 8.1)"),
            Row(
                ipv6(58, icmp(137, 0, [0, 0, 0, 0], linkLocal + group6), hopLimit: 255, from: linkLocal),
                "ndp: the redirected destination is the group address ff05::1234 (RFC 4861, section 8.1)"),
            Row(
                ipv6(58, icmp(137, 0, [0, 0, 0, 0], client6 + server6), hopLimit: 255, from: linkLocal),
                "ndp: the target 2001:db8::1 is neither link-local nor the destination (RFC 4861, section 8.1)"),
            Row(
                ipv6(44, [58, 0, 0, 1, 0, 0, 0, 9] + solicitation, hopLimit: 255),
                "ndp: the message is fragmented (RFC 6980, section 5)"),
            Row(
                ipv6(58, solicitation + [1, 0, 0, 0, 0, 0, 0, 0], hopLimit: 255),
                "ndp: an option has an invalid length"),
        ])
    func neighborDiscovery(row: Row) { check(row) }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test(
        "options of neighbor discovery",
        arguments: [
            router([25, 3] + zeros(22), nil),
            router([25, 4] + zeros(30), "ndp: option 25 has length 4, not odd and 3 or more (RFC 8106, section 5.1)"),
            router([25, 1] + zeros(6), "ndp: option 25 has length 1, not odd and 3 or more (RFC 8106, section 5.1)"),
            router([31, 1] + zeros(6), "ndp: option 31 has length 1, not 2 or more (RFC 8106, section 5.2)"),
            router([3, 4, 64, 0xC0] + zeros(28), nil),
            router([3, 3] + zeros(22), "ndp: option 3 has length 3, not 4 (RFC 4861, section 4.6.2)"),
            router([3, 4, 129] + zeros(29), "ndp: the prefix length is 129, above 128 (RFC 4861, section 4.6.2)"),
            router(
                [3, 4, 64, 0xC0, 0, 0, 0, 1, 0, 0, 0, 2] + zeros(20),
                "ndp: the preferred lifetime exceeds the valid lifetime (RFC 4862, section 5.5.3)"),
            router([5, 1, 0, 0, 0, 0, 5, 0xDC], nil),
            router([5, 2] + zeros(14), "ndp: option 5 has length 2, not 1 (RFC 4861, section 4.6.4)"),
            router([5, 1, 0, 0, 0, 0, 4, 0], "ndp: an MTU of 1024, below 1280 (RFC 8200, section 5)"),
            router([7, 2] + zeros(14), "ndp: option 7 has length 2, not 1 (RFC 6275, section 7.3)"),
            router([8, 2] + zeros(14), "ndp: option 8 has length 2, not 1 (RFC 6275, section 7.4)"),
            router([24, 2, 64] + zeros(13), nil), router([24, 1] + zeros(6), nil),
            router(
                [24, 2, 65] + zeros(13), "ndp: option 24 has length 2, not that of its prefix (RFC 4191, section 2.3)"),
            router([26, 2] + zeros(14), "ndp: option 26 has length 2, not 1 (RFC 5175, section 3)"),
            router([38, 1] + zeros(6), "ndp: option 38 has length 1, not 2 (RFC 8781, section 4)"),
            router([38, 2, 0, 6] + zeros(12), "ndp: the prefix length code is above 5 (RFC 8781, section 4)"),
            router([200, 1] + zeros(6), nil),
        ])
    func neighborOptions(row: Row) { check(row) }

    // MARK: Groups

    private static let alert: [UInt8] = [148, 4, 0, 0]
    private static let alert6: [UInt8] = [58, 0, 5, 2, 0, 0, 1, 0]

    private static func igmp(
        _ type: UInt8, _ code: UInt8 = 0, _ rest: [UInt8] = group, ttl: UInt8 = 1, options: [UInt8] = alert
    ) -> [UInt8] {
        ipv4(2, [type, code, 0, 0] + rest, ttl: ttl, options: options, to: group)
    }

    @Test(
        "IGMP",
        arguments: [
            Row(igmp(0x16), nil), Row(igmp(0x17), nil), Row(igmp(0x12, options: []), nil),
            Row(igmp(0x11, 0, [0, 0, 0, 0], options: []), nil), Row(igmp(0x11, 100, [0, 0, 0, 0]), nil),
            Row(igmp(0x22, 0, [0, 0, 0, 1, 4, 0, 0, 0] + group), nil),
            Row(igmp(0x13, ttl: 64, options: []), nil),
            Row(igmp(0x16, ttl: 64), "igmp: the TTL is 64, not 1 (RFC 2236, section 2)"),
            Row(igmp(0x12, ttl: 2, options: []), "igmp: the TTL is 2, not 1 (RFC 1112, appendix I)"),
            Row(
                igmp(0x22, 0, [0, 0, 0, 1, 4, 0, 0, 0] + group, ttl: 255),
                "igmp: the TTL is 255, not 1 (RFC 3376, section 4)"),
            Row(igmp(0x16, options: []), "igmp: no router alert option (RFC 2236, section 2)"),
            Row(
                igmp(0x11, 100, [0, 0, 0, 0, 2, 125, 0, 0], options: []),
                "igmp: no router alert option (RFC 3376, section 4)"),
            Row(igmp(0x11, 100, client), "igmp: 192.0.2.1 is not a group address (RFC 2236, section 2)"),
            Row(igmp(0x16, 0, client), "igmp: 192.0.2.1 is not a group that hosts report (RFC 2236, section 2)"),
            Row(
                igmp(0x16, 0, [224, 0, 0, 1]),
                "igmp: 224.0.0.1 is not a group that hosts report (RFC 2236, section 2)"),
            Row(
                igmp(0x22, 0, [0, 0, 0, 1, 4, 0, 0, 0] + client),
                "igmp: 192.0.2.1 is not a group that hosts report (RFC 3376, section 4)"),
        ])
    func groupMessages(row: Row) { check(row) }

    private static func mld(
        _ type: UInt8, _ rest: [UInt8] = [0, 0, 0, 0] + group6, code: UInt8 = 0, hopLimit: UInt8 = 1,
        from source: [UInt8] = linkLocal, isAlert: Bool = true
    ) -> [UInt8] {
        let message = [type, code, 0, 0] + rest
        return isAlert
            ? ipv6(0, alert6 + message, hopLimit: hopLimit, from: source, to: group6)
            : ipv6(58, message, hopLimit: hopLimit, from: source, to: group6)
    }

    @Test(
        "MLD",
        arguments: [
            Row(mld(131), nil), Row(mld(131, from: unspecified), nil), Row(mld(132), nil), Row(mld(130), nil),
            Row(mld(143, [0, 0, 0, 1, 4, 0, 0, 0] + group6), nil),
            Row(mld(131, hopLimit: 64), "mld: the hop limit is 64, not 1 (RFC 2710, section 3)"),
            Row(
                mld(143, [0, 0, 0, 1, 4, 0, 0, 0] + group6, hopLimit: 255),
                "mld: the hop limit is 255, not 1 (RFC 3810, section 5)"),
            Row(mld(131, from: client6), "mld: the source 2001:db8::1 is not link-local (RFC 2710, section 3)"),
            Row(mld(130, from: unspecified), "mld: the source :: is not link-local (RFC 2710, section 3)"),
            Row(mld(131, isAlert: false), "mld: no router alert option (RFC 2710, section 3)"),
            Row(mld(131, code: 1), "mld: the code is 1, not 0 (RFC 2710, section 3)"),
            Row(
                mld(131, [0, 0, 0, 0] + client6),
                "mld: 2001:db8::1 is not a group that hosts report (RFC 2710, section 3)"),
            Row(mld(130, [0, 0, 0, 0] + client6), "mld: 2001:db8::1 is not a group address (RFC 2710, section 3)"),
            Row(mld(130, [0, 0, 0, 0] + group6 + [0]), "mld: a query of 25 bytes (RFC 3810, section 8.1)"),
        ])
    func listenerMessages(row: Row) { check(row) }

    // MARK: Link

    private static let mac: [UInt8] = [2, 0, 0, 0, 0, 1]
    private static let request: [UInt8] =
        [0, 1, 8, 0, 6, 4, 0, 1] + mac + client + [0, 0, 0, 0, 0, 0] + server + zeros(18)

    private static func frame(_ type: [UInt8], _ data: [UInt8], from source: [UInt8] = mac, _ problem: String?) -> Row {
        Row([2, 0, 0, 0, 0, 2] + source + type + data, problem, .ethernet)
    }

    private static func changed(_ packet: [UInt8], _ offset: Int, _ value: UInt8) -> [UInt8] {
        var packet = packet
        packet[offset] = value
        return packet
    }

    @Test(
        "Ethernet, VLAN and ARP",
        arguments: [
            frame([8, 6], request, nil),
            frame(
                [8, 6], request, from: [3, 0, 0, 0, 0, 1],
                "ethernet: the source is the group address 03:00:00:00:00:01 (IEEE 802.3, clause 3.2.3)"),
            frame(
                [5, 0xFF], zeros(46), "ethernet: 1535 is neither a length nor an EtherType (IEEE 802.3, clause 3.2.6)"),
            frame(
                [0, 60], [0x42, 0x42, 3] + zeros(43),
                "ethernet: the length is 60, but the frame has 46 (IEEE 802.3, clause 3.2.6)"),
            frame([0, 38], [0x42, 0x42, 3] + zeros(43), nil), frame([0x81, 0, 0x0F, 0xFE, 8, 6], request, nil),
            frame(
                [0x81, 0, 0x0F, 0xFF, 8, 6], request, "vlan: the identifier 4095 is reserved (IEEE 802.1Q, clause 9.6)"),
            frame([8, 6], changed(request, 4, 5), "arp: Ethernet addresses of 5 bytes, not 6 (RFC 826)"),
            frame([8, 6], changed(request, 5, 6), "arp: IPv4 addresses of 6 bytes, not 4 (RFC 826)"),
            frame([8, 6], changed(request, 7, 0), "arp: the operation 0 is reserved (RFC 5494, section 3)"),
            frame(
                [8, 6], changed(request, 8, 1),
                "arp: the sender is the group address 01:00:00:00:00:01 (RFC 1812, section 3.3.2)"),
        ])
    func link(row: Row) { check(row) }

    // MARK: DHCP

    private static func dhcp(
        _ options: [UInt8], operation: UInt8 = 1, hops: UInt8 = 0, hardwareLength: UInt8 = 6, flags: UInt8 = 0
    ) -> [UInt8] {
        let message =
            [operation, 1, hardwareLength, hops, 1, 2, 3, 4, 0, 0, 0, flags] + zeros(16) + mac + zeros(202)
            + [99, 130, 83, 99] + options + [255]
        let length = 8 + message.count
        let ports: [UInt8] = operation == 2 ? [0, 67, 0, 68] : [0, 68, 0, 67]
        return ipv4(17, ports + word(length) + [0, 1] + message)
    }

    private static let server54: [UInt8] = [54, 4, 192, 0, 2, 1]

    @Test(
        "DHCP",
        arguments: [
            Row(dhcp([53, 1, 1]), nil),
            Row(dhcp([53, 1, 1], hops: 17), "dhcp: 17 hops, above 16 (RFC 1542, section 4.1.1)"),
            Row(
                dhcp([53, 1, 1], hardwareLength: 8),
                "dhcp: Ethernet addresses of 8 bytes, not 6 (RFC 2131, section 2)"),
            Row(dhcp([53, 1, 1], flags: 1), "dhcp: reserved flags are set (RFC 2131, section 2)"),
            Row(dhcp([12, 1, 97], operation: 3), "dhcp: the operation is 3, not 1 or 2 (RFC 2131, section 2)"),
            Row(
                dhcp([53, 1, 1, 50, 3, 1, 2, 3]),
                "dhcp: option 50 (requested_ip_address) has 3 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([53, 2, 1, 1]), "dhcp: option 53 (message_type) has 2 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([3, 0]), "dhcp: option 3 (router) has 0 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([12, 0]), "dhcp: option 12 (host_name) has 0 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([19, 1, 2]), "dhcp: option 19 (ip_forwarding) has 1 bytes, which do not fit it (RFC 2132)"),
            Row(
                dhcp([33, 4, 1, 2, 3, 4]), "dhcp: option 33 (static_route) has 4 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([61, 1, 1]), "dhcp: option 61 (client_identifier) has 1 bytes, which do not fit it (RFC 2132)"),
            Row(dhcp([61, 2, 0, 97]), nil), Row(dhcp([68, 0]), nil), Row(dhcp([80, 0]), nil),
            Row(
                dhcp([80, 1, 0]),
                "dhcp: option 80 (rapid_commit) has 1 bytes, which do not fit it (RFC 4039, section 4)"),
            Row(
                dhcp([97, 2, 0, 0]),
                "dhcp: option 97 (client_machine_identifier) has 2 bytes, which do not fit it (RFC 4578, section 2)"),
            Row(
                dhcp([121, 2, 24, 1]),
                "dhcp: option 121 (classless_static_route) has 2 bytes, which do not fit it (RFC 3442)"),
            Row(
                dhcp([57, 2, 1, 0]), "dhcp: option 57 (maximum_message_size) is 256, below 576 (RFC 2132, section 9.10)"
            ),
            Row(dhcp([26, 2, 0, 60]), "dhcp: option 26 (interface_mtu) is 60, below 68 (RFC 2132, section 5.1)"),
            Row(dhcp([23, 1, 0]), "dhcp: option 23 (default_ip_ttl) is 0, below 1 (RFC 2132, section 4.5)"),
            Row(
                dhcp([46, 1, 3]), "dhcp: option 46 (netbios_node_type) is 3, not 1, 2, 4 or 8 (RFC 2132, section 8.7)"),
            Row(dhcp([53, 1, 0]), "dhcp: the message type is 0 (RFC 2132, section 9.6)"),
            Row(dhcp([53, 1, 2, 51, 4, 0, 0, 0, 9] + server54, operation: 2), nil),
            Row(
                dhcp([53, 1, 2] + server54, operation: 2),
                "dhcp: offer without option 51 (ip_address_lease_time) (RFC 2131, section 4.3.1)"),
            Row(
                dhcp([53, 1, 5], operation: 2),
                "dhcp: ack without option 54 (server_identifier) (RFC 2131, section 4.3.1)"),
            Row(
                dhcp([53, 1, 4] + server54),
                "dhcp: decline without option 50 (requested_ip_address) (RFC 2131, section 4.4.1)"),
            Row(dhcp([53, 1, 1], operation: 2), "dhcp: the operation of discover is 2 (RFC 2131, section 4.1)"),
            Row(dhcp([224, 0]), nil),
        ])
    func dhcpMessages(row: Row) { check(row) }

    @Test("a quoted datagram is not judged: routers change it")
    func quotes() {
        let quoted = Self.ipv6(6, Self.tcp([2, 3, 5]), hopLimit: 0)
        let packet = Self.ipv6(58, Self.icmp(1, 4, [0, 0, 0, 0], quoted))
        #expect(Explanation(packet.rawBytes, startingAt: .datagram).problems.isEmpty)
    }
}
