import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The setup that every run has in common, in the one safe order: take over the signals, raise CAP_NET_RAW, open
/// unbound sockets, drop the capability. Only then is there a session, which resolves names, finds routes, binds
/// sockets and runs engines.
package final class Session {
    /// The privilege for opening the sockets.
    package enum Requirement {
        /// None.
        case nothing
        /// Other sockets are available without CAP_NET_RAW.
        case rawSocketsIfPermitted
        /// CAP_NET_RAW, for the named command or option.
        case rawSockets(String)
    }

    let options: RunOptions
    let resolver: Resolver
    let started: Instant
    private var hasBegun = false
    var reactor: Reactor { resolver.reactor }
    var capture: FrameCapture? { options.capture }

    private init(_ options: RunOptions, _ resolver: Resolver, started: Instant) {
        self.options = options
        self.resolver = resolver
        self.started = started
    }

    /// Unfinished lookups retain the reactor.
    deinit { reactor.cancelAll() }

    /// Opens a run's sockets, then drops the privilege.
    /// - Parameter open: opens unbound sockets; its argument is whether raw sockets are allowed.
    static func open<Sockets>(
        _ options: RunOptions, _ requirement: Requirement, _ open: (_ isRaw: Bool) throws -> Sockets
    ) throws -> (Session, Sockets) {
        let started = SystemClock.now
        let signals: SignalSource? =
            switch options.signals {
            case .ignore: nil
            case .stopOnInterrupt: try SignalSource(terminal: options.terminal, reloads: options.reloads)
            }
        let reactor = try Reactor(signals: signals, wakeupEvent: options.wakeupEvent)
        for output in options.outputs { output.serve(by: reactor) }
        if let terminal = options.terminal { try reactor.serve(terminal) }
        let sockets = try withPrivileges(options, requirement) { isRaw in
            try options.capture?.open()
            return try open(isRaw)
        }
        let resolver = Resolver(reactor: reactor)
        resolver.onStatus = options.onNotice
        if options.isVerbose { resolver.onNotice = options.onNotice }
        return (Session(options, resolver, started: started), sockets)
    }

    /// Starts the session's only run, which its sockets, deadline and stop source belong to.
    func begin() throws(SwiftNetError) {
        guard !hasBegun else { throw SwiftNetError(.invalidArgument, nil, "a prepared run can be run only once") }
        hasBegun = true
    }

    /// Returns the rest of a duration that began when the session was opened, at least 1 ms.
    func remaining(of time: Nanoseconds?) -> Nanoseconds? {
        time.map { max(started + $0 - SystemClock.now, .milliseconds(1)) }
    }

    /// Creates a session for a command that only reads existing data and needs no socket.
    package static func giveUpPrivileges() throws(SwiftNetError) {
        var options = RunOptions()
        options.privileges = .dropForGood
        try SwiftNetError.wrapping { try withPrivileges(options, .nothing) { _ in } }
    }

    private static func withPrivileges<Result>(
        _ options: RunOptions, _ requirement: Requirement, _ body: (_ isRaw: Bool) throws -> Result
    ) throws -> Result {
        var raised: Privileges.Raised?
        if case .nothing = requirement, options.capture == nil {} else { raised = Privileges.raise() }
        let isRaw = raised?.isNetRawEffective ?? false
        let result: Swift.Result<Result, any Error>
        if !isRaw, case .rawSockets(let what) = requirement {
            result = .failure(SwiftNetError.missingCapability(what))
        } else if !isRaw, options.capture != nil {
            result = .failure(SwiftNetError.missingCapability("--pcap"))
        } else {
            result = Swift.Result { try body(isRaw) }
        }
        switch options.privileges {
        case .keep: if let raised { try Privileges.lower(raised) }
        case .dropForGood: try Privileges.dropForGood()
        }
        return try result.get()
    }

    /// Runs an engine on a port to its end; only a failure of the port ends it early.
    /// - Parameter outlivesOutput: whether the run continues when the reader of its output is gone.
    func run<E: Engine & ~Copyable, P: PacketPort & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: SessionObserver<E>, outlivesOutput: Bool = false
    ) throws(P.Failure) {
        var observer = observer
        observer.output = outlivesOutput ? nil : options.outputs.first
        // Frames captured before a failure count too.
        defer { capture?.finish() }
        try EngineLoop.run(&engine, on: &port, observer: &observer)
    }

    /// Runs a stream engine on a port to its end; only a failure of the port ends it early.
    func run<E: StreamEngine & ~Copyable, P: StreamPort & ~Copyable>(
        _ engine: inout E, on port: inout P, observer: SessionObserver<E>
    ) throws(P.Failure) {
        var observer = observer
        observer.output = options.outputs.first
        try StreamLoop.run(&engine, on: &port, observer: &observer)
    }
}

/// A type-erased observer: the loop is specialized only for engines and ports.
struct SessionObserver<Observed: EventEngine & ~Copyable>: EngineObserver {
    private(set) var onEvent: (Observed.Event) -> Void
    var onStep: (inout Observed, WakeReason, Instant) -> Instant? = { _, _, _ in nil }
    var onLinger: (Instant) -> Instant? = { _ in nil }
    var isInterested: () -> Bool = { true }
    fileprivate(set) var output: BufferedOutput?

    mutating func report(_ event: Observed.Event) { onEvent(event) }

    mutating func step(_ engine: inout Observed, _ wakeup: WakeReason, at now: Instant) -> Instant? {
        onStep(&engine, wakeup, now)
    }

    mutating func linger(at now: Instant) -> Instant? { onLinger(now) }

    var isListening: Bool { (output?.isOpen ?? true) && isInterested() }

    /// Returns an observer with an action before each step.
    /// - Parameter body: returns the latest time of its next call.
    func before(_ body: @escaping (inout Observed, WakeReason, Instant) -> Instant?) -> SessionObserver {
        var observer = self
        let step = onStep
        observer.onStep = { engine, wakeup, now in
            let next = body(&engine, wakeup, now)
            return Instant.earliest(next, step(&engine, wakeup, now))
        }
        return observer
    }

    /// Returns an observer that drops some events.
    /// - Parameter isWanted: called with each event before the observer.
    func filtering(_ isWanted: @escaping (Observed.Event) -> Bool) -> SessionObserver {
        var observer = self
        let report = onEvent
        observer.onEvent = { if isWanted($0) { report($0) } }
        return observer
    }

    /// Converts an observer of another type, which is updated after `body`.
    static func erasing<Observer: EngineObserver, Result>(
        _ observer: inout Observer, _ body: (SessionObserver) throws -> Result
    ) rethrows -> Result where Observer.Observed == Observed {
        var inner = observer
        defer { observer = inner }
        return try body(
            SessionObserver(
                onEvent: { inner.report($0) }, onStep: { inner.step(&$0, $1, at: $2) },
                onLinger: { inner.linger(at: $0) }, isInterested: { inner.isListening }))
    }
}
