import MonitorCore
import SwiftNet
import Testing

/// A monitor on a simulated clock: each target gets the samples that a closure makes.
struct SimulatedMonitor {
    var state: MonitorState
    var now = midnight
    var changes: [EventChange] = []
    var work: [MonitorState.Work] = []

    init(_ checks: [Check]) {
        state = MonitorState(started: midnight)
        state.setTargets(checks.enumerated().map { (id: Int64($0 + 1), check: $1) }, pasts: [:], now: midnight)
    }

    /// Gives every target a sample for each of its intervals.
    /// - Parameter result: of a target's probe at a number of seconds since the beginning.
    mutating func run(
        seconds: Int, _ result: (_ target: Int64, _ second: Double) -> StoredSample.Result, reason: String? = nil
    ) {
        let end = now + .seconds(Int64(seconds))
        let step = state.targets.map(\.check.interval).min() ?? .seconds(1)
        while now < end {
            for target in state.targets where (now - midnight).count % target.check.interval.count == 0 {
                let sample = StoredSample(time: now, result: result(target.id, (now - midnight).seconds))
                state.take(.sample(target: target.id, sample, reason: reason), now: now)
            }
            now = now + step
            state.tick(now: now)
            changes += state.takeChanges()
            if (now - midnight).count % 5_000_000_000 == 0 { work.append(state.takeWork(now: now)) }
        }
    }

    func events(_ kind: EventRecord.Kind, of target: Int64) -> [EventRecord] {
        var events: [Int64: EventRecord] = [:]
        for change in changes where change.event.kind == kind && change.event.target == target {
            events[change.event.id] = change.event
        }
        return events.values.sorted { $0.start < $1.start }
    }
}

@Suite("what happens to targets, on a simulated clock")
struct StateTests {
    private static let usual = StoredSample.Result.reply(.microseconds(10_000))

    private static func check(_ name: String, behind: String? = nil) -> Check {
        var check = Check(kind: .ping, target: name)
        check.behind = behind
        return check
    }

    @Test("an outage has its beginning and its end within an interval", arguments: [10, 60, 3_000])
    func outage(length: Int) throws {
        var monitor = SimulatedMonitor([Self.check("a")])
        monitor.run(seconds: 1_000 + length + 100) { _, second in
            second >= 1_000 && second < Double(1_000 + length) ? .lost : Self.usual
        }
        let events = monitor.events(.down, of: 1)
        let event = try #require(events.first)
        #expect(events.count == 1 && event.start == midnight + .seconds(1_000))
        #expect(event.end == midnight + .seconds(Int64(1_000 + length)))
        #expect(monitor.state.targets[0].status == .up && monitor.state.targets[0].since == nil)
    }

    @Test("the reason of a failure is that of the event")
    func reason() throws {
        var monitor = SimulatedMonitor([Self.check("a")])
        monitor.run(seconds: 10, { _, _ in .failed }, reason: "Destination Host Unreachable from 192.0.2.254")
        let event = try #require(monitor.events(.down, of: 1).first)
        #expect(event.end == nil && event.reason == "Destination Host Unreachable from 192.0.2.254")
        #expect(monitor.state.targets[0].status == .down && monitor.state.targets[0].since == event.start)
    }

    @Test("an uplink that is down is one event, not one for each target behind it")
    func dependencies() {
        let checks = [Self.check("router")] + (0..<50).map { Self.check("host\($0)", behind: "router") }
        var monitor = SimulatedMonitor(checks)
        monitor.run(seconds: 400) { _, second in second >= 200 && second < 260 ? .lost : Self.usual }
        #expect(monitor.events(.down, of: 1).count == 1)
        #expect(monitor.changes.count { $0.event.kind == .down } == 2, "one that begins and ends")
        // A host that stays down when the router is back has an event of its own.
        monitor.run(seconds: 200) { target, second in
            target == 2 || second >= 450 && second < 480 ? .lost : Self.usual
        }
        let own = monitor.events(.down, of: 2)
        #expect(own.count == 1 && own[0].start == midnight + .seconds(400) && own[0].end == nil)
        #expect(monitor.events(.down, of: 3).isEmpty && monitor.events(.down, of: 1).count == 2)
    }

    @Test("targets that are behind each other in a circle do not hang")
    func circle() {
        var monitor = SimulatedMonitor([Self.check("a", behind: "b"), Self.check("b", behind: "a")])
        monitor.run(seconds: 100) { _, second in second >= 50 ? .lost : Self.usual }
        #expect(monitor.state.targets.allSatisfy { $0.last?.result == .lost })
    }

    @Test("a host that slept has one event, and no target has one for it")
    func sleep() {
        var monitor = SimulatedMonitor((0..<20).map { Self.check("host\($0)") })
        monitor.run(seconds: 60) { _, _ in Self.usual }
        for target in 1...20 as ClosedRange<Int64> {
            monitor.state.take(.skipped(target: target, count: 3_600, due: monitor.now), now: monitor.now)
        }
        monitor.changes += monitor.state.takeChanges()
        let asleep = monitor.changes.filter { $0.event.kind == .asleep }
        #expect(asleep.count == 1 && asleep[0].event.end == monitor.now + .seconds(3_600))
        #expect(monitor.changes.count == 1)
    }

    @Test("a changed address, and a certificate that ends, are events once")
    func changes() throws {
        var monitor = SimulatedMonitor([Self.check("a")])
        monitor.state.take(.moved(target: 1, from: nil, to: "192.0.2.1", at: midnight), now: midnight)
        #expect(monitor.state.takeChanges().isEmpty && monitor.state.targets[0].address == "192.0.2.1")
        monitor.state.take(.moved(target: 1, from: "192.0.2.1", to: "192.0.2.2", at: midnight), now: midnight)
        let moved = monitor.state.takeChanges()
        #expect(moved.count == 1 && moved[0].event.kind == .addressChanged && moved[0].event.end == midnight)
        #expect(moved[0].event.reason == "from 192.0.2.1 to 192.0.2.2")
        var facts = TargetState.HTTPFacts()
        for days in [30, 10, 10, 9, 8] as [Int64] {
            facts.certificateEnd = midnight + .seconds(10 * 86_400)
            let now = midnight + .seconds((10 - days) * 86_400)
            if days <= 10 { monitor.state.take(.http(target: 1, facts, at: now), now: now) }
        }
        #expect(monitor.state.takeChanges().map(\.event.kind) == [.certificateEnds])
        facts.certificateEnd = midnight + .seconds(90 * 86_400)
        monitor.state.take(.http(target: 1, facts, at: midnight), now: midnight)
        #expect(monitor.state.takeChanges().isEmpty)
    }

    @Test("no event is invented in a day of 20 targets with usual jitter and a lost probe now and then")
    func quiet() {
        var random = Seeded(state: 7)
        var monitor = SimulatedMonitor((0..<20).map { Self.check("host\($0)") })
        monitor.run(seconds: 86_400) { target, _ in
            if Int.random(in: 0..<2_000, using: &random) == 0 { return .lost }
            return .reply(.microseconds(5_000 * target + Int64.random(in: 0...2_000, using: &random)))
        }
        #expect(monitor.changes.isEmpty, "\(monitor.changes)")
    }

    @Test("all samples are in the finished blocks and in the current one, once")
    func blocks() {
        var monitor = SimulatedMonitor([Self.check("a")])
        monitor.run(seconds: 7_210) { _, second in .reply(.microseconds(Int64(second) + 1)) }
        let closed = monitor.work.flatMap(\.closed)
        #expect(closed.map(\.block.start) == (0..<12).map { midnight + .seconds(600 * $0) })
        let samples = closed.flatMap(\.block.samples) + monitor.state.targets[0].block.samples
        #expect(samples.map(\.time) == (0..<7_210).map { midnight + .seconds($0) })
        // The same from the journal.
        let journal = monitor.work.flatMap(\.journal).flatMap(\.samples)
        #expect(journal == samples.filter { sample in journal.contains { $0.time == sample.time } })
        #expect(journal.count >= 7_205)
        let hours = closed.flatMap(\.hours)
        #expect(hours.map(\.start) == [midnight, midnight + .seconds(3_600)])
        #expect(hours.allSatisfy { $0.aggregate.transmitted == 3_600 })
    }

    @Test("a clock that is set back or forward loses nothing", arguments: [-3_600, -30, 30, 7_200] as [Int64])
    func clock(step: Int64) {
        var monitor = SimulatedMonitor([Self.check("a")])
        monitor.run(seconds: 900) { _, _ in Self.usual }
        monitor.now = monitor.now + .seconds(step)
        let before = monitor.now
        for second in 0..<900 as Range<Int64> {
            let now = before + .seconds(second)
            monitor.state.take(
                .sample(target: 1, StoredSample(time: now, result: Self.usual), reason: nil), now: now)
            monitor.state.tick(now: now)
            if second % 5 == 0 { monitor.work.append(monitor.state.takeWork(now: now)) }
        }
        let count = monitor.work.flatMap(\.closed).reduce(0) { $0 + $1.total.transmitted }
        #expect(count + monitor.state.targets[0].block.samples.count == 1_800)
        #expect(monitor.changes.isEmpty && monitor.state.takeChanges().isEmpty)
    }

    @Test("a response is right by its status and its body")
    func expectation() {
        var settings = Check.Settings()
        #expect(HTTPExpectation(settings).objection(status: 302, body: []) == nil)
        settings.statuses = 503...503
        #expect(HTTPExpectation(settings).objection(status: 503, body: []) == nil)
        #expect(HTTPExpectation(settings).objection(status: 200, body: []) == "status 200 (expected 503)")
        #expect(HTTPExpectation(settings).objection(status: nil, body: []) == "status missing (expected 503)")
        settings.statuses = nil
        settings.match = "aab"
        for (body, isRight) in [
            ("", false), ("aa", false), ("aaab", true), ("aab", true), ("xxaa", false), ("aabaa", true),
        ] {
            let objection = HTTPExpectation(settings).objection(status: 200, body: Array(body.utf8))
            #expect((objection == nil) == isRight, "\(body)")
        }
    }

    @Test("the screen of a terminal has problems first, and fits")
    func screen() {
        var monitor = SimulatedMonitor((0..<30).map { Self.check("host\($0)\u{1B}[2J") })
        monitor.run(seconds: 20) { target, second in
            target == 17 && second >= 10 ? .lost : .reply(.microseconds(1_000 + Int64(second) * 100))
        }
        let screen = LiveScreen(width: 80, height: 12, usesColor: false)
        let lines = screen.lines(monitor.state.targets, title: "30 targets")
        #expect(lines.count == 12 && lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        #expect(lines[2].hasPrefix("down    host16\\u{1b}[2J") && lines[2].hasSuffix("xxxxxxxxxx"), "\(lines[2])")
        #expect(lines[3].hasSuffix("█") && lines[11] == "... and 21 more", "\(lines)")
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
    }

    @Test("the strip has the last 24 hours, and forgets older ones")
    func strip() {
        var strip = Strip()
        strip.set(midnight, transmitted: 600, lost: 0)
        strip.set(midnight + .seconds(600), transmitted: 600, lost: 600)
        strip.set(midnight + .seconds(1_800), transmitted: 600, lost: 1)
        let (text, end) = strip.text(at: midnight + .seconds(1_801))
        #expect(text.count == 144 && text.hasSuffix("05.1") && end == midnight + .seconds(2_400))
        let later = strip.text(at: midnight + .seconds(86_400)).letters
        #expect(later.hasPrefix("5.1") && later.dropFirst(3).allSatisfy { $0 == "." })
        #expect(strip.text(at: midnight + .seconds(200_000)).letters.allSatisfy { $0 == "." })
    }
}
