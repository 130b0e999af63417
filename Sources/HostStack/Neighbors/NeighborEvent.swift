import WireFormat

/// What the resolution of a link's addresses wants done, or wants known.
public enum NeighborEvent<Address: Hashable & Sendable>: Hashable, Sendable {
    /// A frame for the link.
    case frame([UInt8])
    /// A datagram was given up: its next hop does not answer.
    case undeliverable([UInt8], nextHop: Address)
    /// A datagram was given up because too many wait.
    case crowdedOut([UInt8], nextHop: Address)
    case resolved(Address, MACAddress)
    /// Another machine has the address now.
    case moved(Address, from: MACAddress, to: MACAddress)
    case expired(Address, MACAddress)
    /// Nobody answers for the address.
    case unresolved(Address)
    /// Another machine says that it has an address of ours (RFC 5227, section 2.4; RFC 4862, section 5.4.4).
    case conflict(Address, MACAddress)
}
