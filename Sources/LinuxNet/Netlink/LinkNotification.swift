import CLinux

/// Whether frames can pass an interface.
public enum LinkState: Sendable, Equatable {
    /// Up, and the link layer works (IFF_UP and IFF_LOWER_UP).
    case up
    /// Up (IFF_UP), but the link layer does not work: no cable, or the other end is down (no IFF_LOWER_UP).
    case noCarrier
    /// Not up (no IFF_UP).
    case down
}

/// What the kernel says, unasked, about an interface (rtnetlink(7): RTM_NEWLINK, RTM_DELLINK).
struct LinkNotification: Equatable {
    var index: UInt32
    /// Nil when the message names none.
    var name: String?
    var state: LinkState
    /// The interface is no longer in this network namespace.
    var isRemoval = false
    /// It is in another namespace now. Linux says so since 4.15.
    var isMove = false

    /// The notifications in a datagram of the kernel; what is cut or is about something else is skipped.
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

    /// Nil for a message that says nothing about an interface's being and state.
    init?(_ message: NetlinkSocket.Message) {
        guard [Int(RTM_NEWLINK), Int(RTM_DELLINK)].contains(Int(message.type)),
            let fixed = message.header(ifinfomsg.self),
            // A bridge says by the same messages, of its own family, that a port has come or gone.
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
            // The identifier may be -1 or 0: that it is there says enough.
            case Int(IFLA_NEW_NETNSID), Int(IFLA_NEW_IFINDEX): isMove = isRemoval
            default: break
            }
        }
    }
}

extension LinkState {
    init(isUp: Bool, hasCarrier: Bool) { self = !isUp ? .down : hasCarrier ? .up : .noCarrier }
}
