/// Who hears what an engine finds.
public protocol EngineObserver: ~Copyable {
    associatedtype Observed: Engine & ~Copyable

    /// An event of the engine.
    mutating func report(_ event: Observed.Event)

    /// Called after every step that reported something or was woken: the place
    /// to write out, to feed the engine from outside, and to answer `status`.
    /// - Returns: when to be called again at the latest.
    mutating func step(_ engine: inout Observed, _ wakening: WakeReason, at now: Instant) -> Instant?

    /// The engine has finished: when to be called again at the latest, while results wait for something from
    /// outside; nil ends the run.
    mutating func linger(at now: Instant) -> Instant?

    /// False ends the run at once: nobody is listening any more.
    var isListening: Bool { get }
}

extension EngineObserver where Self: ~Copyable {
    public mutating func linger(at now: Instant) -> Instant? { nil }

    public var isListening: Bool { true }
}

/// The one loop that runs any engine on any port.
public enum EngineLoop {
    /// How often a busy loop looks for signals, which cost a system call.
    @usableFromInline static let signalInterval = Nanoseconds.milliseconds(20)
    /// First pause after the kernel's queues were full; doubled up to the second.
    @usableFromInline static let congestionPause = Nanoseconds.microseconds(200)
    @usableFromInline static let longestCongestionPause = Nanoseconds.milliseconds(20)
    /// A packet that finds no room for this long is given up.
    @usableFromInline static let congestionPatience = Nanoseconds.seconds(1)

    /// Runs until the engine has finished or nobody listens.
    ///
    /// Receives first and waits only when there is nothing: a round trip on an
    /// answering path costs one send and one receive.
    @inlinable
    public static func run<E: Engine & ~Copyable, P: PacketPort & ~Copyable, O: EngineObserver & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: inout O
    ) throws(P.Failure) where O.Observed == E {
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        var next = 0
        var deadline = Deadline.never
        var congestion: (since: Instant, pause: Nanoseconds, retry: Instant)?
        var lastWait = port.now
        var observerDeadline: Instant?
        var wakening: WakeReason = []
        // The engine has been told of sends since it was last asked: its deadline may be another.
        var wasToldOfSends = false

        while true {
            let now = port.now
            if next == batch.count {
                batch.removeAll()
                next = 0
                deadline = engine.transmit(into: &batch, at: now)
                wasToldOfSends = false
            }
            if next < batch.count, congestion.map({ now >= $0.retry }) ?? true {
                let first = next
                next = try port.send(batch, from: next, reportingTo: &engine)
                if next > first { wasToldOfSends = true }
                if next == batch.count {
                    congestion = nil
                } else if let held = congestion, now - held.since > congestionPatience {
                    engine.transmissionFailed(batch.entries[next].token, .noBuffers, at: now)
                    next += 1
                    wasToldOfSends = true
                    congestion = nil
                } else {
                    let pause = min((congestion?.pause ?? congestionPause) * 2, longestCongestionPause)
                    congestion = (congestion?.since ?? now, pause, now + pause)
                }
            }

            let received = try port.receive(into: &engine)
            engine.drain { observer.report($0) }
            observerDeadline = observer.step(&engine, wakening, at: now)
            wakening = []
            guard observer.isListening else { return }
            var lingering: Instant?
            if deadline == .finished, next == batch.count {
                lingering = observer.linger(at: now)
                guard lingering != nil else { return }
            }

            // Work that is due now goes on without a wait, but not for ever without a look at the signals.
            var until: Instant?
            if next < batch.count {
                // The packet before was given up: the next one is tried at once.
                until = congestion?.retry ?? now
            } else if case .at(let instant) = deadline {
                until = instant
            }
            if let lingering { until = lingering }
            if let observerDeadline { until = until.map { min($0, observerDeadline) } ?? observerDeadline }
            let mustAsk = wasToldOfSends && next == batch.count
            let isBusy = received > 0 || mustAsk || until.map { $0 <= now } ?? false
            if isBusy, now - lastWait < signalInterval { continue }
            wakening = try port.wait(until: isBusy ? now : until)
            lastWait = port.now
            if wakening.contains(.interrupted) { return }
            if wakening.contains(.stop) { engine.stop(at: lastWait) }
        }
    }
}
