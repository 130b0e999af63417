import WireFormat

/// An event of ARP or neighbor discovery.
public enum NeighborEvent<Address: Hashable & Sendable>: Hashable, Sendable {
    /// A frame to send.
    case frame([UInt8])
    /// A datagram was dropped because its next hop did not reply.
    case undeliverable([UInt8], nextHop: Address)
    /// A datagram was dropped because the queue was full.
    case crowdedOut([UInt8], nextHop: Address)
    case resolved(Address, MACAddress)
    /// The MAC address of a neighbor changed.
    case moved(Address, from: MACAddress, to: MACAddress)
    case expired(Address, MACAddress)
    /// No station replied for the address.
    case unresolved(Address)
    /// Another station claims an address of this host (RFC 5227, section 2.4; RFC 4862, section 5.4.4).
    case conflict(Address, MACAddress)
}

/// A bounded queue of datagrams whose next hop is being resolved.
struct NeighborQueue: Sendable {
    private(set) var datagrams: [[UInt8]] = []
    private let depth: Int

    init(depth: Int) { self.depth = max(depth, 1) }

    /// - Returns: the datagram that was dropped, or nil if there was room.
    mutating func append(_ datagram: [UInt8]) -> [UInt8]? {
        datagrams.append(datagram)
        return datagrams.count > depth ? datagrams.removeFirst() : nil
    }
}
