import PacketEngine
import TLS
import WireFormat

/// Runs many plans, a few at a time, each with a client of its own.
public struct HTTPEngine<Plan: HTTPPlan>: StreamEngine, ~Copyable {
    public typealias Event = Plan.Event

    private struct Worker {
        let client: HTTPClient
        var plan: Plan
    }

    private var waiting: [Plan]
    private var workers: [Worker?]
    private let configuration: TLSConfiguration
    private var context: TLSContext?
    private var events: [Event] = []
    private var begunCount = 0
    private var isStopping = false
    /// Plans that have come to their end.
    public private(set) var finishedCount = 0

    /// - Parameters:
    ///   - concurrency: plans that go on at the same time.
    ///   - tls: how sessions are to be made, where one is needed.
    ///   - needsTLS: one will be, and what they have in common is made now, before anything is timed.
    public init(
        _ plans: [Plan], concurrency: Int, tls: TLSConfiguration = TLSConfiguration(), needsTLS: Bool = false
    ) throws(TLSFailure) {
        waiting = plans.reversed()
        workers = Array(repeating: nil, count: max(min(concurrency, plans.count), 1))
        configuration = tls
        if needsTLS { context = try TLSContext(tls) }
    }

    public mutating func advance(_ requests: inout [StreamRequest], at now: Instant) -> Deadline {
        var deadline: Instant?
        var isBusy = false
        for index in workers.indices {
            if workers[index] == nil { startNext(in: index, at: now) }
            // A step may be done as soon as it is begun.
            while var worker = workers[index] {
                let due = worker.client.advance(at: now)
                guard let result = worker.client.takeResult() else {
                    if let due { deadline = deadline.map { min($0, due) } ?? due }
                    break
                }
                let isDone = perform(next(&worker.plan, after: result, at: now), on: worker.client, at: now)
                requests += worker.client.requests
                worker.client.requests.removeAll(keepingCapacity: true)
                workers[index] = isDone ? nil : worker
                if isDone { startNext(in: index, at: now) }
            }
            if let client = workers[index]?.client {
                isBusy = true
                requests += client.requests
                client.requests.removeAll(keepingCapacity: true)
            }
        }
        guard isBusy else { return .finished }
        return deadline.map { .at($0) } ?? .never
    }

    private mutating func startNext(in index: Int, at now: Instant) {
        while !isStopping, let plan = waiting.popLast() {
            begunCount += 1
            var worker = Worker(client: HTTPClient(number: begunCount), plan: plan)
            let isDone = perform(next(&worker.plan, after: .began, at: now), on: worker.client, at: now)
            guard isDone else {
                workers[index] = worker
                return
            }
        }
    }

    private mutating func next(_ plan: inout Plan, after result: HTTPResult, at now: Instant) -> HTTPStep {
        let step = plan.next(after: result, at: now) { events.append($0) }
        guard isStopping else { return step }
        if case .finished = step { return .finished }
        plan.stop { events.append($0) }
        return .finished
    }

    /// Begins a step; true when the plan is at its end.
    private mutating func perform(_ step: HTTPStep, on client: HTTPClient, at now: Instant) -> Bool {
        switch step {
        case .finished:
            client.leave()
            finishedCount += 1
            return true
        case .wait(let until): client.wait(until: until)
        case .watch(let until): client.watch(until: until, at: now)
        case .fetch(let fetch): client.begin(fetch, { () throws(TLSFailure) in try makeContext() }, at: now)
        }
        return false
    }

    private mutating func makeContext() throws(TLSFailure) -> TLSContext {
        if let context { return context }
        let made = try TLSContext(configuration)
        context = made
        return made
    }

    // MARK: What the port tells

    public mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, at instant: Instant
    ) {
        for worker in workers { worker?.client.resolved(name, answer, at: instant) }
    }

    private func client(of stream: StreamIdentifier) -> HTTPClient? {
        for worker in workers where worker?.client.stream == stream { return worker?.client }
        return nil
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
        for worker in workers { worker?.client.stop(at: now) }
    }

    public mutating func drain(_ report: (Event) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
