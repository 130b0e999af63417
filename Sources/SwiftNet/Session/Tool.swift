import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine

/// A tool of the toolkit. Its targets and its configuration make a run.
public protocol Tool: SendableMetatype {
    /// What it is used on.
    associatedtype Target: Sendable
    associatedtype Configuration: Sendable
    associatedtype Prepared: PreparedRun

    /// What a run does when nothing else is asked for.
    static var defaultConfiguration: Configuration { get }

    typealias Event = Prepared.Event
    typealias Summary = Prepared.Summary

    /// Opens the sockets, looks up the target and finds the route to it; sends nothing to it yet.
    static func prepare(
        _ target: Target, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared
}

/// A run whose sockets are open and whose targets are found. It is used once.
public protocol PreparedRun: SendableMetatype {
    associatedtype Event: Sendable
    associatedtype Summary: Sendable

    /// Runs to the end.
    /// - Parameters:
    ///   - onEvent: called with what is found.
    ///   - onStep: called after each step of the loop, in which there may have been several events.
    /// - Throws: `SwiftNetError` when it is stopped before anything was sent, or a socket fails.
    func run(onEvent: @escaping (Event) -> Void, onStep: @escaping () -> Void) throws(SwiftNetError) -> Summary
}

/// A run of an engine that sends and receives packets.
public protocol PreparedPacketRun: PreparedRun where Event == Running.Event {
    associatedtype Running: Engine, ~Copyable, SendableMetatype

    /// Runs to the end.
    /// - Parameter observer: gets the events, and after each step of the loop the engine itself.
    /// - Throws: as `run(onEvent:onStep:)`.
    func run<Observer: EngineObserver>(
        reportingTo observer: inout Observer
    ) throws(SwiftNetError) -> Summary where Observer.Observed == Running
}

extension PreparedPacketRun {
    public func run(
        onEvent: @escaping (Event) -> Void, onStep: @escaping () -> Void
    ) throws(SwiftNetError) -> Summary {
        var observer = EventObserver<Running>(onEvent: onEvent, onStep: onStep)
        return try run(reportingTo: &observer)
    }
}

extension Tool {
    /// Runs the tool to its end, on the calling thread.
    /// - Parameter onEvent: called with what is found, as it is found.
    /// - Throws: `SwiftNetError` when the run cannot begin, is stopped before anything was sent, or a socket fails.
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

    /// Runs the tool on a thread of its own. The last element is the summary; a task that is canceled stops the run and
    /// still gets it.
    public static func events(
        to target: Target, _ configuration: Configuration = defaultConfiguration,
        options: RunEventOptions = RunEventOptions()
    ) -> RunEvents<Event, Summary> {
        RunEvents(options) { options, onEvent, onStep throws(SwiftNetError) in
            try prepare(target, configuration, options: options).run(onEvent: onEvent, onStep: onStep)
        }
    }
}

/// Hands on events, and the end of each step.
private struct EventObserver<Observed: Engine & ~Copyable>: EngineObserver {
    let onEvent: (Observed.Event) -> Void
    let onStep: () -> Void

    mutating func report(_ event: Observed.Event) { onEvent(event) }

    mutating func step(_ engine: inout Observed, _ wakening: WakeReason, at now: Instant) -> Instant? {
        onStep()
        return nil
    }
}
