import WireFormat

/// Addresses that no host has: a scan of them would reach many at once, or nobody.
package enum ReservedTargets {
    /// "This network", groups, class E with the limited broadcast address (RFC 6890; RFC 1112,
    /// section 4); in IPv6 the unspecified address and groups.
    package static let everywhere = set([
        ("0.0.0.0", "0.255.255.255"), ("224.0.0.0", "255.255.255.255"), ("::", "::"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])

    /// The directed broadcast address of a network of ours, and its old form of all zeros (RFC 1122,
    /// section 3.2.1.3); none of networks of one or two hosts.
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
    /// Takes ranges out, of whatever size.
    /// - Returns: how many addresses that were.
    public mutating func exclude(_ ranges: [(first: IPAddress, last: IPAddress)]) -> Int {
        let before = count
        for (first, last) in ranges { remove(from: first, through: last) }
        return before - count
    }
}

/// What a segment offers, in the words of the contract's JSON.
package enum SegmentOptions {
    /// `mss 1460`, `sack-permitted`, `timestamps`, `nop`, `window-scale 7`: in their order; what stands
    /// behind the end of the list is padding.
    package static func names(_ bytes: [UInt8]) -> [String] {
        TCPOptions(bytes.rawBytes).list.compactMap { option in
            switch option {
            case .endOfOptionList: nil
            case .noOperation: "nop"
            case .maximumSegmentSize(let size): "mss \(size)"
            case .windowScale(let shift): "window-scale \(shift)"
            case .selectiveAcknowledgmentPermitted: "sack-permitted"
            case .selectiveAcknowledgment: "sack"
            case .timestamps: "timestamps"
            case .multipath: "mptcp"
            case .fastOpen: "fast-open"
            case .unknown(let kind, _): "kind \(kind)"
            }
        }
    }
}
