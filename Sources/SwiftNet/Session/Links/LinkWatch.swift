import LinuxNet
import LinuxProcess
import PacketEngine

/// Waits for the interfaces of a run: one that goes down does not end it. Each change is reported; only an interface that
/// is no longer there ends the run.
final class LinkWatch {
    private let session: Session
    private let monitor: LinkMonitor?
    /// By index, those that are there.
    private var names: [UInt32: String] = [:]
    /// Those that are waited for.
    private(set) var awaited: Set<UInt32> = []
    /// The run needs all of them, not only one.
    private let needsAll: Bool
    /// What the run needs is gone.
    private(set) var isOver = false

    /// To be made before the run begins. Without permission for the kernel's notifications an interface that goes down
    /// ends the run, as it could not be seen to come up again.
    /// - Parameter needsAll: the first interface that is gone ends the run; otherwise the last.
    init(_ links: [EthernetLink], needsAll: Bool = true, _ session: Session) {
        self.session = session
        self.needsAll = needsAll
        let interfaces = links.map(\.interface)
        monitor = try? LinkMonitor(watching: interfaces, reactor: session.reactor)
        setNames(interfaces)
    }

    /// Interfaces are waited for.
    var isActive: Bool { monitor != nil }

    /// Watches these from now on.
    func watch(_ links: [EthernetLink]) {
        let interfaces = links.map(\.interface)
        monitor?.watch(interfaces)
        setNames(interfaces)
    }

    private func setNames(_ interfaces: [Interface]) {
        names = Dictionary(interfaces.map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// What has changed since the last call, after it was reported.
    func take(at now: Instant) -> [LinkChange] {
        guard let changes = monitor?.take() else { return [] }
        for change in changes {
            session.options.onLinkChange?(change, now)
            switch change.kind {
            case .down, .noCarrier: awaited.insert(change.index)
            case .renamed: break
            default: awaited.remove(change.index)
            }
            names[change.index] = change.isFinal ? nil : change.name
            if change.isFinal, needsAll || names.isEmpty { isOver = true }
        }
        return changes
    }

    /// A frame could not be sent because its interface is down, which is reported separately.
    func explains(_ failure: TransmissionFailure) -> Bool { isActive && failure.isOfInterface }

    /// Runs an engine. What ends the port ends the run, and what was found until then is still reported.
    /// - Returns: the failure of the port that ended the run early. When the interface is gone it is nil, and `isOver` true.
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
