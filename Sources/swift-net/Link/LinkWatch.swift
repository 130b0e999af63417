import LinuxNet
import LinuxProcess
import PacketEngine

/// Waits for the interfaces of a run: one that goes down does not end it. Each change is a line on standard error, and
/// with JSON an object too; only an interface that is no longer there ends the run.
final class LinkWatch {
    private let console: Console
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
    /// ends the run, as nothing would tell that it comes up again.
    /// - Parameter needsAll: the first interface that is gone ends the run; otherwise the last.
    init(_ links: [EthernetLink], needsAll: Bool = true, console: Console, reactor: Reactor) {
        self.console = console
        self.needsAll = needsAll
        let interfaces = links.map(\.interface)
        monitor = try? LinkMonitor(watching: interfaces, reactor: reactor)
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
            report(change, at: now)
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
    /// - Returns: false when the run ended for want of its interface, after a message.
    func run<E: Engine & ~Copyable, O: EngineObserver & ~Copyable>(
        _ engine: inout E, on port: inout LinkPort, observer: inout O
    ) -> Bool where O.Observed == E {
        port.endsWithInterface = !isActive
        do {
            try EngineLoop.run(&engine, on: &port, observer: &observer)
        } catch {
            console.fail(
                error.isInterfaceDown && names.count == 1
                    ? "\(names.first?.value ?? "the interface") is down" : ErrorText.reason(error))
            engine.stop(at: port.now)
            return false
        }
        return !isOver
    }

    // MARK: Words

    private func report(_ change: LinkChange, at now: Instant) {
        if console.isJSON { console.output.write(change.json(at: now) + "\n") }
        if change.isFinal { console.fail(change.words) } else { console.complain(change.words) }
    }
}

extension LinkChange {
    fileprivate var words: String {
        switch kind {
        case .down: "\(name) is down; waiting for it"
        case .noCarrier(let wasDown):
            wasDown
                ? "\(name) is up again, but has no carrier; waiting for it" : "\(name) has no carrier; waiting for it"
        case .up(let wasDown): wasDown ? "\(name) is up again" : "\(name) has carrier again"
        case .renamed(let former): "\(former) was renamed to \(name)"
        case .deleted: "\(name) was deleted"
        case .moved: "\(name) was moved to another network namespace"
        case .gone: "\(name) was deleted or moved to another network namespace"
        }
    }

    fileprivate func json(at now: Instant) -> String {
        var object = JSONObject(type: "interface")
        object.add("interface", name)
        let state =
            switch kind {
            case .down: "down"
            case .noCarrier: "no-carrier"
            case .up: "up"
            case .renamed: "renamed"
            case .deleted: "deleted"
            case .moved: "moved"
            case .gone: "gone"
            }
        object.add("state", state)
        if case .renamed(let former) = kind { object.add("former_name", former) }
        object.add("time", WallTime.rfc3339(now))
        return object.line
    }
}
