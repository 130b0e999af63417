import DequeModule
import PacketEngine
import SwiftNetTLS
import WireFormat

/// Runs many plans, a limited number at a time, each with its own client.
public struct HTTPEngine<Plan: HTTPPlan>: StreamEngine, ~Copyable {
    public typealias Event = Plan.Event

    /// A client and the plan that it runs, if any.
    private final class Worker {
        let client: HTTPClient
        var plan: Plan?

        init(_ connections: HTTPConnections) { client = HTTPClient(connections) }
    }

    /// A plan that has not started, and is made when it starts: a plan may have more than a kilobyte.
    private struct Waiting {
        var make: (Int) -> Plan
        var number: Int
    }

    private var waiting: Deque<Waiting>
    /// One for each plan that is not finished, up to `concurrency`.
    private var workers: [Worker] = []
    private let concurrency: Int
    private let connections: HTTPConnections
    /// The time between the starts of requests, of all plans together; nil for no limit.
    private let interval: Nanoseconds?
    private var nextSlot: Instant?
    private var events: [Event] = []
    private var isStopping = false
    /// Finished plans.
    public private(set) var finishedCount = 0
    /// Whether further plans may be added: the run continues without any.
    public var expectsMore: Bool
    /// The result so far.
    public private(set) var summary: Plan.Summary

    /// - Parameters:
    ///   - concurrency: the number of plans that run at the same time.
    ///   - tls: the parameters of TLS sessions.
    ///   - needsTLS: whether TLS is needed; shared state is then created now, before anything is timed.
    ///   - expectsMore: whether plans may be added while the engine runs.
    ///   - targets: the number of targets of the plans; nil for one of each plan.
    ///   - interval: the time between the starts of requests, of all plans together; nil for no limit.
    public init(
        _ plans: [Plan], concurrency: Int, tls: TLSConfiguration = TLSConfiguration(), needsTLS: Bool = false,
        expectsMore: Bool = false, targets: Int? = nil, interval: Nanoseconds? = nil
    ) throws(TLSFailure) {
        waiting = Deque(plans.map { plan in Waiting(make: { _ in plan }, number: 0) })
        summary = Plan.Summary(targets: targets ?? plans.count)
        let connections = HTTPConnections(tls)
        self.connections = connections
        self.concurrency = concurrency
        self.expectsMore = expectsMore
        self.interval = interval
        if needsTLS { try connections.makeContext() }
        addWorkers()
    }

    /// Creates the workers of further plans.
    private mutating func addWorkers() {
        guard workers.count < concurrency else { return }
        let idle = workers.count { $0.plan == nil }
        let missing = min(waiting.count - idle, concurrency - workers.count)
        for _ in 0..<max(missing, 0) { workers.append(Worker(connections)) }
    }

    /// Receives the bodies of responses as they arrive, if the plans want that.
    public var bodySink: (any HTTPBodySink)? {
        get { connections.bodySink }
        set { connections.bodySink = newValue }
    }

    /// Plans that have not started.
    public var waitingCount: Int { waiting.count }

    /// Appends a plan for another target.
    public mutating func add(_ plan: Plan) { addTarget(plans: 1) { _ in plan } }

    /// Appends the plans of another target.
    /// - Parameters:
    ///   - count: the number of plans.
    ///   - plan: creates the plan of a number, from 0, when it starts.
    public mutating func addTarget(plans count: Int, _ plan: @escaping (Int) -> Plan) {
        for number in 0..<count { waiting.append(Waiting(make: plan, number: number)) }
        addWorkers()
        summary.targets += 1
    }

    public mutating func advance(_ requests: inout [StreamRequest], at now: Instant) -> Deadline {
        var deadline: Instant?
        var isBusy = false
        for worker in workers {
            // A step may finish as soon as it starts, and so may a plan.
            while worker.plan != nil || startNext(on: worker, at: now) {
                let due = worker.client.advance(at: now)
                guard let result = worker.client.takeResult() else {
                    if let due { deadline = deadline.map { min($0, due) } ?? due }
                    break
                }
                perform(next(on: worker, after: result, at: now), on: worker, at: now)
            }
            isBusy = isBusy || worker.plan != nil
        }
        requests += connections.takeRequests()
        guard isBusy || expectsMore else { return .finished }
        return deadline.map { .at($0) } ?? .never
    }

    /// Gives an idle worker the next plan; returns false if there is none. The next plan may reuse an open connection.
    private mutating func startNext(on worker: Worker, at now: Instant) -> Bool {
        guard !isStopping, let first = waiting.popFirst() else {
            worker.client.leave(at: now)
            return false
        }
        worker.plan = first.make(first.number)
        perform(next(on: worker, after: .began, at: now), on: worker, at: now)
        return true
    }

    private mutating func next(on worker: Worker, after result: HTTPResult, at now: Instant) -> HTTPStep {
        let step = worker.plan?.next(after: result, at: now) { take($0) } ?? .finished
        guard isStopping else { return step }
        if case .finished = step { return .finished }
        worker.plan?.stop { take($0) }
        return .finished
    }

    private mutating func take(_ event: Event) {
        summary.add(event)
        events.append(event)
    }

    private mutating func perform(_ step: HTTPStep, on worker: Worker, at now: Instant) {
        switch step {
        case .finished:
            worker.plan = nil
            finishedCount += 1
        case .wait(let until): worker.client.wait(until: until)
        case .watch(let until): worker.client.watch(until: until, at: now)
        case .query(let name, let until): worker.client.query(name, until: until)
        case .fetch(let fetch):
            guard let interval else { return worker.client.begin(fetch, at: now) }
            let slot = max(nextSlot ?? now, now)
            nextSlot = slot + interval
            worker.client.begin(fetch, notBefore: slot, at: now)
        }
    }

    // MARK: Port events

    public mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at instant: Instant
    ) {
        connections.resolved(name, answer, asked: asked, at: instant)
    }

    public mutating func queried(
        _ name: String, _ answer: Result<ServiceRecords, NameFailure>, at instant: Instant
    ) {
        connections.queried(name, answer)
    }

    public mutating func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at instant: Instant) {
        connections.connection(of: stream)?.opened(stream, opening, at: instant)
    }

    public mutating func received(_ bytes: RawSpan, on stream: StreamIdentifier, at instant: Instant) {
        connections.connection(of: stream)?.received(bytes, on: stream, at: instant)
    }

    public mutating func ended(_ stream: StreamIdentifier, at instant: Instant) {
        connections.connection(of: stream)?.ended(stream, at: instant)
    }

    public mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at instant: Instant) {
        connections.connection(of: stream)?.failed(stream, failure, at: instant)
    }

    public mutating func stop(at now: Instant) {
        isStopping = true
        expectsMore = false
        for worker in workers { worker.client.stop(at: now) }
    }

    public mutating func drain(_ report: (Event) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
