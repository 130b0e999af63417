import LinuxNet
import LinuxProcess
import PacketEngine

/// Waits for the interfaces of a run: one that goes down does not end it. Each change is reported; only an interface
/// that no longer exists ends the run.
final class LinkWatch {
    private let session: Session
    private let monitor: LinkMonitor?
    /// The current names of the interfaces, or the last known ones, by index.
    private(set) var names: [UInt32: String] = [:]
    /// The interfaces that exist.
    private var existing: Set<UInt32> = []
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
        existing = Set(interfaces.map(\.index))
        for interface in interfaces { names[interface.index] = interface.name }
    }

    /// Reports and returns the changes since the last call; for an engine that is not run by `run`.
    func take(at now: Instant) -> [LinkChange] {
        guard let changes = monitor?.take() else { return [] }
        for change in changes {
            session.options.onLinkChange?(change, now)
            switch change.kind {
            case .down, .noCarrier: awaited.insert(change.index)
            case .renamed, .mtu: break
            default: awaited.remove(change.index)
            }
            names[change.index] = change.name
            if change.isFinal { existing.remove(change.index) }
            if change.isFinal, needsAll || existing.isEmpty { isOver = true }
        }
        return changes
    }

    /// Notes that a frame could not be sent because its interface is down, which is reported separately.
    func explains(_ failure: TransmissionFailure) -> Bool { isActive && failure.isOfInterface }

    /// Runs an engine until it ends or a needed interface no longer exists. A failure of the port ends the run; the
    /// results so far are still reported.
    /// - Parameters:
    ///   - isWanted: whether the observer receives an event.
    ///   - onChange: passes a change of an interface to the engine.
    ///   - onStep: called before each step, after the changes.
    /// - Returns: the failure of the port that ended the run early. If the interface no longer exists it is nil, and
    ///   `isOver` is true.
    func run<E: Engine & ~Copyable, Observer: EngineObserver>(
        _ engine: inout E, on port: inout PacketSocketPort, reportingTo observer: inout Observer,
        outlivesOutput: Bool = false, isWanted: @escaping (E.Event) -> Bool = { _ in true },
        onChange: @escaping (inout E, LinkChange, Instant) -> Void,
        onStep: @escaping (inout E, WakeReason, Instant) -> Void = { _, _, _ in }
    ) -> SwiftNetError? where Observer.Observed == E {
        port.endsWithInterface = !isActive
        return SessionObserver.erasing(&observer) { observer in
            let watching = observer.filtering(isWanted).before { [self] engine, wakeup, now in
                let changes = take(at: now)
                for change in changes { onChange(&engine, change, now) }
                if isOver { engine.stop(at: now) }
                onStep(&engine, wakeup, now)
                // A change may be a reason to send.
                return changes.isEmpty ? nil : now
            }
            return run(&engine, on: &port, watching, outlivesOutput: outlivesOutput)
        }
    }

    private func run<E: Engine & ~Copyable>(
        _ engine: inout E, on port: inout PacketSocketPort, _ observer: SessionObserver<E>, outlivesOutput: Bool
    ) -> SwiftNetError? {
        do {
            try session.run(&engine, on: &port, observer: observer, outlivesOutput: outlivesOutput)
            return nil
        } catch {
            engine.stop(at: port.now)
            guard error.isInterfaceDown, existing.count == 1 else { return SwiftNetError(error) }
            return SwiftNetError(.interface, nil, "\(existing.first.flatMap { names[$0] } ?? "the interface") is down")
        }
    }
}
