import LinuxProcess
import PacketEngine

/// A run of an engine that uses connections.
public protocol PreparedStreamRun: PreparedRun where Event == Running.Event {
    associatedtype Running: StreamEngine, ~Copyable, SendableMetatype

    /// Runs to the end.
    /// - Parameter observer: receives the events, and after each step of the loop the engine itself.
    /// - Throws: as `run(onEvent:onStep:)`.
    func run<Observer: StreamObserver>(
        reportingTo observer: inout Observer
    ) throws(SwiftNetError) -> Summary where Observer.Observed == Running
}

extension PreparedStreamRun {
    public func run(
        onEvent: @escaping (Event) -> Void, onStep: @escaping () -> Void
    ) throws(SwiftNetError) -> Summary {
        var observer = StreamSessionObserver<Running>(
            onEvent: onEvent,
            onStep: { _, _, _ in
                onStep()
                return nil
            })
        return try run(reportingTo: &observer)
    }
}

extension Session {
    /// Runs a stream engine on a port to its end; only a failure of the port ends it early.
    func run<E: StreamEngine & ~Copyable, P: StreamPort & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: StreamSessionObserver<E>
    ) throws(P.Failure) {
        var observer = observer
        observer.output = options.outputs.first
        try StreamLoop.run(&engine, on: &port, observer: &observer)
    }
}

/// A type-erased observer of stream engines, as `SessionObserver` is for packet engines.
struct StreamSessionObserver<Observed: StreamEngine & ~Copyable>: StreamObserver {
    private let onEvent: (Observed.Event) -> Void
    private(set) var onStep: (inout Observed, WakeReason, Instant) -> Instant?
    private(set) var isInterested: () -> Bool = { true }
    fileprivate(set) var output: BufferedOutput?

    init(
        onEvent: @escaping (Observed.Event) -> Void,
        onStep: @escaping (inout Observed, WakeReason, Instant) -> Instant?
    ) {
        self.onEvent = onEvent
        self.onStep = onStep
    }

    mutating func report(_ event: Observed.Event) { onEvent(event) }

    mutating func step(_ engine: inout Observed, _ wakeup: WakeReason, at now: Instant) -> Instant? {
        onStep(&engine, wakeup, now)
    }

    var isListening: Bool { (output?.isOpen ?? true) && isInterested() }

    /// Returns an observer with an action before each step.
    /// - Parameter body: returns the latest time of its next call.
    func before(_ body: @escaping (inout Observed, Instant) -> Instant?) -> StreamSessionObserver {
        var observer = self
        let step = onStep
        observer.onStep = { engine, wakeup, now in
            let next = body(&engine, now)
            return Instant.earliest(next, step(&engine, wakeup, now))
        }
        return observer
    }

    /// Converts an observer of another type, which is updated after `body`.
    static func erasing<Observer: StreamObserver, Result>(
        _ observer: inout Observer, _ body: (StreamSessionObserver) throws -> Result
    ) rethrows -> Result where Observer.Observed == Observed {
        var inner = observer
        defer { observer = inner }
        var erased = StreamSessionObserver(
            onEvent: { inner.report($0) }, onStep: { inner.step(&$0, $1, at: $2) })
        erased.isInterested = { inner.isListening }
        return try body(erased)
    }
}
