import WireFormat

// A link-local address is unique on its link only. As in the KAME stack, the interface is kept in bits of the address
// that are 0 in every link-local address (RFC 4291, section 2.5.6), so that one set of addresses has fe80::1 of several
// links. These bits never leave this host.

extension IPv6Address {
    /// Whether the bits for the interface are free.
    private var hasRoomForScope: Bool { isLinkLocal && high & 0x003F_FFFF_FFFF_FFFF == 0 }

    /// The index of the interface in a link-local address; 0 for none.
    fileprivate var scope: UInt32 { isLinkLocal ? UInt32(truncatingIfNeeded: high) : 0 }

    fileprivate func scoped(to interface: UInt32) -> IPv6Address? {
        hasRoomForScope ? IPv6Address(high: high | UInt64(interface), low: low) : nil
    }

    fileprivate var withoutScope: IPv6Address {
        isLinkLocal ? IPv6Address(high: high & 0xFFFF_FFFF_0000_0000, low: low) : self
    }
}

extension IPAddress {
    /// Returns a link-local address with its interface; nil if it is none, or not of the form fe80::/64.
    public func scoped(to interface: UInt32) -> IPAddress? {
        guard case .v6(let address) = self else { return nil }
        return address.scoped(to: interface).map { .v6($0) }
    }

    /// The index of the interface in a link-local address; 0 for none.
    public var scope: UInt32 {
        guard case .v6(let address) = self else { return 0 }
        return address.scope
    }

    /// The address as in packets.
    public var withoutScope: IPAddress {
        guard case .v6(let address) = self else { return self }
        return .v6(address.withoutScope)
    }
}
