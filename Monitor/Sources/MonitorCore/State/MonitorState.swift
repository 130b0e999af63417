import SwiftNet

/// All targets, and what happens to them: the results of probes in, events out.
public struct MonitorState: Sendable {
    public private(set) var targets: [TargetState] = []
    private var indices: [Int64: Int] = [:]
    private var names: [String: Int64] = [:]
    public let started: WallTime
    private var nextEvent: Int64
    /// Events since the last call of `takeChanges`.
    private var changes: [EventChange] = []
    /// Blocks that ended since the last call of `takeWork`.
    private var closed: [TargetState.Closed] = []
    /// Incidents of targets behind others, which may turn out to be those of the others.
    private var held: [Held: MonitorIncident] = [:]
    private var heldSince: [Held: WallTime] = [:]
    private var sleepEnd: WallTime?
    /// Probes, and those that were not sent, since a time.
    private var load = (since: WallTime(nanoseconds: .min), sent: 0, skipped: 0)

    private struct Held: Hashable {
        var target: Int64
        var kind: EventRecord.Kind
    }

    /// - Parameter nextEvent: the number of the next event, larger than those of all before.
    public init(started: WallTime, nextEvent: Int64 = 1) {
        self.started = started
        self.nextEvent = max(nextEvent, 1)
    }

    // MARK: Targets

    /// Adds the targets of a configuration, and removes those that are not in it.
    public mutating func setTargets(_ wanted: [(id: Int64, check: Check)], pasts: [Int64: TargetPast], now: WallTime) {
        let old = Dictionary(uniqueKeysWithValues: targets.map { ($0.id, $0) })
        let kept = Set(wanted.map(\.id))
        for target in targets where !kept.contains(target.id) {
            if let last = indices[target.id].flatMap({ targets[$0].close(at: now + SampleBlock.length) }) {
                closed.append(last)
            }
            for event in target.events.values { end(event, of: target.id, at: now) }
        }
        targets = wanted.map { id, check in
            if var known = old[id] {
                if let ended = known.change(to: check, now: now) { closed.append(ended) }
                return known
            }
            var target = TargetState(id: id, check: check, now: now)
            if let past = pasts[id] { target.restore(past, now: now) }
            return target
        }
        indices = Dictionary(uniqueKeysWithValues: targets.enumerated().map { ($1.id, $0) })
        names = Dictionary(targets.map { ($0.check.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        for target in targets where pasts[target.id] != nil { reconcile(target) }
    }

    /// Ends the events of the database that the judge does not see any more.
    private mutating func reconcile(_ target: TargetState) {
        for event in target.events.values {
            guard let kind = MonitorIncident.Kind(event.kind), !target.judge.current.contains(kind) else { continue }
            end(event, of: target.id, at: target.last?.time ?? target.block.start)
        }
    }

    public func target(_ id: Int64) -> TargetState? { indices[id].map { targets[$0] } }

    // MARK: Results

    public mutating func take(_ event: ProbeEvent, now: WallTime) {
        switch event {
        case .sample(let id, let sample, let reason):
            guard let index = indices[id] else { return }
            if let ended = targets[index].keep(sample, reason: reason) { closed.append(ended) }
            load.sent += 1
            var judged = sample.monitorSample
            if sample.roundTrip == nil, let reason { judged.result = .failed(reason) }
            for incident in targets[index].judge.add(judged) { take(incident, of: index, now: now) }
        case .late(let id):
            if let index = indices[id] { targets[index].countLate() }
        case .skipped(let id, let count, let due):
            guard let index = indices[id] else { return }
            targets[index].countSkipped(count)
            noteSkipped(count, due: due, interval: targets[index].check.interval)
        case .moved(let id, let from, let to, let time):
            guard let index = indices[id] else { return }
            targets[index].address = to
            guard let from else { return }
            happen(.addressChanged, to: id, at: time, "from \(from) to \(to)")
        case .http(let id, let facts, let time):
            guard let index = indices[id] else { return }
            targets[index].http = facts
            noteCertificate(of: index, at: time)
        }
    }

    private mutating func noteCertificate(of index: Int, at time: WallTime) {
        let target = targets[index]
        guard let end = target.http?.certificateEnd, target.warnedEnd != end,
            end - time < target.check.settings.certificateMargin
        else { return }
        targets[index].warnedEnd = end
        let verb = end > time ? "ends" : "ended"
        happen(.certificateEnds, to: target.id, at: time, "the certificate \(verb) at \(end)")
    }

    // MARK: Incidents

    private mutating func take(_ incident: MonitorIncident, of index: Int, now: WallTime) {
        let target = targets[index]
        let key = Held(target: target.id, kind: EventRecord.Kind(incident.kind))
        let time = WallTime(nanoseconds: incident.at.nanoseconds)
        if !incident.isBeginning {
            (held[key], heldSince[key]) = (nil, nil)
            if let event = target.events[key.kind] { end(event, of: target.id, at: time) }
        } else if target.check.behind != nil {
            (held[key], heldSince[key]) = (incident, now)
        } else {
            begin(key.kind, of: index, at: time, incident.reason)
        }
    }

    private mutating func begin(_ kind: EventRecord.Kind, of index: Int, at time: WallTime, _ reason: String?) {
        guard targets[index].events[kind] == nil else { return }
        let event = record(kind, targets[index].id, at: time, reason)
        targets[index].events[kind] = event
        changes.append(EventChange(event: event, isEnd: false))
    }

    private mutating func end(_ event: EventRecord, of id: Int64, at time: WallTime) {
        var event = event
        event.end = max(time, event.start)
        if let index = indices[id] { targets[index].events[event.kind] = nil }
        changes.append(EventChange(event: event, isEnd: true))
    }

    private mutating func happen(_ kind: EventRecord.Kind, to id: Int64?, at time: WallTime, _ reason: String?) {
        var event = record(kind, id, at: time, reason)
        event.end = time
        changes.append(EventChange(event: event, isEnd: false))
    }

    private mutating func record(
        _ kind: EventRecord.Kind, _ id: Int64?, at time: WallTime, _ reason: String?
    ) -> EventRecord {
        defer { nextEvent += 1 }
        return EventRecord(id: nextEvent, target: id, kind: kind, start: time, reason: reason)
    }

    /// The time for which an incident waits for that of the target in front of it, beyond four of its intervals.
    private static let grace = Nanoseconds.seconds(2)

    /// Decides about incidents of targets that are behind others. To be called every second or so.
    public mutating func tick(now: WallTime) {
        for (key, incident) in held {
            guard let index = indices[key.target], let front = front(of: index) else {
                (held[key], heldSince[key]) = (nil, nil)
                continue
            }
            // As long as the target in front is down, its event is the only one; then the wait begins anew.
            if front.isDown {
                heldSince[key] = now
            } else if let since = heldSince[key], now - since >= front.interval * 4 + Self.grace {
                (held[key], heldSince[key]) = (nil, nil)
                begin(key.kind, of: index, at: WallTime(nanoseconds: incident.at.nanoseconds), incident.reason)
            }
        }
        noteLoad(now: now)
    }

    /// Whether a target in front of another is down, at any distance, and the longest interval of those in front.
    private func front(of index: Int) -> (isDown: Bool, interval: Nanoseconds)? {
        var (current, isDown, interval) = (index, false, Nanoseconds.zero)
        var seen: Set<Int> = [index]
        while let name = targets[current].check.behind, let next = names[name].flatMap({ indices[$0] }),
            seen.insert(next).inserted
        {
            isDown = isDown || targets[next].judge.current.contains(.down)
            interval = max(interval, targets[next].check.interval)
            current = next
        }
        return seen.count > 1 ? (isDown, interval) : nil
    }

    // MARK: The monitor itself

    /// Reports once that this host slept.
    private mutating func noteSkipped(_ count: Int, due: WallTime, interval: Nanoseconds) {
        let time = interval * Int64(count)
        // One missed probe of a slow check is no sleep.
        guard time >= .seconds(2), count > 1 else {
            load.skipped += count
            return
        }
        let end = due + time
        if let known = sleepEnd, due < known {
            sleepEnd = max(known, end)
            return
        }
        sleepEnd = end
        var event = record(.asleep, nil, at: due, "no probes were sent for \(Int(time.seconds.rounded())) s")
        event.end = end
        changes.append(EventChange(event: event, isEnd: false))
    }

    private mutating func noteLoad(now: WallTime) {
        guard now - load.since >= .seconds(60) || now < load.since else { return }
        if load.skipped > 0, load.skipped * 100 > load.sent + load.skipped {
            let share = Double(load.skipped) / Double(load.sent + load.skipped) * 100
            let text = "\((share * 10).rounded() / 10) % of the probes of a minute were not sent in time"
            happen(.overloaded, to: nil, at: max(load.since, started), text)
        }
        load = (now, 0, 0)
    }

    // MARK: What is to be done

    public mutating func takeChanges() -> [EventChange] {
        defer { changes = [] }
        return changes
    }

    /// What the database is to be given.
    public struct Work: Sendable {
        public var closed: [TargetState.Closed] = []
        public var journal: [JournalEntry] = []

        public init() {}
        public var isEmpty: Bool { closed.isEmpty && journal.isEmpty }
    }

    /// Returns finished blocks and new samples since the last call.
    public mutating func takeWork(now: WallTime) -> Work {
        // Targets without new samples have blocks to end too. Results of probes may come late.
        for index in targets.indices where !targets[index].block.isEmpty {
            let patience = targets[index].check.interval + targets[index].check.timeout + .seconds(5)
            if now >= targets[index].block.end + patience, let last = targets[index].close(at: now) {
                closed.append(last)
            }
        }
        var work = Work()
        work.closed = closed
        closed = []
        work.journal.reserveCapacity(targets.count)
        for index in targets.indices {
            if let entry = targets[index].takeUnwritten() { work.journal.append(entry) }
        }
        return work
    }

    /// Ends everything: the blocks stay in the journal.
    public mutating func noteStart(_ text: String, at time: WallTime) { happen(.started, to: nil, at: time, text) }
}

extension EventRecord.Kind {
    init(_ kind: MonitorIncident.Kind) {
        self =
            switch kind {
            case .down: .down
            case .loss: .loss
            case .slow: .slow
            }
    }
}

extension MonitorIncident.Kind {
    init?(_ kind: EventRecord.Kind) {
        switch kind {
        case .down: self = .down
        case .loss: self = .loss
        case .slow: self = .slow
        case .addressChanged, .certificateEnds, .asleep, .overloaded, .started: return nil
        }
    }
}
