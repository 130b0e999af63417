import MonitorCore
import SwiftNet
import Synchronization

/// Takes the results of probes from their threads, makes events and history of them, and shows both to readers.
///
/// Probes never wait for it: they leave their results in an inbox, and a thread of its own calls `step` a few times a
/// second.
public final class Recorder: Sendable {
    /// What readers of the live stream get.
    public enum Update: Sendable {
        /// Targets may have changed.
        case status
        case change(EventChange, name: String?)
    }

    private struct Unwritten {
        var work = MonitorState.Work()
        var changes: [EventChange] = []
        /// The bytes of the journal that wait, while the database cannot be written.
        var size = 0
    }

    private struct Readers {
        var next = 0
        var continuations: [Int: AsyncStream<Update>.Continuation] = [:]
    }

    private let inbox = Mutex<[ProbeEvent]>([])
    /// Held by the thread that processes and writes: at the end that is another one.
    private let turn = Mutex(())
    private let state: Mutex<MonitorState>
    private let unwritten = Mutex(Unwritten())
    private let status: Mutex<StoreStatus>
    private let readers = Mutex(Readers())
    private let times = Mutex((flush: WallTime(nanoseconds: .min), update: WallTime(nanoseconds: .min)))
    public let store: Store
    /// Called with each event that begins, ends or happens, and the name of its target; not for silent targets.
    private let onChange: @Sendable (EventChange, String?) -> Void
    /// Called when writing begins to fail, with the reason, and when it succeeds again, with nil.
    private let onStoreChange: @Sendable (String?) -> Void

    /// The time between writes.
    private static let flushInterval = Nanoseconds.seconds(5)
    private static let updateInterval = Nanoseconds.seconds(2)
    /// What may wait for a database that cannot be written; then the oldest samples are dropped.
    private static let mostUnwritten = 64 << 20
    private static let mostReaders = 100

    public init(
        store: Store, now: WallTime, onChange: @escaping @Sendable (EventChange, String?) -> Void,
        onStoreChange: @escaping @Sendable (String?) -> Void
    ) throws(Store.Failure) {
        self.store = store
        self.onChange = onChange
        self.onStoreChange = onStoreChange
        state = Mutex(MonitorState(started: now, nextEvent: try store.nextEvent()))
        status = Mutex(store.isDurable ? .ok : .none)
    }

    // MARK: Writers

    /// Sets what is watched. Known targets go on.
    /// - Returns: the numbers of the checks.
    public func setChecks(_ checks: [Check], now: WallTime) throws(Store.Failure) -> [Int64] {
        let ids = try store.identify(checks)
        let targets = Array(zip(ids, checks)).map { (id: $0.0, check: $0.1) }
        let known = Set(state.withLock { $0.targets.map(\.id) })
        let new = targets.filter { !known.contains($0.id) }
        let pasts = new.isEmpty ? [:] : try store.pasts(of: new, now: now)
        state.withLock { $0.setTargets(targets, pasts: pasts, now: now) }
        return ids
    }

    /// Notes that the monitor runs.
    public func noteStart(_ text: String, at time: WallTime) { state.withLock { $0.noteStart(text, at: time) } }

    /// May be called from any thread, and returns at once.
    public func post(_ events: [ProbeEvent]) { inbox.withLock { $0 += events } }

    /// Processes what was posted, and writes every five seconds.
    public func step(now: WallTime) { turn.withLock { _ in process(now: now) } }

    private func process(now: WallTime) {
        let events = inbox.withLock { inbox in
            let events = inbox
            inbox = []
            return events
        }
        let changes = state.withLock { state in
            for event in events { state.take(event, now: now) }
            state.tick(now: now)
            return state.takeChanges().map { change in
                let check = change.event.target.flatMap { state.target($0)?.check }
                return (change: change, name: check?.name, isSilent: check?.silentUntil.map { now < $0 } ?? false)
            }
        }
        if !changes.isEmpty { unwritten.withLock { $0.changes += changes.map(\.change) } }
        for (change, name, isSilent) in changes {
            if !isSilent { onChange(change, name) }
            publish(.change(change, name: name))
        }
        let due = times.withLock { times in
            let isDue = (
                flush: !changes.isEmpty || Self.isOver(times.flush, Self.flushInterval, now),
                update: Self.isOver(times.update, Self.updateInterval, now)
            )
            if isDue.flush { times.flush = now }
            if isDue.update { times.update = now }
            return isDue
        }
        if due.update { publish(.status) }
        if due.flush { write(now: now) }
    }

    /// A clock that was set back ends every wait.
    private static func isOver(_ start: WallTime, _ interval: Nanoseconds, _ now: WallTime) -> Bool {
        now < start || now.nanoseconds.subtractingReportingOverflow(start.nanoseconds).overflow
            || now - start >= interval
    }

    /// Writes everything that is known. Called at the end too.
    public func flush(now: WallTime) { turn.withLock { _ in write(now: now) } }

    private func write(now: WallTime) {
        let work = state.withLock { $0.takeWork(now: now) }
        let pending = unwritten.withLock { pending in
            pending.work.closed += work.closed
            pending.work.journal += work.journal
            pending.size += work.journal.reduce(0) { $0 + $1.bytes.count + 32 }
            pending.size += work.closed.reduce(0) { $0 + $1.block.bytes.count + 1_024 }
            if pending.size > Self.mostUnwritten { pending.work.journal = [] }
            while pending.size > 2 * Self.mostUnwritten, !pending.work.closed.isEmpty {
                pending.size -= pending.work.closed.removeFirst().block.bytes.count + 1_024
            }
            return pending
        }
        guard !pending.work.isEmpty || !pending.changes.isEmpty else { return }
        do {
            try store.write(pending.work, pending.changes, now: now)
            unwritten.withLock { $0 = Unwritten() }
            setStatus(nil)
        } catch {
            setStatus(error.description)
        }
    }

    private func setStatus(_ failure: String?) {
        guard store.isDurable else { return }
        let hasChanged = status.withLock { status in
            let new = failure.map { StoreStatus.failing($0) } ?? .ok
            defer { status = new }
            return status != new
        }
        if hasChanged { onStoreChange(failure) }
    }

    // MARK: Readers

    public var storeStatus: StoreStatus { status.withLock { $0 } }

    /// A copy of the state, as of the last step.
    public var snapshot: MonitorState { state.withLock { $0 } }

    public func target(_ id: Int64) -> TargetState? { state.withLock { $0.target(id) } }

    /// Events of the database, and those that are not written yet.
    public func events(_ query: EventQuery) throws(Store.Failure) -> [EventRecord] {
        var events = try store.events(query)
        let waiting = unwritten.withLock { $0.changes.map(\.event) }
        for event in waiting {
            if let index = events.firstIndex(where: { $0.id == event.id }) {
                events[index] = event
            } else if query.matches(event) {
                events.append(event)
            }
        }
        events.sort { ($0.start, $0.id) > ($1.start, $1.id) }
        return Array(events.prefix(max(query.limit, 0)))
    }

    /// The history of a target; nil if there is no such target.
    public func series(
        of target: Int64, from: WallTime, to: WallTime, count: Int, now: WallTime, retention: Retention
    ) throws(Store.Failure) -> Series? {
        guard let state = self.target(target) else { return nil }
        let plan = Series(
            from: from, to: to, count: count, interval: state.check.interval, now: now, retention: retention)
        return try store.series(plan, target: target, live: state.block.samples)
    }

    /// Returns the stream of updates for one reader; nil if there are too many readers.
    public func updates() -> AsyncStream<Update>? {
        let (stream, continuation) = AsyncStream.makeStream(of: Update.self, bufferingPolicy: .bufferingNewest(200))
        let number: Int? = readers.withLock { readers in
            guard readers.continuations.count < Self.mostReaders else { return nil }
            readers.next += 1
            readers.continuations[readers.next] = continuation
            return readers.next
        }
        guard let number else { return nil }
        continuation.onTermination = { [weak self] _ in self?.readers.withLock { $0.continuations[number] = nil } }
        return stream
    }

    private func publish(_ update: Update) {
        let continuations = readers.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.yield(update) }
    }

    /// Ends the streams of all readers.
    public func finish() {
        let continuations = readers.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.finish() }
    }
}

extension EventQuery {
    /// Whether an event that is not in the database is wanted.
    func matches(_ event: EventRecord) -> Bool {
        if let target, target != event.target { return false }
        if let from, let end = event.end, end < from { return false }
        if let to, event.start >= to { return false }
        return !isOpen || event.end == nil
    }
}
