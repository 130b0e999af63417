import CLinux
import LinuxProcess
import PacketEngine

/// Monitors interfaces: their state and carrier, and whether they are renamed, deleted or
/// moved to another namespace (rtnetlink(7), RTMGRP_LINK). Needs no privilege.
///
/// The reactor wakes the run when there are changes to `take`.
public final class LinkMonitor {
    private let descriptor: Descriptor
    private let reactor: Reactor
    private var tracker: LinkTracker
    private var changes: [LinkChange] = []
    /// Whether notifications were lost; older ones may still be queued.
    private var hasLost = false
    private var buffer = [UInt8](repeating: 0, count: 32_768)

    /// - Parameters:
    ///   - interfaces: the interfaces to watch, in their last known state. Changes since then are reported.
    ///   - reportsMTU: whether changes of the MTU are reported too.
    public init(
        watching interfaces: [Interface], reportsMTU: Bool = false, reactor: Reactor
    ) throws(SystemError) {
        descriptor = try .socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE, "netlink socket")
        self.reactor = reactor
        tracker = LinkTracker(interfaces, reportsMTU: reportsMTU)
        try listen()
        // No notifications were received between the first listing of the interfaces and now.
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

    /// Returns the changes since the last call, in order.
    public func take() -> [LinkChange] {
        guard !changes.isEmpty else { return [] }
        defer { changes = [] }
        return changes
    }

    /// Requests the state of all interfaces: the kernel may report a lost carrier up to a second late (linkwatch).
    public func refresh() {
        // Queued notifications are older than the list and must be processed first.
        read()
        if let interfaces = try? Interface.all() { changes += tracker.compare(with: interfaces) }
    }

    /// Replaces the watched interfaces.
    public func watch(_ interfaces: [Interface]) { tracker.watch(interfaces) }

    private func read() {
        var isEmpty = false
        // Limited, so that a flood of notifications cannot block the run.
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
                // The socket's buffer overflowed, and notifications were lost.
                guard clinux_errno() == ENOBUFS else {
                    isEmpty = true
                    break
                }
                hasLost = true
                continue
            }
            // Other programs can send to the socket too; messages of the kernel are from port 0.
            guard sender.nl_pid == 0 else { continue }
            guard received <= buffer.count else {
                hasLost = true
                continue
            }
            for notification in LinkNotification.all(in: Array(buffer[..<received])) {
                changes += tracker.note(notification)
            }
        }
        // Only when the queue is empty, because queued notifications are older than the list.
        if hasLost, isEmpty, let interfaces = try? Interface.all() {
            hasLost = false
            changes += tracker.compare(with: interfaces)
        }
        if !changes.isEmpty { reactor.reportResult() }
    }
}
