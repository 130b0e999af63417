/// The state of a connection (RFC 9293, section 3.3.2).
public enum TCPState: String, Hashable, Sendable, CaseIterable {
    case closed = "CLOSED"
    case listen = "LISTEN"
    case synSent = "SYN-SENT"
    case synReceived = "SYN-RECEIVED"
    case established = "ESTABLISHED"
    case finWait1 = "FIN-WAIT-1"
    case finWait2 = "FIN-WAIT-2"
    case closeWait = "CLOSE-WAIT"
    case closing = "CLOSING"
    case lastAcknowledgment = "LAST-ACK"
    case timeWait = "TIME-WAIT"

    /// Whether the handshake is complete.
    var isSynchronized: Bool {
        switch self {
        case .closed, .listen, .synSent, .synReceived: false
        default: true
        }
    }

    /// Whether data from the peer is accepted.
    var mayReceive: Bool { self == .established || self == .finWait1 || self == .finWait2 }

    /// Whether data can be sent or retransmitted.
    var maySend: Bool {
        switch self {
        case .established, .closeWait, .finWait1, .closing, .lastAcknowledgment: true
        default: false
        }
    }
}

/// The reason for which a connection failed.
public enum TCPFailure: String, Error, Hashable, Sendable {
    /// The peer refused the connection with a reset.
    case refused
    /// The peer reset the connection.
    case reset
    /// The peer did not reply in time.
    case timedOut
    /// This side reset the connection.
    case aborted
    /// An ICMP error or unanswered address resolution: no route to the peer.
    case unreachable
}

/// Events of a connection.
public struct TCPEvents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let established = TCPEvents(rawValue: 1)
    /// Received data can be read.
    public static let readable = TCPEvents(rawValue: 2)
    /// The send buffer has room again.
    public static let writable = TCPEvents(rawValue: 4)
    /// The peer has closed its sending direction.
    public static let ended = TCPEvents(rawValue: 8)
    /// The connection has ended.
    public static let closed = TCPEvents(rawValue: 16)
}
