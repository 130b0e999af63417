import LinuxNet
import PacketEngine

/// Watches the interfaces that the probes of a trace leave by: what they lose is not lost on the way.
final class TraceLinks {
    /// What has happened to an interface.
    struct Change {
        var interface: UInt32
        /// What is wrong with it; nil when it works again.
        var failure: TransmissionFailure?
    }

    private let monitor: LinkMonitor?
    /// Those without a carrier from the start.
    private var first: [Change]

    init(_ indices: Set<UInt32>, reactor: Reactor) {
        let interfaces = ((try? Interface.all()) ?? []).filter { indices.contains($0.index) }
        // Without the kernel's notifications failed sends alone tell.
        monitor = try? LinkMonitor(watching: interfaces, reactor: reactor)
        first = interfaces.filter { $0.isUp && !$0.hasCarrier }
            .map { Change(interface: $0.index, failure: Self.failure("no carrier")) }
    }

    private static func failure(_ message: String) -> TransmissionFailure { .system(code: 0, message: message) }

    /// The changes since the last call.
    func take() -> [Change] {
        let changes =
            (monitor?.take() ?? []).compactMap { change -> Change? in
                switch change.kind {
                case .up: Change(interface: change.index, failure: nil)
                case .noCarrier: Change(interface: change.index, failure: Self.failure("no carrier"))
                case .down: Change(interface: change.index, failure: Self.failure("the interface is down"))
                case .deleted, .moved, .gone:
                    Change(interface: change.index, failure: Self.failure("the interface is gone"))
                case .renamed: nil
                }
            }
        defer { first = [] }
        return first + changes
    }
}
