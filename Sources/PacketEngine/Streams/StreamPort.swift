/// Runs an engine's streams and provides the time. `LinuxNet` implements it with the kernel's TCP, the tests with
/// simulated servers.
public protocol StreamPort: ~Copyable {
    /// An error of the port itself, which ends the run.
    associatedtype Failure: Error

    /// The current time.
    var now: Instant { mutating get }

    /// Executes the requests, in order, and reports immediate results to the engine.
    /// - Returns: whether anything was reported to the engine.
    mutating func perform<E: StreamEngine & ~Copyable>(
        _ requests: [StreamRequest], reportingTo engine: inout E
    ) throws(Failure) -> Bool

    /// Waits for a stream event, a signal or another event, until `deadline` at the latest, and reports stream events
    /// to the engine.
    mutating func wait<E: StreamEngine & ~Copyable>(
        until deadline: Instant?, reportingTo engine: inout E
    ) throws(Failure) -> WakeReason
}

/// Runs any stream engine on any stream port.
public enum StreamLoop {
    /// Runs until the engine has finished or the observer wants no more events.
    public static func run<E: StreamEngine & ~Copyable, P: StreamPort & ~Copyable, O: EngineObserver & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: inout O
    ) throws(P.Failure) where O.Observed == E {
        var requests: [StreamRequest] = []
        var wakeReason: WakeReason = []
        while true {
            let now = port.now
            requests.removeAll(keepingCapacity: true)
            let deadline = engine.advance(&requests, at: now)
            let wasTold = try port.perform(requests, reportingTo: &engine)
            engine.drain { observer.report($0) }
            let observerDeadline = observer.step(&engine, wakeReason, at: now)
            guard observer.isListening else { return }
            if deadline == .finished { return }
            var until: Instant?
            if wasTold { until = now } else if case .at(let instant) = deadline { until = instant }
            if let observerDeadline { until = until.map { min($0, observerDeadline) } ?? observerDeadline }
            wakeReason = try port.wait(until: until, reportingTo: &engine)
            if wakeReason.contains(.interrupted) { return }
            if wakeReason.contains(.stop) { engine.stop(at: port.now) }
        }
    }
}
