import HostStack
import PacketEngine
import WireFormat

/// A reply of ARP or its reverse that cannot be an answer, and why.
public struct IgnoredReply: Hashable, Sendable {
    /// Why a reply is ignored.
    public enum Reason: Hashable, Sendable {
        /// No station has this MAC address (IEEE 802.3, section 3.2.3).
        case sender(MACAddress)
        /// The target MAC address is this one, not ours.
        case otherStation(MACAddress)
        /// It is for a host with this address.
        case otherAddress(IPv4Address)
        /// No host can have the address that it gives (RFC 1122, section 3.2.1.3).
        case address(IPv4Address)
    }

    /// The frame's source.
    public var source: MACAddress
    /// Why it is ignored.
    public var reason: Reason

    init(_ arrived: ReceivedARP, _ reason: Reason) {
        source = arrived.frameSource
        self.reason = reason
    }
}

extension ReceivedARP {
    /// Why the sender's MAC address is invalid; nil if it is valid.
    var senderProblem: IgnoredReply.Reason? {
        guard !hasCredibleSender else { return nil }
        // Of the two, the one that is wrong.
        let isFrameWrong = frameSource.isMulticast || frameSource.rawValue == 0
        return .sender(isFrameWrong ? frameSource : packet.senderMAC)
    }
}

/// Which of the ignored replies are reported: up to 20 per second, of a flood.
struct IgnoredReplyFilter: Sendable {
    private let isWanted: Bool
    private var allowance = AllowancePerSecond(20)

    init(isWanted: Bool) { self.isWanted = isWanted }

    mutating func takes(at now: Instant) -> Bool { isWanted && allowance.take(at: now) }
}
