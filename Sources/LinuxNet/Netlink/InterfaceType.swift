/// The type of an interface's link, a value of ARPHRD_* (linux/if_arp.h).
public struct InterfaceType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let ethernet = InterfaceType(rawValue: 1)
    public static let loopback = InterfaceType(rawValue: 772)

    /// Returns the header that precedes the IP header on a packet socket; nil if it is not one of `LinkFraming`.
    /// - Parameter isPointToPoint: whether the link has one peer. A GRE tunnel without a peer takes the outer IP header
    ///   from the sender of each packet.
    public func framing(isPointToPoint: Bool) -> LinkFraming? {
        guard let row = Self.rows[rawValue] else { return nil }
        return row.needsPeer && !isPointToPoint ? nil : row.framing
    }

    /// Whether packets have an Ethernet header.
    public var hasEthernetHeader: Bool { self == .ethernet || self == .loopback }

    /// A noun with its article: `a PPP link`.
    public var description: String { Self.rows[rawValue]?.name ?? "a link of type \(rawValue)" }

    private struct Row {
        var framing: LinkFraming
        var name: String
        var needsPeer = false

        init(_ framing: LinkFraming, _ name: String, needsPeer: Bool = false) {
            self.framing = framing
            self.name = name
            self.needsPeer = needsPeer
        }
    }

    /// The types whose packets are IP packets. Where the driver adds a link header itself (PPP, SLIP), a packet socket
    /// has none.
    private static let rows: [UInt16: Row] = [
        1: Row(.ethernet, "an Ethernet link"),
        256: Row(.datagram, "a SLIP link"),
        257: Row(.datagram, "a compressed SLIP link"),
        258: Row(.datagram, "a SLIP link"),
        259: Row(.datagram, "a compressed SLIP link"),
        512: Row(.datagram, "a PPP link"),
        518: Row(.datagram, "a raw HDLC link"),
        519: Row(.datagram, "a raw IP link"),
        768: Row(.datagram, "an IPv4 tunnel"),
        769: Row(.datagram, "an IPv6 tunnel"),
        772: Row(.ethernet, "the loopback interface"),
        776: Row(.datagram, "a SIT tunnel"),
        778: Row(.datagram, "a GRE tunnel", needsPeer: true),
        779: Row(.datagram, "a PIM register interface"),
        823: Row(.datagram, "a GRE tunnel over IPv6", needsPeer: true),
        0xFFFE: Row(.datagram, "a TUN or WireGuard interface"),
    ]
}

extension InterfaceType: CustomStringConvertible {}

/// The header that precedes the IP header of a packet on a packet socket.
public enum LinkFraming: Hashable, Sendable {
    /// An Ethernet header with MAC addresses.
    case ethernet
    /// No header: the packet is an IP packet.
    case datagram
}
