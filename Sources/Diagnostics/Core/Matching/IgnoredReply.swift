import HostStack
import WireFormat

/// An ARP or RARP reply that is invalid or not for this host, and the reason.
public struct IgnoredReply: Hashable, Sendable {
    /// The reason why a reply is ignored.
    public enum Reason: Hashable, Sendable {
        /// No station has this MAC address (IEEE 802.3, section 3.2.3).
        case sender(MACAddress)
        /// The target MAC address is this one, not ours.
        case otherStation(MACAddress)
        /// The target IP address is this one, not ours.
        case otherAddress(IPv4Address)
        /// The sender address cannot belong to a host (RFC 1122, section 3.2.1.3).
        case address(IPv4Address)
    }

    /// The source address of the frame.
    public var source: MACAddress
    /// The reason.
    public var reason: Reason

    init(_ received: ReceivedARP, _ reason: Reason) {
        source = received.frameSource
        self.reason = reason
    }
}

extension ReceivedARP {
    /// The reason why the sender's MAC address is invalid; nil if it is valid.
    var senderProblem: IgnoredReply.Reason? {
        guard !hasCredibleSender else { return nil }
        // The one of the two that is invalid.
        let isFrameWrong = frameSource.isMulticast || frameSource.rawValue == 0
        return .sender(isFrameWrong ? frameSource : packet.senderMAC)
    }
}

extension AllowancePerSecond {
    /// Returns the limit for reports of ignored replies: 20 per second, or 0 if they are not wanted.
    static func ignoredReplies(isWanted: Bool) -> AllowancePerSecond { AllowancePerSecond(isWanted ? 20 : 0) }
}
