/// Why bytes could not be read as the header or message they were taken for.
///
/// It names the layer, the field, the offset of that field from the layer's
/// first byte, and what was wrong with it.
public struct ParseError: Error, Hashable, Sendable {
    /// What can be wrong.
    public enum Reason: Hashable, Sendable {
        /// The layer needs `needed` bytes up to and including the field; `available` were there.
        case truncated(needed: Int, available: Int)
        /// The field holds a value that the layer's specification does not allow.
        case invalid(value: UInt64)
    }

    /// The layer that the field is of.
    public var layer: Layer
    /// The field's RFC name in Swift's style.
    public var field: String
    /// Offset of the field from the layer's first byte, in bytes.
    public var offset: Int
    /// What is wrong.
    public var reason: Reason

    /// An error of these parts.
    public init(layer: Layer, field: String, offset: Int, reason: Reason) {
        self.layer = layer
        self.field = field
        self.offset = offset
        self.reason = reason
    }
}

extension ParseError {
    /// The layer's header is not all there.
    @usableFromInline
    static func truncatedHeader(_ layer: Layer, needed: Int, available: Int) -> ParseError {
        ParseError(layer: layer, field: "header", offset: 0, reason: .truncated(needed: needed, available: available))
    }
}

extension ParseError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .truncated(let needed, let available):
            "\(layer): \(field) at offset \(offset) needs \(needed) bytes, \(available) are there"
        case .invalid(let value):
            "\(layer): \(field) at offset \(offset) is \(value), which is not allowed"
        }
    }
}

/// A protocol layer.
public enum Layer: Sendable, CaseIterable {
    case ethernet, vlan, llc, linuxCooked, loopback, arp, rarp, ipv4, ipv6, icmp, icmpExtensions, icmpv6, igmp, mld
    case ndp, udp, tcp, http, dns, dhcp, payload, pcap, pcapng

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
    /// The name that the tools print.
    public var description: String { name.description }
}

/// The output given to a writer is too small.
public struct CapacityError: Error, Equatable, Sendable {
    /// Bytes the value needs, counted from the start of the output.
    public var needed: Int
    /// Bytes that the output has.
    public var available: Int

    /// An error of these parts.
    public init(needed: Int, available: Int) {
        self.needed = needed
        self.available = available
    }
}
