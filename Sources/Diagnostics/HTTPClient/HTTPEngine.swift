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

        init(number: Int) { client = HTTPClient(number: number) }
    }

    private var waiting: Deque<Plan>
    private let workers: [Worker]
    private let configuration: TLSConfiguration
    private var context: TLSContext?
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
    public init(
        _ plans: [Plan], concurrency: Int, tls: TLSConfiguration = TLSConfiguration(), needsTLS: Bool = false,
        expectsMore: Bool = false
    ) throws(TLSFailure) {
        waiting = Deque(plans)
        summary = Plan.Summary(targets: plans.count)
        workers = (0..<max(expectsMore ? concurrency : min(concurrency, plans.count), 1)).map { Worker(number: $0) }
        self.expectsMore = expectsMore
        configuration = tls
        if needsTLS { context = try TLSContext(tls) }
    }

    /// Plans that have not started.
    public var waitingCount: Int { waiting.count }

    /// Appends a plan.
    public mutating func add(_ plan: Plan) {
        waiting.append(plan)
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
            requests += worker.client.requests
            worker.client.requests.removeAll(keepingCapacity: true)
        }
        guard isBusy || expectsMore else { return .finished }
        return deadline.map { .at($0) } ?? .never
    }

    /// Gives an idle worker the next plan; returns false if there is none. The next plan may reuse an open connection.
    private mutating func startNext(on worker: Worker, at now: Instant) -> Bool {
        guard !isStopping, let plan = waiting.popFirst() else {
            worker.client.leave()
            return false
        }
        worker.plan = plan
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
        case .fetch(let fetch): worker.client.begin(fetch, { () throws(TLSFailure) in try makeContext() }, at: now)
        }
    }

    private mutating func makeContext() throws(TLSFailure) -> TLSContext {
        if let context { return context }
        let made = try TLSContext(configuration)
        context = made
        return made
    }

    // MARK: Port events

    public mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at instant: Instant
    ) {
        for worker in workers { worker.client.resolved(name, answer, asked: asked, at: instant) }
    }

    private func client(of stream: StreamIdentifier) -> HTTPClient? {
        guard let index = HTTPClient.number(of: stream), index < workers.count else { return nil }
        let client = workers[index].client
        return client.stream == stream ? client : nil
    }

    public mutating func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at instant: Instant) {
        client(of: stream)?.opened(opening, at: instant)
    }

    public mutating func received(_ bytes: RawSpan, on stream: StreamIdentifier, at instant: Instant) {
        client(of: stream)?.received(bytes, at: instant)
    }

    public mutating func ended(_ stream: StreamIdentifier, at instant: Instant) {
        client(of: stream)?.ended(at: instant)
    }

    public mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at instant: Instant) {
        client(of: stream)?.failed(failure, at: instant)
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
