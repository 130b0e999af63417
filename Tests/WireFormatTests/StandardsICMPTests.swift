import Testing
import WireFormat

/// ICMP, ICMPv6, neighbor discovery, IGMP and MLD.
extension StandardsTests {
    static let quote = ipv4(17, Array(udp.prefix(8)))
    static let quote6 = ipv6(17, udp)

    static func icmp(_ type: UInt8, _ code: UInt8, _ rest: [UInt8] = [0, 0, 0, 0], _ data: [UInt8] = [])
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

    static let sourceOption: [UInt8] = [1, 1, 2, 0, 0, 0, 0, 1]
    static let solicitation = icmp(135, 0, [0, 0, 0, 0], server6)
    static let advertisement = icmp(134, 0, [64, 0, 7, 8], [UInt8](repeating: 0, count: 8))

    static func router(_ options: [UInt8], _ problem: String?) -> Row {
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

    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

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

    static let alert: [UInt8] = [148, 4, 0, 0]
    static let alert6: [UInt8] = [58, 0, 5, 2, 0, 0, 1, 0]

    static func igmp(
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

    static func mld(
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
}
