/// The control bits of a TCP header (RFC 9293, section 3.1; RFC 3168), including
/// the reserved bits before them.
public struct TCPFlags: OptionSet, Hashable, Sendable {
    /// The 12 bits after the data offset.
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

    public static let fin = TCPFlags(rawValue: 0x001)
    public static let syn = TCPFlags(rawValue: 0x002)
    public static let rst = TCPFlags(rawValue: 0x004)
    public static let psh = TCPFlags(rawValue: 0x008)
    public static let ack = TCPFlags(rawValue: 0x010)
    public static let urg = TCPFlags(rawValue: 0x020)
    /// ECN echo (RFC 3168).
    public static let ece = TCPFlags(rawValue: 0x040)
    /// Congestion window reduced (RFC 3168).
    public static let cwr = TCPFlags(rawValue: 0x080)
    /// Accurate ECN, formerly the nonce sum (RFC 9768; RFC 3540).
    public static let accurateECN = TCPFlags(rawValue: 0x100)
    /// Must be zero (RFC 9293, section 3.1).
    public static let reserved = TCPFlags(rawValue: 0xE00)

    /// The single bits with their lowercase names, in the usual order.
    public static let names: [(flag: TCPFlags, name: StaticString)] = [
        (.syn, "syn"), (.fin, "fin"), (.rst, "rst"), (.psh, "psh"), (.ack, "ack"), (.urg, "urg"), (.ece, "ece"),
        (.cwr, "cwr"), (.accurateECN, "ae"),
    ]

    /// The lowercase names of the flags that are set, in the usual order.
    public var setNames: [String] { Self.names.filter { contains($0.flag) }.map(\.name.description) }
}
