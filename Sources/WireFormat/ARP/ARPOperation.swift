/// The operation of an ARP packet (RFC 826, 903, 1931, 2390; IANA ARP operation codes).
public struct ARPOperation: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let request = ARPOperation(rawValue: 1)
    public static let reply = ARPOperation(rawValue: 2)
    /// RARP: requests the target's protocol address.
    public static let reverseRequest = ARPOperation(rawValue: 3)
    public static let reverseReply = ARPOperation(rawValue: 4)
    /// InARP: requests the protocol address of the other end of a circuit.
    public static let inverseRequest = ARPOperation(rawValue: 8)
    public static let inverseReply = ARPOperation(rawValue: 9)

    /// Whether the operation is one of RARP.
    @inlinable public var isReverse: Bool { self == .reverseRequest || self == .reverseReply }
}

extension ARPOperation: CustomStringConvertible {
    public var description: String {
        switch self {
        case .request: "request"
        case .reply: "reply"
        case .reverseRequest: "reverse-request"
        case .reverseReply: "reverse-reply"
        case .inverseRequest: "inverse-request"
        case .inverseReply: "inverse-reply"
        default: "operation-\(rawValue)"
        }
    }
}
