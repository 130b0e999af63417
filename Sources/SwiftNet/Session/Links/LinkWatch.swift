import LinuxNet
import LinuxProcess
import PacketEngine

/// Waits for the interfaces of a run: one that goes down does not end it. Each change is reported; only an interface
/// that no longer exists ends the run.
final class LinkWatch {
    private let session: Session
    private let monitor: LinkMonitor?
    /// The names of the existing interfaces, by index.
    private var names: [UInt32: String] = [:]
    /// The interfaces that are down and waited for.
    private(set) var awaited: Set<UInt32> = []
    /// Whether the run needs all interfaces rather than one.
    private let needsAll: Bool
    /// Whether an interface that the run needs no longer exists.
    private(set) var isOver = false

    /// Must be created before the run begins. Without permission for the kernel's notifications, an interface that goes
    /// down ends the run, because its recovery cannot be detected.
    /// - Parameters:
    ///   - needsAll: whether the first missing interface ends the run; otherwise the last.
    ///   - reportsMTU: whether changes of the MTU are reported too.
    init(_ interfaces: [Interface], needsAll: Bool = true, reportsMTU: Bool = false, _ session: Session) {
        self.session = session
        self.needsAll = needsAll
        monitor = try? LinkMonitor(watching: interfaces, reportsMTU: reportsMTU, reactor: session.reactor)
        setNames(interfaces)
    }

    /// Whether interfaces are waited for.
    var isActive: Bool { monitor != nil }

    /// Watches these interfaces from now on.
    func watch(_ interfaces: [Interface]) {
        monitor?.watch(interfaces)
        setNames(interfaces)
    }

    private func setNames(_ interfaces: [Interface]) {
        names = Dictionary(interfaces.map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reports and returns the changes since the last call.
    func take(at now: Instant) -> [LinkChange] {
        guard let changes = monitor?.take() else { return [] }
        for change in changes {
            session.options.onLinkChange?(change, now)
            switch change.kind {
            case .down, .noCarrier: awaited.insert(change.index)
            case .renamed, .mtu: break
            default: awaited.remove(change.index)
            }
            names[change.index] = change.isFinal ? nil : change.name
            if change.isFinal, needsAll || names.isEmpty { isOver = true }
        }
        return changes
    }

    /// Notes that a frame could not be sent because its interface is down, which is reported separately.
    func explains(_ failure: TransmissionFailure) -> Bool { isActive && failure.isOfInterface }

    /// Runs an engine. A failure of the port ends the run; the results so far are still reported.
    /// - Returns: the failure of the port that ended the run early. If the interface no longer exists it is nil, and
    ///   `isOver` is true.
    func run<E: Engine & ~Copyable>(
        _ engine: inout E, on port: inout PacketSocketPort, observer: SessionObserver<E>, outlivesOutput: Bool = false
    ) -> SwiftNetError? {
        port.endsWithInterface = !isActive
        do {
            try session.run(&engine, on: &port, observer: observer, outlivesOutput: outlivesOutput)
            return nil
        } catch {
            engine.stop(at: port.now)
            guard error.isInterfaceDown, names.count == 1 else { return SwiftNetError(error) }
            return SwiftNetError(.interface, nil, "\(names.first?.value ?? "the interface") is down")
        }
    }
}
