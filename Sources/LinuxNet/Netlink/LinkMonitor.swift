import CLinux
import LinuxProcess
import PacketEngine

/// Notices what happens to interfaces: that they go down and come up again, lose their carrier, are renamed, deleted or
/// moved away (rtnetlink(7), RTMGRP_LINK). It takes no privilege.
///
/// It is served by a reactor: a run is woken when there are changes to `take`.
public final class LinkMonitor {
    private let descriptor: Descriptor
    private let reactor: Reactor
    private var tracker: LinkTracker
    private var changes: [LinkChange] = []
    /// Notifications were lost, and older ones may still be queued.
    private var hasLost = false
    private var buffer = [UInt8](repeating: 0, count: 32_768)

    /// - Parameter interfaces: those that are watched, as they were found. Changes since then are reported.
    public init(watching interfaces: [Interface], reactor: Reactor) throws(SystemError) {
        descriptor = try .socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE, "netlink socket")
        self.reactor = reactor
        tracker = LinkTracker(interfaces)
        try listen()
        // Between the search for the interfaces and now nothing was heard.
        changes = try tracker.compare(with: Interface.all())
        try reactor.watch(descriptor.rawValue, for: .reading) { [weak self] _ in self?.read() }
        if !changes.isEmpty { reactor.reportResult() }
    }

    private func listen() throws(SystemError) {
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK)
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                clinux_bind(descriptor.rawValue, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard result == 0 else { throw .last("netlink socket") }
    }

    deinit { reactor.unwatch(descriptor.rawValue) }

    /// The changes since the last call, in their order.
    public func take() -> [LinkChange] {
        guard !changes.isEmpty else { return [] }
        defer { changes = [] }
        return changes
    }

    /// Asks for the state of all interfaces: the kernel reports a lost carrier up to a second late (linkwatch).
    public func refresh() {
        // What is queued is older than the list, and would undo it.
        read()
        if let interfaces = try? Interface.all() { changes += tracker.compare(with: interfaces) }
    }

    /// Watches these from now on.
    public func watch(_ interfaces: [Interface]) { tracker.watch(interfaces) }

    private func read() {
        var isEmpty = false
        // Bounded, so that a flood cannot block the run.
        for _ in 0..<256 {
            var sender = sockaddr_nl()
            var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let received = buffer.withUnsafeMutableBytes { bytes in
                withUnsafeMutablePointer(to: &sender) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        clinux_recvfrom(
                            descriptor.rawValue, bytes.baseAddress, bytes.count, clinux_MSG_TRUNC, $0, &length)
                    }
                }
            }
            if received < 0 {
                if clinux_errno() == EINTR { continue }
                // The socket's queue was full, and some notifications are lost.
                guard clinux_errno() == ENOBUFS else {
                    isEmpty = true
                    break
                }
                hasLost = true
                continue
            }
            // Programs can send to such a socket too; the kernel's messages are those of port 0.
            guard sender.nl_pid == 0 else { continue }
            guard received <= buffer.count else {
                hasLost = true
                continue
            }
            for notification in LinkNotification.all(in: Array(buffer[..<received])) {
                changes += tracker.note(notification)
            }
        }
        // Not before the queue is empty: what is still in it is older than the list, and would undo it.
        if hasLost, isEmpty, let interfaces = try? Interface.all() {
            hasLost = false
            changes += tracker.compare(with: interfaces)
        }
        if !changes.isEmpty { reactor.reportResult() }
    }
}
