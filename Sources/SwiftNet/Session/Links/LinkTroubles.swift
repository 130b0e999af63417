import LinuxNet
import LinuxProcess
import PacketEngine

/// Detects outgoing interfaces that go down, so that their losses are not reported as unresponsive hosts.
final class LinkTroubles {
    /// A change of an interface.
    struct Change {
        var interface: UInt32
        /// The problem of the interface; nil if it works again.
        var trouble: String?
        /// The same change for engines.
        var failure: TransmissionFailure? { trouble.map { .interface($0) } }
    }

    private let monitor: LinkMonitor?
    private(set) var names: [UInt32: String] = [:]
    /// The interfaces without a carrier at the start.
    private var first: [Change]
    private var nextLook: Instant
    /// The interval at which carriers are checked: the kernel reports a lost carrier up to 1 s late, and results do not
    /// wait that long.
    private static let interval = Nanoseconds.milliseconds(50)

    /// - Parameter indices: the interfaces; nil for all.
    init(_ indices: Set<UInt32>?, reactor: Reactor) {
        let interfaces = ((try? Interface.all()) ?? []).filter { indices?.contains($0.index) ?? true }
        // Without the kernel's notifications, only failed sends show a problem.
        monitor = try? LinkMonitor(watching: interfaces, reactor: reactor)
        first = interfaces.filter { $0.isUp && !$0.hasCarrier }
            .map { Change(interface: $0.index, trouble: Self.noCarrier) }
        for interface in interfaces { names[interface.index] = interface.name }
        nextLook = SystemClock.now + Self.interval
    }

    /// The time of the next check.
    var next: Instant? { monitor == nil ? nil : nextLook }

    private static let noCarrier = "no carrier"

    /// Returns the changes since the last call.
    func take(at now: Instant) -> [Change] {
        defer { first = [] }
        if now >= nextLook {
            nextLook = now + Self.interval
            monitor?.refresh()
        }
        return first
            + (monitor?.take() ?? []).compactMap { change in
                let index = change.index
                switch change.kind {
                case .up: return Change(interface: index, trouble: nil)
                case .noCarrier: return Change(interface: index, trouble: Self.noCarrier)
                case .down: return Change(interface: index, trouble: "the interface is down")
                case .deleted: return Change(interface: index, trouble: "the interface was deleted")
                case .moved, .gone: return Change(interface: index, trouble: "the interface is gone")
                case .renamed:
                    names[index] = change.name
                    return nil
                case .mtu: return nil
                }
            }
    }
}
