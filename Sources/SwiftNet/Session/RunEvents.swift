import LinuxProcess
import Synchronization

/// An element of an event stream.
public enum RunUpdate<Event: Sendable, Summary: Sendable>: Sendable {
    case event(Event)
    /// The last element of a run.
    /// - missedEvents: the number of events dropped because 65,536 others were waiting for the consumer.
    case finished(Summary, missedEvents: Int)
}

/// Options of a run on its own thread. Signals are left alone: cancel the consuming task instead.
public struct RunEventOptions: Sendable {
    public var privileges = RunOptions.PrivilegeUse.keep

    public init() {}
}

/// The events of a run on its own thread. It begins with the first call of `next`, and can be iterated once.
///
/// The run ends early when the consuming task is canceled, or when the sequence and its iterators are released. Several
/// tasks may iterate at the same time; each event, and the summary, is then delivered to one of them.
public struct RunEvents<Event: Sendable, Summary: Sendable>: AsyncSequence, Sendable {
    public typealias Element = RunUpdate<Event, Summary>
    typealias Body =
        @Sendable (
            _ options: RunOptions, _ onEvent: @escaping (Event) -> Void, _ onStep: @escaping () -> Void
        ) throws(SwiftNetError) -> Summary

    private let consumer: RunConsumer<Event, Summary>

    init(_ options: RunEventOptions, _ body: @escaping Body) {
        consumer = RunConsumer(RunBuffer(options, body))
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let consumer: RunConsumer<Event, Summary>
        /// Events taken from the buffer and not delivered yet, in reverse order.
        private var taken: [Event] = []

        fileprivate init(_ consumer: RunConsumer<Event, Summary>) { self.consumer = consumer }

        public mutating func next() async throws(SwiftNetError) -> Element? {
            if let event = taken.popLast() { return .event(event) }
            let buffer = consumer.buffer
            switch await withTaskCancellationHandler(operation: { await buffer.next() }, onCancel: { buffer.stop() }) {
            case .events(let events):
                taken = events.reversed()
                return taken.popLast().map { .event($0) }
            case .finished(.success(let summary), let missed): return .finished(summary, missedEvents: missed)
            case .finished(.failure(let error), _): throw error
            case .over: return nil
            }
        }
    }
}

/// Retained by a sequence and its iterators, not by the run's thread: without them nothing consumes its events.
private final class RunConsumer<Event: Sendable, Summary: Sendable>: Sendable {
    let buffer: RunBuffer<Event, Summary>

    init(_ buffer: RunBuffer<Event, Summary>) { self.buffer = buffer }

    deinit { buffer.stop() }
}

/// Events between the thread of a run and the tasks that consume them.
final class RunBuffer<Event: Sendable, Summary: Sendable>: Sendable {
    enum Delivery: Sendable {
        case events([Event])
        case finished(Result<Summary, SwiftNetError>, missed: Int)
        case over
    }

    private struct State {
        var events: [Event] = []
        var missed = 0
        var result: Result<Summary, SwiftNetError>?
        var hasBegun = false
        var isOver = false
        /// Waiting consumers, in order of arrival.
        var consumers: [CheckedContinuation<Delivery, Never>] = []
        var wakeupEvent: WakeupEvent?

        /// Returns the next element for a consumer; nil if it must wait.
        mutating func take() -> Delivery? {
            if !events.isEmpty {
                defer { events = [] }
                return .events(events)
            }
            if isOver { return .over }
            guard let result else { return nil }
            isOver = true
            return .finished(result, missed: missed)
        }
    }

    static var capacity: Int { 65_536 }

    private let state = Mutex(State())
    private let options: RunEventOptions
    private let body: RunEvents<Event, Summary>.Body

    init(_ options: RunEventOptions, _ body: @escaping RunEvents<Event, Summary>.Body) {
        self.options = options
        self.body = body
    }

    /// Ends the run, which still delivers a summary.
    func stop() { state.withLock { $0.wakeupEvent }?.signal() }

    func next() async -> Delivery {
        begin()
        return await withCheckedContinuation { continuation in
            let delivery = state.withLock { state in
                let delivery = state.take()
                if delivery == nil { state.consumers.append(continuation) }
                return delivery
            }
            if let delivery { continuation.resume(returning: delivery) }
        }
    }

    // MARK: The run's thread

    private func begin() {
        do {
            let event: WakeupEvent? = try state.withLock { state in
                guard !state.hasBegun else { return nil }
                state.hasBegun = true
                let event = try WakeupEvent()
                state.wakeupEvent = event
                return event
            }
            guard let event else { return }
            if Task.isCancelled { event.signal() }
            try DetachedThread.start { self.run(event) }
        } catch {
            finish(.failure(SwiftNetError(error)))
        }
    }

    private func run(_ event: WakeupEvent) {
        var options = RunOptions()
        options.privileges = self.options.privileges
        options.wakeupEvent = event
        let step = StepEvents<Event>()
        do throws(SwiftNetError) {
            let summary = try body(options, { step.append($0, capacity: Self.capacity) }) { self.publish(step) }
            publish(step)
            finish(.success(summary))
        } catch {
            publish(step)
            finish(.failure(error))
        }
    }

    /// Publishes the events of a step, and wakes up a consumer once.
    private func publish(_ step: StepEvents<Event>) {
        guard !step.events.isEmpty || step.missed > 0 else { return }
        wake { state in
            let room = Self.capacity - state.events.count
            state.events.append(contentsOf: step.events.prefix(room))
            state.missed += step.missed + max(step.events.count - room, 0)
        }
        step.events.removeAll(keepingCapacity: true)
        step.missed = 0
    }

    private func finish(_ result: Result<Summary, SwiftNetError>) {
        wake { state in
            state.result = result
            state.wakeupEvent = nil
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let deliveries = state.withLock { state in
            change(&state)
            var deliveries: [(consumer: CheckedContinuation<Delivery, Never>, Delivery)] = []
            while let consumer = state.consumers.first, let delivery = state.take() {
                state.consumers.removeFirst()
                deliveries.append((consumer, delivery))
            }
            return deliveries
        }
        for (consumer, delivery) in deliveries { consumer.resume(returning: delivery) }
    }
}

/// Events that are not published yet; they belong to the run's thread.
private final class StepEvents<Event> {
    var events: [Event] = []
    var missed = 0

    func append(_ event: Event, capacity: Int) {
        if events.count < capacity { events.append(event) } else { missed += 1 }
    }
}
