/// The ranges of port numbers (RFC 6335, section 6).
public enum PortClass: String, Sendable {
    /// 0 to 1023: assigned by IANA, and privileged on Unix.
    case wellKnown = "well-known"
    /// 1024 to 49151: registered with IANA.
    case registered
    /// 49152 to 65535: ephemeral.
    case dynamic

    /// Creates the range that contains a port.
    public init(_ port: UInt16) {
        self = port < 1_024 ? .wellKnown : port < 49_152 ? .registered : .dynamic
    }

    /// The ports of the range.
    public var ports: ClosedRange<UInt16> {
        switch self {
        case .wellKnown: 0...1_023
        case .registered: 1_024...49_151
        case .dynamic: 49_152...UInt16.max
        }
    }
}
