import CLinux
import LinuxProcess
import PacketEngine

/// An engine on a link that runs in the background of another engine: the reactor handles its frames and
/// timers whenever it dispatches.
public final class BackgroundRun<Running: Engine & ~Copyable> {
    /// The maximum number of batches per turn, so that the other engine gets its turn.
    private static var mostBatches: Int { 16 }
    /// The pause after the kernel's queues were full.
    private static var congestionPause: Nanoseconds { .milliseconds(2) }
    /// The time after which full queues are an error.
    private static var congestionPatience: Nanoseconds { .seconds(1) }

    private var engine: Running
    private var port: PacketSocketPort
    private let reactor: Reactor
    private let report: (Running.Event) -> Void
    private var batch: PacketBatch
    private var next = 0
    private var timer: Reactor.Timer?
    private var congestedSince: Instant?
    /// Whether the engine has finished or its link has failed.
    public private(set) var isOver = false
    /// The error of the link, if it failed.
    public private(set) var failure: SystemError?

    /// - Parameter report: called with each event, from the reactor.
    public init(
        _ engine: consuming Running, on port: consuming PacketSocketPort, reactor: Reactor,
        _ report: @escaping (Running.Event) -> Void
    ) {
        batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        self.engine = engine
        self.port = port
        self.reactor = reactor
        self.report = report
    }

    deinit { stop() }

    /// Sends the first packets.
    public func start() throws(SystemError) {
        let descriptor = port.pollDescriptor
        try reactor.watch(descriptor, for: .reading) { [weak self] _ in self?.turn() }
        turn()
    }

    /// Ends the run; its events were reported before.
    public func stop() {
        guard !isOver else { return }
        isOver = true
        reactor.unwatch(port.pollDescriptor)
        reactor.cancel(timer)
        timer = nil
    }

    private func turn() {
        guard !isOver else { return }
        reactor.cancel(timer)
        timer = nil
        do throws(SystemError) {
            let due = try serve()
            drain()
            if let due {
                timer = reactor.schedule(at: due) { [weak self] in self?.turn() }
                return
            }
        } catch {
            drain()
            failure = error
        }
        stop()
        reactor.reportResult()
    }

    private func drain() {
        engine.drain { event in
            report(event)
            reactor.reportResult()
        }
    }

    /// Receives and sends what is possible without waiting.
    /// - Returns: the time by which to call it again, or nil if the engine has finished.
    private func serve() throws(SystemError) -> Instant? {
        for _ in 0..<Self.mostBatches {
            let now = SystemClock.now
            try port.checkLink()
            let received = try port.receive(into: &engine)
            var deadline = Deadline.at(now)
            if next == batch.count {
                batch.removeAll()
                next = 0
                deadline = engine.transmit(into: &batch, at: now)
            }
            if next < batch.count {
                let first = next
                next = try port.send(batch, from: next, reportingTo: &engine)
                guard next == first else {
                    congestedSince = nil
                    continue
                }
                let since = congestedSince ?? now
                congestedSince = since
                guard now - since >= Self.congestionPatience else { return now + Self.congestionPause }
                throw SystemError(code: ENOBUFS, operation: "packet socket")
            }
            switch deadline {
            case .finished: return nil
            case .at(let instant) where instant > now && received == 0: return instant
            case .never where received == 0: return now + .seconds(1)
            case .at, .never: continue
            }
        }
        return SystemClock.now
    }
}
