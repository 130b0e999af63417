/// The purpose of an address according to the registries (IANA special-purpose
/// address registries, RFC 6890; IPv4 and IPv6 multicast address space).
public struct AddressKind: Hashable, Sendable {
    /// The name of the kind: `private use`, `documentation`, `multicast, link-local`.
    public var name: String
    /// The defining document; empty for plain global unicast.
    public var source: String
    /// Whether the address is globally reachable.
    public var isGlobal: Bool

    init(_ name: String, _ source: String, isGlobal: Bool = false) {
        self.name = name
        self.source = source
        self.isGlobal = isGlobal
    }
}

extension IPAddress {
    /// The purpose of the address according to the registries.
    public var kind: AddressKind {
        switch self {
        case .v4(let address): address.kind
        case .v6(let address): address.kind
        }
    }
}

extension IPv4Address {
    /// The purpose of the address according to the registries.
    public var kind: AddressKind {
        for row in Self.specialPurpose where rawValue >= row.first && rawValue <= row.last { return row.kind }
        return AddressKind("global unicast", "", isGlobal: true)
    }

    private struct Row: Sendable {
        var first: UInt32
        var last: UInt32
        var kind: AddressKind

        init(_ network: StaticString, _ name: String, _ source: String, isGlobal: Bool = false) {
            let parsed = IPv4Network(network.description)
            first = parsed?.address.rawValue ?? 1
            last = parsed?.lastAddress.rawValue ?? 0
            kind = AddressKind(name, source, isGlobal: isGlobal)
        }
    }

    /// The first matching row applies: narrow prefixes precede wide ones.
    private static let specialPurpose = [
        Row("0.0.0.0/32", "unspecified: this host on this network", "RFC 1122, section 3.2.1.3"),
        Row("0.0.0.0/8", "this network", "RFC 791, section 3.2"),
        Row("10.0.0.0/8", "private use", "RFC 1918"),
        Row("100.64.0.0/10", "shared by carrier-grade NAT", "RFC 6598"),
        Row("127.0.0.0/8", "loopback", "RFC 1122, section 3.2.1.3"),
        Row("169.254.0.0/16", "link-local", "RFC 3927"),
        Row("172.16.0.0/12", "private use", "RFC 1918"),
        Row("192.0.0.0/29", "IPv4 service continuity", "RFC 7335"),
        Row("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
        Row("192.0.0.9/32", "port control protocol anycast", "RFC 7723", isGlobal: true),
        Row("192.0.0.10/32", "TURN anycast", "RFC 8155", isGlobal: true),
        Row("192.0.0.170/31", "NAT64 and DNS64 discovery", "RFC 8880"),
        Row("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
        Row("192.0.2.0/24", "documentation (TEST-NET-1)", "RFC 5737"),
        Row("192.31.196.0/24", "AS112", "RFC 7535", isGlobal: true),
        Row("192.52.193.0/24", "automatic multicast tunneling", "RFC 7450", isGlobal: true),
        Row("192.88.99.0/24", "6to4 relay anycast, deprecated", "RFC 7526"),
        Row("192.168.0.0/16", "private use", "RFC 1918"),
        Row("192.175.48.0/24", "direct delegation AS112", "RFC 7534", isGlobal: true),
        Row("198.18.0.0/15", "benchmarking", "RFC 2544"),
        Row("198.51.100.0/24", "documentation (TEST-NET-2)", "RFC 5737"),
        Row("203.0.113.0/24", "documentation (TEST-NET-3)", "RFC 5737"),
        Row("224.0.0.0/24", "multicast, local network control", "RFC 5771, section 4"),
        Row("224.0.1.0/24", "multicast, internetwork control", "RFC 5771, section 5", isGlobal: true),
        Row("232.0.0.0/8", "multicast, source-specific", "RFC 5771, section 8", isGlobal: true),
        Row("233.252.0.0/24", "multicast, documentation", "RFC 6676"),
        Row("233.0.0.0/8", "multicast, GLOP", "RFC 3180", isGlobal: true),
        Row("234.0.0.0/8", "multicast, by unicast prefix", "RFC 6034", isGlobal: true),
        Row("239.255.0.0/16", "multicast, administratively scoped: local", "RFC 2365, section 6.1"),
        Row("239.192.0.0/14", "multicast, administratively scoped: organization", "RFC 2365, section 6.2"),
        Row("239.0.0.0/8", "multicast, administratively scoped", "RFC 2365"),
        Row("224.0.0.0/4", "multicast", "RFC 1112", isGlobal: true),
        Row("255.255.255.255/32", "limited broadcast", "RFC 919, section 7"),
        Row("240.0.0.0/4", "reserved", "RFC 1112, section 4"),
    ]
}

extension IPv6Address {
    /// The purpose of the address according to the registries.
    public var kind: AddressKind {
        if isMulticast { return multicastKind }
        for row in Self.specialPurpose where row.network?.contains(self) ?? false { return row.kind }
        return high >> 61 == 1
            ? AddressKind("global unicast", "RFC 4291, section 2.5.4", isGlobal: true)
            : AddressKind("unassigned", "RFC 4291, section 2.4")
    }

    private struct Row: Sendable {
        var network: IPv6Network?
        var kind: AddressKind

        init(_ network: StaticString, _ name: String, _ source: String, isGlobal: Bool = false) {
            self.network = IPv6Network(network.description)
            kind = AddressKind(name, source, isGlobal: isGlobal)
        }
    }

    private static let specialPurpose = [
        Row("::/128", "unspecified", "RFC 4291, section 2.5.2"),
        Row("::1/128", "loopback", "RFC 4291, section 2.5.3"),
        Row("::ffff:0:0/96", "IPv4-mapped", "RFC 4291, section 2.5.5.2"),
        Row("::/96", "IPv4-compatible, deprecated", "RFC 4291, section 2.5.5.1"),
        Row("64:ff9b::/96", "IPv4/IPv6 translation", "RFC 6052", isGlobal: true),
        Row("64:ff9b:1::/48", "local IPv4/IPv6 translation", "RFC 8215"),
        Row("100::/64", "discard only", "RFC 6666"),
        Row("2001::/32", "Teredo", "RFC 4380"),
        Row("2001:2::/48", "benchmarking", "RFC 5180"),
        Row("2001:20::/28", "ORCHIDv2", "RFC 7343", isGlobal: true),
        Row("2001:db8::/32", "documentation", "RFC 3849"),
        Row("2001::/23", "IETF protocol assignments", "RFC 2928"),
        Row("2002::/16", "6to4", "RFC 3056"),
        Row("3fff::/20", "documentation", "RFC 9637"),
        Row("5f00::/16", "segment routing", "RFC 9602"),
        Row("fc00::/7", "unique local", "RFC 4193"),
        Row("fe80::/10", "link-local", "RFC 4291, section 2.5.6"),
        Row("fec0::/10", "site-local, deprecated", "RFC 3879"),
    ]

    /// The scope of a multicast address (RFC 7346, section 2); nil for other addresses.
    public var multicastScope: String? {
        guard isMulticast else { return nil }
        return switch high >> 48 & 0xF {
        case 1: "interface-local"
        case 2: "link-local"
        case 3: "realm-local"
        case 4: "admin-local"
        case 5: "site-local"
        case 8: "organization-local"
        case 0xE: "global"
        case 0, 0xF: "reserved"
        default: "unassigned"
        }
    }

    private var multicastKind: AddressKind {
        let flags = high >> 52 & 0xF
        let scope = multicastScope ?? ""
        let isGlobal = high >> 48 & 0xF == 0xE
        if isSolicitedNode { return AddressKind("multicast, \(scope), solicited-node", "RFC 4291, section 2.7.1") }
        if flags & 3 == 3, high >> 32 & 0xFF == 0 {
            return AddressKind(
                "multicast, \(scope), source-specific or by unicast prefix", "RFC 3306", isGlobal: isGlobal)
        }
        return AddressKind(
            "multicast, \(scope)" + (flags & 1 == 0 ? ", well-known" : ", transient"), "RFC 4291, section 2.7",
            isGlobal: isGlobal)
    }

    /// Whether this is a solicited-node address, ff02::1:ff00:0/104.
    public var isSolicitedNode: Bool { high == 0xFF02 << 48 && low >> 24 == 0x0001_FF }

    /// The multicast group to which neighbor solicitations for this address are sent (RFC 4291, section 2.7.1).
    public var solicitedNodeGroup: IPv6Address {
        IPv6Address(high: 0xFF02 << 48, low: 0x0001_FF00_0000 | low & 0xFF_FFFF)
    }

    /// The MAC address in a modified EUI-64 interface identifier (RFC
    /// 4291, appendix A); nil if the identifier contains none.
    public var interfaceMAC: MACAddress? {
        guard low >> 24 & 0xFFFF == 0xFFFE else { return nil }
        return MACAddress(rawValue: ((low >> 40) << 24 | low & 0xFF_FFFF) ^ 0x0200_0000_0000)
    }

    /// The IPv4 address in an IPv4-mapped, translated, 6to4 or Teredo address.
    public var embeddedIPv4: IPv4Address? {
        if isIPv4Mapped || high == 0x0064_FF9B_0000_0000 && low >> 32 == 0 {
            return IPv4Address(rawValue: UInt32(truncatingIfNeeded: low))
        }
        if high >> 48 == 0x2002 { return IPv4Address(rawValue: UInt32(truncatingIfNeeded: high >> 16)) }
        // Teredo inverts the bits of the client's address (RFC 4380, section 4).
        if high >> 32 == 0x2001_0000 { return IPv4Address(rawValue: ~UInt32(truncatingIfNeeded: low)) }
        return nil
    }
}

extension MACAddress {
    /// The link-local IPv6 address derived from this address (RFC 4291, appendix A; RFC 2464, section 5).
    public var linkLocalAddress: IPv6Address {
        let turned = rawValue ^ 0x0200_0000_0000
        return IPv6Address(high: 0xFE80 << 48, low: (turned >> 24) << 40 | 0xFFFE << 24 | turned & 0xFF_FFFF)
    }

    /// The organizationally unique identifier (OUI), as a number.
    public var organization: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 24) }

    /// The IPv4 groups that map to this address (RFC 1112, section 6.4): the
    /// first of 32, because 5 bits are not mapped; nil if no group maps to it.
    public var firstIPv4Group: IPv4Address? {
        guard rawValue >> 23 == 0x0100_5E00_0000 >> 23 else { return nil }
        return IPv4Address(rawValue: 0xE000_0000 | UInt32(truncatingIfNeeded: rawValue & 0x7F_FFFF))
    }
}
