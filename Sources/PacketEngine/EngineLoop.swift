/// Receives the events of an engine.
public protocol EngineObserver: ~Copyable {
    associatedtype Observed: EventEngine & ~Copyable

    /// Processes an event of the engine.
    mutating func report(_ event: Observed.Event)

    /// Writes output, passes external input to the engine and answers `status`. Called after every step that
    /// reported an event or was woken.
    /// - Returns: the time by which it is to be called again.
    mutating func step(_ engine: inout Observed, _ wakeReason: WakeReason, at now: Instant) -> Instant?

    /// Is called when an engine of packets has finished.
    /// - Returns: the time by which it is to be called again if results are still incomplete, or nil to end the run.
    mutating func linger(at now: Instant) -> Instant?

    /// Whether events are still wanted; false ends the run at once.
    var isListening: Bool { get }
}

extension EngineObserver where Self: ~Copyable {
    public mutating func linger(at now: Instant) -> Instant? { nil }

    public var isListening: Bool { true }
}

/// Runs any engine on any port.
public enum EngineLoop {
    /// The time between checks for signals while the loop is busy; a check is a system call.
    @usableFromInline static let signalInterval = Nanoseconds.milliseconds(20)
    /// The first pause after the kernel's queues were full; it is doubled up to the maximum below.
    @usableFromInline static let congestionPause = Nanoseconds.microseconds(200)
    @usableFromInline static let longestCongestionPause = Nanoseconds.milliseconds(20)
    /// The time after which a packet that does not fit in the kernel's queues fails.
    @usableFromInline static let congestionPatience = Nanoseconds.seconds(1)

    /// Runs until the engine has finished or the observer wants no more events.
    ///
    /// The loop receives first and waits only if nothing was received: an answered probe costs one send and one
    /// receive call.
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
        var wakeReason: WakeReason = []
        // The sends since the last call may have changed the engine's deadline.
        var wasToldOfSends = false

        while true {
            let now = port.now
            if next == batch.count {
                // The MTU of a link may have been raised.
                if engine.maximumPacketLength > batch.slotLength {
                    batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
                }
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
                } else if let held = congestion, next == first, now - held.since > congestionPatience {
                    engine.transmissionFailed(batch.entries[next].token, .noBuffers, at: now)
                    next += 1
                    wasToldOfSends = true
                    congestion = nil
                } else {
                    // A packet that was not tried before has the whole time.
                    if next > first { congestion = nil }
                    let pause = min((congestion?.pause ?? congestionPause) * 2, longestCongestionPause)
                    congestion = (congestion?.since ?? now, pause, now + pause)
                }
            }

            let received = try port.receive(into: &engine)
            engine.drain { observer.report($0) }
            observerDeadline = observer.step(&engine, wakeReason, at: now)
            wakeReason = []
            guard observer.isListening else { return }
            var lingering: Instant?
            if deadline == .finished, next == batch.count {
                lingering = observer.linger(at: now)
                guard lingering != nil else { return }
            }

            // If work is due now, the loop does not block, but still polls signals at intervals.
            var until: Instant?
            if next < batch.count {
                // The previous packet failed: the next one is tried at once.
                until = congestion?.retry ?? now
            } else if case .at(let instant) = deadline {
                until = instant
            }
            if let lingering { until = lingering }
            if let observerDeadline { until = until.map { min($0, observerDeadline) } ?? observerDeadline }
            let mustAsk = wasToldOfSends && next == batch.count
            let isBusy = received > 0 || mustAsk || until.map { $0 <= now } ?? false
            if isBusy, now - lastWait < signalInterval { continue }
            wakeReason = try port.wait(until: isBusy ? now : until)
            lastWait = port.now
            if wakeReason.contains(.interrupted) { return }
            if wakeReason.contains(.stop) { engine.stop(at: lastWait) }
        }
    }
}
