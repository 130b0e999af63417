import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine

/// A tool of the toolkit. Targets and configuration make a run.
public protocol Tool: SendableMetatype {
    /// The kind of targets.
    associatedtype Target: Sendable
    associatedtype Configuration: Sendable
    associatedtype Prepared: PreparedRun

    /// The default configuration.
    static var defaultConfiguration: Configuration { get }

    typealias Event = Prepared.Event
    typealias Summary = Prepared.Summary

    /// Opens the sockets, resolves the target and finds its route. Sends nothing to the target yet.
    static func prepare(
        _ target: Target, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared
}

/// A run with open sockets and resolved targets. It can be run once.
public protocol PreparedRun: SendableMetatype {
    associatedtype Event: Sendable
    associatedtype Summary: Sendable

    /// Runs to the end.
    /// - Parameters:
    ///   - onEvent: called with each event.
    ///   - onStep: called after each step of the loop, which may have had several events.
    /// - Throws: `SwiftNetError` if it is stopped before anything was sent, or if a socket fails.
    func run(onEvent: @escaping (Event) -> Void, onStep: @escaping () -> Void) throws(SwiftNetError) -> Summary
}

/// A run of an engine, of packets or of streams.
public protocol PreparedEngineRun: PreparedRun where Event == Running.Event {
    associatedtype Running: EventEngine, ~Copyable, SendableMetatype

    /// The reason why the run ended early; nil if it did not. Known after the run.
    var failure: SwiftNetError? { get }

    /// Whether `RunOptions.onNotice` has already received the message of `failure`.
    var isFailureNoticed: Bool { get }

    /// Runs to the end.
    /// - Parameter observer: receives the events, and after each step of the loop the engine itself.
    /// - Throws: as `run(onEvent:onStep:)`.
    func run<Observer: EngineObserver>(
        reportingTo observer: inout Observer
    ) throws(SwiftNetError) -> Summary where Observer.Observed == Running
}

extension PreparedEngineRun {
    public var failure: SwiftNetError? { nil }
    public var isFailureNoticed: Bool { false }

    public func run(
        onEvent: @escaping (Event) -> Void, onStep: @escaping () -> Void
    ) throws(SwiftNetError) -> Summary {
        var observer = EventObserver<Running>(onEvent: onEvent, onStep: onStep)
        return try run(reportingTo: &observer)
    }
}

extension Tool {
    /// Runs the tool to its end, on the calling thread.
    /// - Parameter onEvent: called with each event as it occurs.
    /// - Throws: `SwiftNetError` if the run cannot begin, is stopped before anything was sent, or a socket fails.
    @discardableResult
    public static func run(
        _ target: Target, _ configuration: Configuration = defaultConfiguration, options: RunOptions = RunOptions(),
        onEvent: (Event) -> Void = { _ in }
    ) throws(SwiftNetError) -> Summary {
        let prepared = try prepare(target, configuration, options: options)
        return try withoutActuallyEscaping(onEvent) { onEvent throws(SwiftNetError) in
            try prepared.run(onEvent: onEvent, onStep: {})
        }
    }

    /// Runs the tool on its own thread. The last element is the summary. Canceling the task stops the run, which still
    /// delivers its summary.
    public static func events(
        to target: Target, _ configuration: Configuration = defaultConfiguration,
        options: RunEventOptions = RunEventOptions()
    ) -> RunEvents<Event, Summary> {
        RunEvents(options) { options, onEvent, onStep throws(SwiftNetError) in
            try prepare(target, configuration, options: options).run(onEvent: onEvent, onStep: onStep)
        }
    }
}

/// Forwards events and the end of each step.
private struct EventObserver<Observed: EventEngine & ~Copyable>: EngineObserver {
    let onEvent: (Observed.Event) -> Void
    let onStep: () -> Void

    mutating func report(_ event: Observed.Event) { onEvent(event) }

    mutating func step(_ engine: inout Observed, _ wakeup: WakeReason, at now: Instant) -> Instant? {
        onStep()
        return nil
    }
}
