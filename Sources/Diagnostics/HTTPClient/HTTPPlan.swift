import PacketEngine

/// The next step of a client.
public enum HTTPStep: Sendable {
    indirect case fetch(HTTPFetch)
    /// Does nothing until this time.
    case wait(until: Instant)
    /// Watches the open connection until the server closes it, at most until this time.
    case watch(until: Instant)
    /// Queries the HTTPS records of a name (RFC 9460), and waits for them at most until this time.
    case query(String, until: Instant)
    case finished
}

/// The result of a step.
public enum HTTPResult: Sendable {
    /// There was no step yet.
    case began
    indirect case fetched(HTTPOutcome)
    case waited
    /// The open connection was closed after this time; nil if it is still open.
    case watched(closedAfter: Nanoseconds?)
    /// The HTTPS records of the name.
    case queried(Result<ServiceRecords, NameFailure>)
}

/// A sequence of requests to one server in which each depends on the results before it.
public protocol HTTPPlan {
    associatedtype Event
    /// The summary of the events of all plans of a run.
    associatedtype Summary: HTTPSummary<Event>

    /// Returns the next step.
    mutating func next(after result: HTTPResult, at now: Instant, _ report: (Event) -> Void) -> HTTPStep

    /// Handles the end of the run before the requested step: reports what is known.
    mutating func stop(_ report: (Event) -> Void)
}

/// The summary of a run.
public protocol HTTPSummary<Event>: Sendable {
    associatedtype Event: Sendable

    /// The number of plans.
    var targets: Int { get set }

    init(targets: Int)

    /// Counts an event.
    mutating func add(_ event: Event)
}
