import LinuxNet
import LinuxProcess
import PacketEngine

/// Detects outgoing interfaces that stop working, so that their losses are not taken for hosts that do not reply.
final class LinkTroubles {
    /// What has happened to an interface.
    struct Change {
        var interface: UInt32
        /// What is wrong with it; nil when it works again.
        var trouble: String?
        /// The same for engines.
        var failure: TransmissionFailure? { trouble.map { .system(code: 0, message: $0) } }
    }

    private let monitor: LinkMonitor?
    private(set) var names: [UInt32: String] = [:]
    /// Those without a carrier from the start.
    private var first: [Change]
    private var nextLook: Instant
    /// The kernel reports a lost carrier up to a second late, and verdicts do not wait that long.
    private static let interval = Nanoseconds.milliseconds(50)

    /// - Parameter indices: of the interfaces; nil for all.
    init(_ indices: Set<UInt32>?, reactor: Reactor) {
        let interfaces = ((try? Interface.all()) ?? []).filter { indices?.contains($0.index) ?? true }
        // Without the kernel's notifications only failed sends show it.
        monitor = try? LinkMonitor(watching: interfaces, reactor: reactor)
        first = interfaces.filter { $0.isUp && !$0.hasCarrier }
            .map { Change(interface: $0.index, trouble: Self.noCarrier) }
        for interface in interfaces { names[interface.index] = interface.name }
        nextLook = SystemClock.now + Self.interval
    }

    /// When to be called again at the latest.
    var next: Instant? { monitor == nil ? nil : nextLook }

    private static let noCarrier = "no carrier"

    /// The changes since the last call.
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
                }
            }
    }
}
