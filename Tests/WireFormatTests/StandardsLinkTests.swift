import Testing
import WireFormat

/// Ethernet, VLAN, ARP and DHCP.
extension StandardsTests {
    static let mac: [UInt8] = [2, 0, 0, 0, 0, 1]
    static let request: [UInt8] =
        [0, 1, 8, 0, 6, 4, 0, 1] + mac + client + [0, 0, 0, 0, 0, 0] + server + zeros(18)

    static func frame(_ type: [UInt8], _ data: [UInt8], from source: [UInt8] = mac, _ problem: String?) -> Row {
        Row([2, 0, 0, 0, 0, 2] + source + type + data, problem, .ethernet)
    }

    static func changed(_ packet: [UInt8], _ offset: Int, _ value: UInt8) -> [UInt8] {
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

    static func dhcp(
        _ options: [UInt8], operation: UInt8 = 1, hops: UInt8 = 0, hardwareLength: UInt8 = 6, flags: UInt8 = 0
    ) -> [UInt8] {
        let message =
            [operation, 1, hardwareLength, hops, 1, 2, 3, 4, 0, 0, 0, flags] + zeros(16) + mac + zeros(202)
            + [99, 130, 83, 99] + options + [255]
        let length = 8 + message.count
        let ports: [UInt8] = operation == 2 ? [0, 67, 0, 68] : [0, 68, 0, 67]
        return ipv4(17, ports + word(length) + [0, 1] + message)
    }

    static let server54: [UInt8] = [54, 4, 192, 0, 2, 1]

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
}
