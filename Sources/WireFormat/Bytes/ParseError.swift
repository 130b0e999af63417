/// The reason for which bytes cannot be parsed as a header or message:
/// the layer, the field, the offset of the field from the start of the layer,
/// and what is wrong with it.
public struct ParseError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// The layer needs `needed` bytes up to and including the field, but only `available` exist.
        case truncated(needed: Int, available: Int)
        /// The value of the field is not allowed by the specification.
        case invalid(value: UInt64)
    }

    /// The layer of the field.
    public var layer: Layer
    /// The name of the field, as in the RFC but in Swift's style.
    public var field: String
    /// The offset of the field from the start of the layer, in bytes.
    public var offset: Int
    /// What is wrong.
    public var reason: Reason

    /// Creates an error.
    public init(layer: Layer, field: String, offset: Int, reason: Reason) {
        self.layer = layer
        self.field = field
        self.offset = offset
        self.reason = reason
    }
}

extension ParseError {
    /// Creates an error for a truncated header.
    @usableFromInline
    static func truncatedHeader(_ layer: Layer, needed: Int, available: Int) -> ParseError {
        ParseError(layer: layer, field: "header", offset: 0, reason: .truncated(needed: needed, available: available))
    }
}

extension ParseError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .truncated(let needed, let available):
            "\(layer): \(field) at offset \(offset) needs \(needed) bytes, but has \(available)"
        case .invalid(let value):
            "\(layer): \(field) at offset \(offset) is \(value), which is not allowed"
        }
    }
}

/// A protocol layer.
public enum Layer: Sendable, CaseIterable {
    case ethernet, vlan, llc, linuxCooked, loopback, arp, rarp, ipv4, ipv6, icmp, icmpExtensions, icmpv6, igmp, mld
    case ndp, udp, tcp, http, dns, dhcp, socks, payload, pcap, pcapng

    var name: StaticString {
        switch self {
        case .ethernet: "ethernet"
        case .vlan: "vlan"
        case .llc: "llc"
        case .arp: "arp"
        case .rarp: "rarp"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .icmp: "icmp"
        case .icmpv6: "icmpv6"
        case .igmp: "igmp"
        case .mld: "mld"
        case .ndp: "ndp"
        case .udp: "udp"
        case .tcp: "tcp"
        case .http: "http"
        case .dns: "dns"
        case .dhcp: "dhcp"
        case .socks: "socks"
        case .payload: "payload"
        case .icmpExtensions: "icmp-extensions"
        case .linuxCooked: "linux-cooked"
        case .loopback: "loopback"
        case .pcap: "pcap"
        case .pcapng: "pcapng"
        }
    }
}

extension Layer: CustomStringConvertible {
    /// The name of the layer in output.
    public var description: String { name.description }
}

/// The output buffer is too small.
public struct CapacityError: Error, Equatable, Sendable {
    /// The required length from the start of the output, in bytes.
    public var needed: Int
    /// The length of the output, in bytes.
    public var available: Int

    /// Creates an error.
    public init(needed: Int, available: Int) {
        self.needed = needed
        self.available = available
    }
}
