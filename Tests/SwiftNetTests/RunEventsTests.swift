import LinuxProcess
import PacketEngine
import Synchronization
import Testing

@testable import SwiftNet

/// A tool without packets: its configuration determines its events.
private enum FakeTool: Tool {
    enum Configuration: Sendable {
        /// The number of events per step.
        case steps([Int])
        /// Events until the run is stopped, which is recorded.
        case endless(Ending = Ending())
        case failure
    }

    static var defaultConfiguration: Configuration { .steps([]) }

    static func prepare(
        _ target: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        if case .failure = configuration { throw SwiftNetError(.name, target, "no address") }
        return Prepared(configuration: configuration, options: options)
    }

    struct Prepared: PreparedRun {
        typealias Event = Int
        typealias Summary = Int

        let configuration: Configuration
        let options: RunOptions

        func run(onEvent: @escaping (Int) -> Void, onStep: @escaping () -> Void) throws(SwiftNetError) -> Int {
            var count = 0
            switch configuration {
            case .steps(let steps):
                for step in steps {
                    for _ in 0..<step {
                        onEvent(count)
                        count += 1
                    }
                    onStep()
                }
            case .endless(let ending):
                defer { ending.reach() }
                let reactor = try SwiftNetError.wrapping { try Reactor(wakeupEvent: options.wakeupEvent) }
                repeat {
                    onEvent(count)
                    count += 1
                    onStep()
                } while !reactor.wait(until: SystemClock.now + .milliseconds(1)).contains(.stop)
            case .failure: break
            }
            return count
        }
    }
}

/// Whether a run has ended.
private final class Ending: Sendable {
    private let flag = Atomic(false)
    var isReached: Bool { flag.load(ordering: .relaxed) }

    func reach() { flag.store(true, ordering: .relaxed) }

    /// Waits for the end, up to 10 s.
    func wait() async throws -> Bool {
        for _ in 0..<1_000 where !isReached { try await Task.sleep(for: .milliseconds(10)) }
        return isReached
    }
}

@Suite("runs as sequences of events")
struct RunEventsTests {
    @Test("every event in order, and the summary last")
    func order() async throws {
        var events: [Int] = []
        var summary: (Int, missed: Int)?
        for try await update in FakeTool.events(to: "x", .steps([3, 0, 2, 1])) {
            switch update {
            case .event(let event):
                #expect(summary == nil)
                events.append(event)
            case .finished(let count, let missed): summary = (count, missed)
            }
        }
        #expect(events == Array(0..<6))
        #expect(summary?.0 == 6 && summary?.missed == 0)
    }

    @Test("more events than the buffer holds are counted, whether in one step or in many")
    func overflow() async throws {
        for steps in [[100_000], Array(repeating: 1_000, count: 100)] {
            let events = FakeTool.events(to: "x", .steps(steps))
            var iterator = events.makeAsyncIterator()
            // The run begins with the first call, and is over before the second.
            guard case .event(let first)? = try await iterator.next() else {
                Issue.record("no event")
                return
            }
            #expect(first == 0)
            try await Task.sleep(for: .milliseconds(200))
            var count = 1
            var missed = 0
            var last = 0
            while let update = try await iterator.next() {
                switch update {
                case .event(let event):
                    #expect(event > last)
                    last = event
                    count += 1
                case .finished(let total, let number):
                    #expect(total == 100_000)
                    missed = number
                }
            }
            #expect(count + missed == 100_000)
            #expect(missed > 0 || steps.count > 1)
        }
    }

    @Test("a canceled task stops the run, and still receives its summary")
    func cancellation() async throws {
        let task = Task {
            var last = -1
            for try await update in FakeTool.events(to: "x", .endless()) {
                switch update {
                case .event(let event): last = event
                case .finished(let count, _): return (last, count)
                }
            }
            return (last, -1)
        }
        try await Task.sleep(for: .milliseconds(30))
        task.cancel()
        let (last, count) = try await task.value
        #expect(count == last + 1 && count > 0)
    }

    @Test("a task that was canceled before receives a summary too")
    func canceledBefore() async throws {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            for try await update in FakeTool.events(to: "x", .endless()) {
                if case .finished(let count, _) = update { return count }
            }
            return -1
        }
        task.cancel()
        #expect(try await task.value > 0)
    }

    @Test("a run ends when its sequence and its iterators are released")
    func release() async throws {
        let left = Ending()
        for try await _ in FakeTool.events(to: "x", .endless(left)) { break }
        #expect(try await left.wait())

        let dropped = Ending()
        var iterator: RunEvents<Int, Int>.AsyncIterator? = FakeTool.events(to: "x", .endless(dropped))
            .makeAsyncIterator()
        #expect(try await iterator?.next() != nil)
        try await Task.sleep(for: .milliseconds(50))
        #expect(!dropped.isReached)
        iterator = nil
        #expect(try await dropped.wait())
    }

    @Test("a sequence that is not iterated has no run")
    func notIterated() async throws {
        let ending = Ending()
        do { _ = FakeTool.events(to: "x", .endless(ending)).makeAsyncIterator() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!ending.isReached)
    }

    @Test("several tasks iterate at the same time: each event and the summary go to one of them, and all end")
    func severalConsumers() async throws {
        let sequence = FakeTool.events(to: "x", .steps(Array(repeating: 10, count: 100)))
        let (events, summaries) = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var events = 0
                    var summaries = 0
                    for try await update in sequence {
                        if case .event = update { events += 1 } else { summaries += 1 }
                    }
                    return (events, summaries)
                }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(events == 1_000 && summaries == 1)
    }

    @Test("a run that cannot begin throws from the sequence")
    func failure() async throws {
        await #expect(throws: SwiftNetError(.name, "x", "no address")) {
            for try await _ in FakeTool.events(to: "x", .failure) {}
        }
        #expect(throws: SwiftNetError(.name, "x", "no address")) { try FakeTool.run("x", .failure) }
    }

    @Test("many runs at the same time")
    func many() async throws {
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for count in 1...20 {
                group.addTask {
                    var events = 0
                    for try await update in FakeTool.events(to: "x", .steps([count])) {
                        if case .event = update { events += 1 }
                    }
                    return events
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 210)
    }
}
