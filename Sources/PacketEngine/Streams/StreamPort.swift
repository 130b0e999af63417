/// What carries an engine's streams and tells it the time. `LinuxNet`
/// implements it with the kernel's TCP, the tests with servers in a table.
public protocol StreamPort: ~Copyable {
    /// What can end a run: the port itself fails, not a single stream.
    associatedtype Failure: Error

    /// The time now.
    var now: Instant { mutating get }

    /// Does what is asked, in order, and tells the engine what is known at once.
    /// - Returns: whether the engine was told something.
    mutating func perform<E: StreamEngine & ~Copyable>(
        _ requests: [StreamRequest], reportingTo engine: inout E
    ) throws(Failure) -> Bool

    /// Waits for something to happen, a signal or news from outside, at the longest until
    /// `deadline`, and tells the engine of it.
    mutating func wait<E: StreamEngine & ~Copyable>(
        until deadline: Instant?, reportingTo engine: inout E
    ) throws(Failure) -> WakeReason
}

/// Who hears what a stream engine finds.
public protocol StreamObserver: ~Copyable {
    associatedtype Observed: StreamEngine & ~Copyable

    /// An event of the engine.
    mutating func report(_ event: Observed.Event)

    /// Called after every step: the place to write out and to answer `status`.
    /// - Returns: when to be called again at the latest.
    mutating func step(_ engine: inout Observed, _ wakening: WakeReason, at now: Instant) -> Instant?

    /// False ends the run at once: nobody is listening any more.
    var isListening: Bool { get }
}

extension StreamObserver where Self: ~Copyable {
    public var isListening: Bool { true }
}

/// The one loop that runs any stream engine on any port of streams.
public enum StreamLoop {
    /// Runs until the engine has finished or nobody listens.
    public static func run<E: StreamEngine & ~Copyable, P: StreamPort & ~Copyable, O: StreamObserver & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: inout O
    ) throws(P.Failure) where O.Observed == E {
        var requests: [StreamRequest] = []
        var wakening: WakeReason = []
        while true {
            let now = port.now
            requests.removeAll(keepingCapacity: true)
            let deadline = engine.advance(&requests, at: now)
            let wasTold = try port.perform(requests, reportingTo: &engine)
            engine.drain { observer.report($0) }
            let observerDeadline = observer.step(&engine, wakening, at: now)
            guard observer.isListening else { return }
            if deadline == .finished { return }
            var until: Instant?
            if wasTold { until = now } else if case .at(let instant) = deadline { until = instant }
            if let observerDeadline { until = until.map { min($0, observerDeadline) } ?? observerDeadline }
            wakening = try port.wait(until: until, reportingTo: &engine)
            if wakening.contains(.interrupted) { return }
            if wakening.contains(.stop) { engine.stop(at: port.now) }
        }
    }
}
