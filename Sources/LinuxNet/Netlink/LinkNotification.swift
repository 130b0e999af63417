import CLinux

/// The state of an interface and its link layer.
public enum LinkState: Sendable, Equatable {
    /// Up, and the link layer works (IFF_UP and IFF_LOWER_UP).
    case up
    /// Up (IFF_UP), but the link layer does not work: no cable, or the other end is down (no IFF_LOWER_UP).
    case noCarrier
    /// Not up (no IFF_UP).
    case down
}

/// A notification of the kernel about an interface (rtnetlink(7): RTM_NEWLINK, RTM_DELLINK).
struct LinkNotification: Equatable {
    var index: UInt32
    /// Nil if the message has no name.
    var name: String?
    var state: LinkState
    /// Nil if the message has no MTU.
    var mtu: Int?
    /// Whether the interface has left this network namespace.
    var isRemoval = false
    /// Whether it was moved to another namespace (reported since Linux 4.15).
    var isMove = false

    /// Parses the notifications in a datagram of the kernel; truncated and other messages are skipped.
    static func all(in datagram: [UInt8]) -> [LinkNotification] {
        var notifications: [LinkNotification] = []
        let headerLength = MemoryLayout<nlmsghdr>.size
        var offset = 0
        while offset + headerLength <= datagram.count {
            let header = datagram.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self) }
            let end = offset + Int(header.nlmsg_len)
            guard Int(header.nlmsg_len) >= headerLength, end <= datagram.count else { break }
            let message = NetlinkSocket.Message(
                type: header.nlmsg_type, bytes: Array(datagram[offset + headerLength..<end]))
            if let notification = LinkNotification(message) { notifications.append(notification) }
            offset = (end + 3) & ~3
        }
        return notifications
    }

    init(index: UInt32, name: String?, state: LinkState) {
        self.index = index
        self.name = name
        self.state = state
    }

    /// Returns nil if the message is not about the existence or state of an interface.
    init?(_ message: NetlinkSocket.Message) {
        guard [Int(RTM_NEWLINK), Int(RTM_DELLINK)].contains(Int(message.type)),
            let fixed = message.header(ifinfomsg.self),
            // A bridge uses the same messages, with its own family, for its ports.
            Int32(fixed.ifi_family) == AF_UNSPEC, fixed.ifi_index > 0
        else { return nil }
        self.init(
            index: UInt32(bitPattern: fixed.ifi_index), name: nil,
            state: LinkState(
                isUp: fixed.ifi_flags & UInt32(IFF_UP) != 0,
                hasCarrier: fixed.ifi_flags & Interface.lowerUp != 0))
        isRemoval = Int(message.type) == Int(RTM_DELLINK)
        for attribute in message.attributes(after: MemoryLayout<ifinfomsg>.size) {
            switch Int(attribute.type) {
            case Int(IFLA_IFNAME):
                let text = message.string(attribute)
                if !text.isEmpty { name = text }
            case Int(IFLA_MTU): mtu = message.uint32(attribute).map { Int($0) }
            // The identifier may be -1 or 0: its presence is enough.
            case Int(IFLA_NEW_NETNSID), Int(IFLA_NEW_IFINDEX): isMove = isRemoval
            default: break
            }
        }
    }
}

extension LinkState {
    init(isUp: Bool, hasCarrier: Bool) { self = !isUp ? .down : hasCarrier ? .up : .noCarrier }
}
