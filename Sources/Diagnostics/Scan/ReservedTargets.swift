import WireFormat

/// Addresses that do not belong to a single host, which a scan must not probe.
package enum ReservedTargets {
    /// "This network", multicast, class E with the limited broadcast address (RFC 6890; RFC 1112, section 4); in IPv6
    /// the unspecified address and multicast.
    package static let everywhere = set([
        ("0.0.0.0", "0.255.255.255"), ("224.0.0.0", "255.255.255.255"), ("::", "::"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])

    /// Loopback and IPv4's link-local addresses, which no network forwards (RFC 6890, section 2.2.2): left out of larger
    /// ranges, but scanned if they are named themselves.
    package static let unlessNamed = set([
        ("127.0.0.0", "127.255.255.255"), ("169.254.0.0", "169.254.255.255"), ("::1", "::1"),
    ])

    /// The directed broadcast address of an attached network, and its obsolete all-zeros form (RFC 1122, section
    /// 3.2.1.3); nothing for networks of 1 or 2 hosts.
    package static func broadcasts(of address: IPv4Address, prefixLength: Int) -> [IPAddress] {
        guard prefixLength < 31, let network = IPv4Network(address, prefixLength: prefixLength) else { return [] }
        return [.v4(network.address), .v4(network.lastAddress)]
    }

    private static func set(_ ranges: [(String, String)]) -> [(first: IPAddress, last: IPAddress)] {
        ranges.compactMap { first, last in
            guard let first = IPAddress(first), let last = IPAddress(last) else { return nil }
            return (first, last)
        }
    }
}

extension AddressSet {
    /// Removes reserved addresses from ranges of any size.
    /// - Returns: the number of addresses removed.
    public mutating func exclude(_ ranges: [(first: IPAddress, last: IPAddress)]) -> Int {
        let before = count
        for (first, last) in ranges { remove(from: first, through: last) }
        return before - count
    }
}
