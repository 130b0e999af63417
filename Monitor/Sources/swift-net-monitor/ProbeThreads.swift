import Foundation
import LinuxProcess
import MonitorCore
import MonitorStore
import SwiftNet
import Synchronization

/// The threads that probe: one for each group of checks that are sent alike.
///
/// They hand their results over at the end of each step of their loops, and never wait.
final class ProbeThreads: Sendable {
    private struct Running: Sendable {
        var key: Key
        var targets: [(id: Int64, check: Check)]
        var wakeup: WakeupEvent
    }

    /// Checks with the same key share a thread and its sockets.
    private struct Key: Hashable {
        var kind: Check.Kind
        var settings: Check.Settings
        var interval: Nanoseconds
        var timeout: Nanoseconds

        init(_ check: Check) {
            (kind, settings, interval, timeout) = (check.kind, check.settings, check.interval, check.timeout)
            // That is nothing of the probes.
            settings.certificateMargin = .zero
        }
    }

    private let recorder: Recorder
    /// Called with problems of a whole thread.
    private let complain: @Sendable (String) -> Void
    private let running = Mutex<[Running]>([])

    init(_ recorder: Recorder, complain: @escaping @Sendable (String) -> Void) {
        self.recorder = recorder
        self.complain = complain
    }

    /// Makes the threads those of the checks. Threads whose checks stay the same go on. The sockets of new threads are
    /// open when it returns.
    /// - Throws: the first problem; then everything goes on as before.
    func set(_ targets: [(id: Int64, check: Check)]) throws {
        let wanted = Dictionary(grouping: targets) { Key($0.check) }
        let old = running.withLock { $0 }
        let kept = old.filter { thread in wanted[thread.key].map { Self.isSame($0, thread.targets) } ?? false }
        var new: [(Running, Prepared)] = []
        for (key, targets) in wanted where !kept.contains(where: { $0.key == key }) {
            let thread = Running(key: key, targets: targets, wakeup: try WakeupEvent())
            new.append((thread, try prepare(thread)))
        }
        for thread in old where !kept.contains(where: { $0.key == thread.key }) { thread.wakeup.signal() }
        running.withLock { $0 = kept + new.map(\.0) }
        for (thread, prepared) in new { start(thread, prepared) }
    }

    private static func isSame(_ left: [(id: Int64, check: Check)], _ right: [(id: Int64, check: Check)]) -> Bool {
        left.elementsEqual(right) { $0 == $1 }
    }

    func stop() {
        let old = running.withLock { running in
            defer { running = [] }
            return running
        }
        for thread in old { thread.wakeup.signal() }
    }

    // MARK: A thread

    /// A run with open sockets, which one thread makes and another one runs.
    private struct Prepared: @unchecked Sendable {
        var run: () throws(SwiftNetError) -> Void
    }

    private func start(_ running: Running, _ prepared: Prepared) {
        let thread = Thread { self.run(running, prepared) }
        thread.name = "probe-" + running.key.kind.rawValue
        thread.start()
    }

    private func run(_ running: Running, _ prepared: Prepared) {
        var prepared = prepared
        var hasComplained = false
        while !isOver(running) {
            do throws(SwiftNetError) {
                try prepared.run()
                return
            } catch {
                guard !isOver(running) else { return }
                if !hasComplained { complain("\(running.key.kind.rawValue): \(error.description)") }
                hasComplained = true
            }
            // An interface that is gone may come back.
            repeat { Thread.sleep(forTimeInterval: 5) } while !isOver(running) && !isPrepared(running, &prepared)
        }
    }

    private func isPrepared(_ running: Running, _ prepared: inout Prepared) -> Bool {
        do throws(SwiftNetError) {
            prepared = try prepare(running)
            return true
        } catch {
            return false
        }
    }

    /// Whether a thread was told to end.
    private func isOver(_ thread: Running) -> Bool {
        running.withLock { running in !running.contains { $0.wakeup === thread.wakeup } }
    }

    private func prepare(_ running: Running) throws(SwiftNetError) -> Prepared {
        var options = RunOptions()
        options.wakeupEvent = running.wakeup
        let outbox = Outbox(running.targets.map(\.id), recorder)
        let (key, checks) = (running.key, running.targets.map(\.check))
        return switch key.kind {
        case .ping: try ping(key, checks, options, outbox)
        case .tcp: try connect(key, checks, options, outbox)
        case .http: try request(key, checks, options, outbox)
        }
    }

    private func ping(
        _ key: Key, _ checks: [Check], _ options: RunOptions, _ outbox: Outbox
    ) throws(SwiftNetError) -> Prepared {
        var configuration = MonitorPing.Configuration()
        configuration.probe = Ping.Configuration(
            interval: key.interval, timeout: key.timeout, size: key.settings.size)
        configuration.probe.family = key.settings.family
        configuration.probe.interface = key.settings.interface
        if key.settings.codePoint > 0 { configuration.probe.trafficClass = key.settings.codePoint << 2 }
        let prepared = try MonitorPing.prepare(checks.map(\.target), configuration, options: options)
        return Prepared { () throws(SwiftNetError) in
            _ = try prepared.run(onEvent: { outbox.take($0) }, onStep: { outbox.deliver() })
        }
    }

    private func connect(
        _ key: Key, _ checks: [Check], _ options: RunOptions, _ outbox: Outbox
    ) throws(SwiftNetError) -> Prepared {
        var configuration = MonitorConnect.Configuration()
        configuration.interval = key.interval
        configuration.timeout = key.timeout
        configuration.family = key.settings.family
        configuration.interface = key.settings.interface
        let endpoints = checks.compactMap { check in
            Check.Endpoint(check.target).map { MonitorConnect.Endpoint(host: $0.host, port: $0.port) }
        }
        let prepared = try MonitorConnect.prepare(endpoints, configuration, options: options)
        return Prepared { () throws(SwiftNetError) in
            _ = try prepared.run(onEvent: { outbox.take($0) }, onStep: { outbox.deliver() })
        }
    }

    private func request(
        _ key: Key, _ checks: [Check], _ options: RunOptions, _ outbox: Outbox
    ) throws(SwiftNetError) -> Prepared {
        var configuration = HTTPProbe.Configuration()
        configuration.request.count = 0
        configuration.request.interval = key.interval
        configuration.request.timeout = key.timeout
        let expectation = HTTPExpectation(key.settings)
        configuration.request.refusesErrors = !expectation.acceptsErrors
        configuration.request.hashesBodies = false
        configuration.request.bodyLimit = HTTPExpectation.bodyLimit
        if expectation.needsBody { configuration.request.keptBody = HTTPExpectation.bodyLimit }
        configuration.request.userAgent = "swift-net-monitor"
        configuration.request.trustsAnybody = key.settings.isInsecure
        configuration.request.fields = key.settings.fields.map { ($0.name, $0.value) }
        configuration.family = key.settings.family
        configuration.interface = key.settings.interface
        let prepared = try HTTPProbe.prepare(checks.map(\.target), configuration, options: options)
        return Prepared { () throws(SwiftNetError) in
            _ = try prepared.run(
                onEvent: { event in if case .answer(let answer) = event { outbox.take(answer, expectation) } },
                onStep: { outbox.deliver() })
        }
    }
}

/// The results of a thread that were not handed over yet.
private final class Outbox {
    private let ids: [Int64]
    private let recorder: Recorder
    private var events: [ProbeEvent] = []

    init(_ ids: [Int64], _ recorder: Recorder) {
        self.ids = ids
        self.recorder = recorder
    }

    func deliver() {
        guard !events.isEmpty else { return }
        recorder.post(events)
        events.removeAll(keepingCapacity: true)
    }

    private func wall(_ instant: Instant) -> WallTime { WallTime(nanoseconds: SystemClock.wall(at: instant)) }

    func take(_ event: MonitorProbeEvent) {
        switch event {
        case .sample(let sample):
            let (result, reason): (StoredSample.Result, String?) =
                switch sample.result {
                case .reply(let roundTrip, _): (.reply(roundTrip), nil)
                case .lost: (.lost, nil)
                case .failed(let text): (.failed, text)
                }
            let stored = StoredSample(time: wall(sample.sent), result: result)
            events.append(.sample(target: ids[sample.target], stored, reason: reason))
        case .late(let target, _, _): events.append(.late(target: ids[target]))
        case .skipped(let target, let count, let due):
            events.append(.skipped(target: ids[target], count: count, due: wall(due)))
        case .moved(let target, let from, let to):
            let now = wall(SystemClock.now)
            events.append(.moved(target: ids[target], from: from?.description, to: to.description, at: now))
        }
    }

    /// An answer of a web server is a sample, and more.
    func take(_ answer: HTTPProbeResponse, _ expectation: HTTPExpectation) {
        guard ids.indices.contains(answer.number) else { return }
        let (id, outcome) = (ids[answer.number], answer.outcome)
        // The run was stopped, which is no result of the server.
        if outcome.failure == .stopped { return }
        let began = wall(answer.began)
        let timings = outcome.timings
        var facts = TargetState.HTTPFacts()
        facts.status = outcome.status
        (facts.name, facts.connect, facts.secure) = (timings.name, timings.connect, timings.secure)
        (facts.firstByte, facts.total) = (timings.firstByte, timings.total)
        facts.certificateEnd = outcome.tls?.certificate?.notAfter.map { WallTime(seconds: $0) }
        var objection: String?
        if outcome.failure == nil {
            let body = outcome.body.decoded?.kept ?? outcome.body.kept
            objection = expectation.objection(status: outcome.status, body: body)
        }
        let result: StoredSample.Result =
            switch outcome.failure {
            case nil: objection == nil ? .reply(timings.total) : .failed
            case .timeout: .lost
            default: .failed
            }
        events.append(.http(target: id, facts, at: began))
        events.append(
            .sample(
                target: id, StoredSample(time: began, result: result), reason: outcome.failure?.text ?? objection))
    }
}
