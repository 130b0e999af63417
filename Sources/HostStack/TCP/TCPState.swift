/// Where a connection stands (RFC 9293, section 3.3.2).
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

    /// Both sides have seen each other's SYN.
    var isSynchronized: Bool {
        switch self {
        case .closed, .listen, .synSent, .synReceived: false
        default: true
        }
    }

    /// The other side may still send data.
    var mayReceive: Bool { self == .established || self == .finWait1 || self == .finWait2 }

    /// Our data may still go out, or go out again.
    var maySend: Bool {
        switch self {
        case .established, .closeWait, .finWait1, .closing, .lastAcknowledgment: true
        default: false
        }
    }
}

/// Why a connection is over that did not end in peace.
public enum TCPFailure: String, Error, Hashable, Sendable {
    /// The other side said that nobody listens there.
    case refused
    /// The other side broke it off.
    case reset
    /// It did not answer for too long.
    case timedOut
    /// We broke it off.
    case aborted
    /// The network says that there is no way.
    case unreachable
}
