import PacketEngine

/// The known state of a run's interfaces. It turns the kernel's notifications, many of which repeat the known state,
/// into changes.
struct LinkTracker {
    private struct Link {
        var name: String
        var state: LinkState
        var mtu: Int
    }

    private var links: [UInt32: Link] = [:]
    private let reportsMTU: Bool

    init(_ interfaces: [Interface], reportsMTU: Bool = false) {
        self.reportsMTU = reportsMTU
        for interface in interfaces {
            links[interface.index] = Link(name: interface.name, state: interface.state, mtu: interface.mtu)
        }
    }

    /// Replaces the watched interfaces; unreported changes of those watched before are kept.
    mutating func watch(_ interfaces: [Interface]) {
        let known = links
        self = LinkTracker(interfaces, reportsMTU: reportsMTU)
        for (index, link) in known where links[index] != nil { links[index] = link }
    }

    /// Returns the changes that a notification makes to a watched interface.
    mutating func note(_ notification: LinkNotification) -> [LinkChange] {
        let index = notification.index
        guard let link = links[index] else { return [] }
        guard !notification.isRemoval else {
            links[index] = nil
            return [LinkChange(index: index, name: link.name, kind: notification.isMove ? .moved : .deleted)]
        }
        var changes: [LinkChange] = []
        let name = notification.name ?? link.name
        if name != link.name { changes.append(LinkChange(index: index, name: name, kind: .renamed(from: link.name))) }
        if notification.state != link.state {
            let wasDown = link.state == .down
            let kind: LinkChange.Kind =
                switch notification.state {
                case .down: .down
                case .noCarrier: .noCarrier(wasDown: wasDown)
                case .up: .up(wasDown: wasDown)
                }
            changes.append(LinkChange(index: index, name: name, kind: kind))
        }
        let mtu = notification.mtu ?? link.mtu
        if reportsMTU, mtu != link.mtu {
            changes.append(LinkChange(index: index, name: name, kind: .mtu(mtu, from: link.mtu)))
        }
        links[index] = Link(name: name, state: notification.state, mtu: mtu)
        return changes
    }

    /// Returns the changes according to a list of all interfaces, because notifications may have been lost.
    mutating func compare(with interfaces: [Interface]) -> [LinkChange] {
        var changes: [LinkChange] = []
        for (index, link) in links.sorted(by: { $0.key < $1.key }) {
            guard let interface = interfaces.first(where: { $0.index == index }) else {
                links[index] = nil
                changes.append(LinkChange(index: index, name: link.name, kind: .gone))
                continue
            }
            var notification = LinkNotification(index: index, name: interface.name, state: interface.state)
            notification.mtu = interface.mtu
            changes += note(notification)
        }
        return changes
    }
}
