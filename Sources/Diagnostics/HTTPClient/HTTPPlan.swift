import PacketEngine

/// What a client does next.
public enum HTTPStep: Sendable {
    case fetch(HTTPFetch)
    /// Nothing until then.
    case wait(until: Instant)
    /// Looks at the open connection until the other side ends it, at the longest until then.
    case watch(until: Instant)
    case finished
}

/// What came of a step.
public enum HTTPResult: Sendable {
    /// There was no step yet.
    case began
    case fetched(HTTPOutcome)
    case waited
    /// The open connection ended after so long; nil when it still stands.
    case watched(closedAfter: Nanoseconds?)
}

/// A sequence of requests to one server, each decided by what came of the last.
public protocol HTTPPlan {
    associatedtype Event
    /// What the events of all plans of a run add up to.
    associatedtype Summary: HTTPSummary<Event>

    /// The next step.
    mutating func next(after result: HTTPResult, at now: Instant, _ report: (Event) -> Void) -> HTTPStep

    /// The run is stopped and the step that was asked for is not taken: what is known is told.
    mutating func stop(_ report: (Event) -> Void)
}

/// The result of a run.
public protocol HTTPSummary<Event>: Sendable {
    associatedtype Event: Sendable

    /// The number of plans.
    var targets: Int { get set }

    init(targets: Int)

    /// Counts an event.
    mutating func add(_ event: Event)
}
