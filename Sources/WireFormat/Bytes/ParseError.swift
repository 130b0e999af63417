/// Why bytes could not be read as the header or message they were taken for.
///
/// It names the layer, the field, the offset of that field from the layer's
/// first byte, and what was wrong with it.
public struct ParseError: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        /// The layer needs `needed` bytes up to and including the field; `available` were there.
        case truncated(needed: Int, available: Int)
        /// The field holds a value that the layer's specification does not allow.
        case invalid(value: UInt64)
    }

    public var layer: Layer
    /// The field's RFC name in Swift's style.
    public var field: String
    /// Offset of the field from the layer's first byte, in bytes.
    public var offset: Int
    public var reason: Reason

    public init(layer: Layer, field: String, offset: Int, reason: Reason) {
        self.layer = layer
        self.field = field
        self.offset = offset
        self.reason = reason
    }
}

extension ParseError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .truncated(let needed, let available):
            "\(layer.rawValue): \(field) at offset \(offset) needs \(needed) bytes, \(available) are there"
        case .invalid(let value):
            "\(layer.rawValue): \(field) at offset \(offset) is \(value), which is not allowed"
        }
    }
}

/// A protocol layer by the name that the tools print.
public enum Layer: String, Sendable, CaseIterable {
    case ethernet, vlan, llc, arp, rarp, ipv4, ipv6, icmp, icmpv6, igmp, mld, ndp, udp, tcp, http, payload
    case icmpExtensions = "icmp-extensions"
    case linuxCooked = "linux-cooked"
    case loopback
    case pcap, pcapng
}

/// The output given to a writer is too small.
public struct CapacityError: Error, Equatable, Sendable {
    /// Bytes the value needs, counted from the start of the output.
    public var needed: Int
    /// Bytes that the output has.
    public var available: Int

    public init(needed: Int, available: Int) {
        self.needed = needed
        self.available = available
    }
}
