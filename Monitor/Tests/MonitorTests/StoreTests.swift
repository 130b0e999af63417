import Foundation
import MonitorCore
import MonitorStore
import SwiftNet
import Testing

/// A folder that is removed with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "monitor-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/monitor.sqlite" }
}

@Suite("history in SQLite")
struct StoreTests {
    private static let check = Check(kind: .ping, target: "192.0.2.1")

    private static func sample(_ second: Int64) -> StoredSample {
        let result: StoredSample.Result = second % 100 == 7 ? .lost : .reply(.microseconds(1_000 + second % 50))
        return StoredSample(time: midnight + .seconds(second), result: result)
    }

    private static func recorder(_ store: Store, at second: Int64, checks: [Check] = [check]) throws -> Recorder {
        let recorder = try Recorder(
            store: store, now: midnight + .seconds(second), onChange: { _, _ in }, onStoreChange: { _ in })
        _ = try recorder.setChecks(checks, now: midnight + .seconds(second))
        return recorder
    }

    /// Records the samples of some seconds as a monitor does.
    private static func record(
        _ recorder: Recorder, _ seconds: Range<Int64>, sample: (Int64) -> StoredSample = sample
    ) {
        for second in seconds {
            recorder.post([.sample(target: 1, sample(second), reason: nil)])
            recorder.step(now: midnight + .seconds(second))
        }
    }

    private static func series(
        _ recorder: Recorder, _ seconds: Range<Int64>, count: Int, now: Int64
    ) throws -> Series {
        try #require(
            try recorder.series(
                of: 1, from: midnight + .seconds(seconds.lowerBound), to: midnight + .seconds(seconds.upperBound),
                count: count, now: midnight + .seconds(now), retention: Retention()))
    }

    private static func total(_ series: Series) -> (transmitted: Int, lost: Int) {
        series.points.reduce(into: (0, 0)) {
            $0.transmitted += $1.aggregate.transmitted
            $0.lost += $1.aggregate.lost
        }
    }

    @Test("samples, minutes and hours say the same")
    func tiers() throws {
        let folder = try TemporaryFolder()
        let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 0)
        Self.record(recorder, 0..<9_000)
        for (range, count, source) in [
            (0..<9_000, 2_000, Series.Source.samples), (0..<9_000, 100, .minutes), (0..<9_000, 10, .minutes),
            (0..<86_400, 10, .hours), (600..<1_200, 600, .samples),
        ] as [(Range<Int64>, Int, Series.Source)] {
            let series = try Self.series(recorder, range, count: count, now: 9_000)
            let seconds = range.clamped(to: 0..<9_000)
            #expect(series.source == source && series.points.count <= count + 1, "\(range) \(series.points.count)")
            let total = Self.total(series)
            #expect(total.transmitted == seconds.count, "\(range) \(count) \(total)")
            #expect(total.lost == seconds.count { $0 % 100 == 7 })
            let times = series.points.compactMap { $0.aggregate.times.quantile(0.5) }
            #expect(times.allSatisfy { (1_000_000...1_050_000).contains($0) })
        }
    }

    @Test(
        "a monitor that ends without warning loses at most the last five seconds",
        arguments: [3, 601, 1_234, 3_599, 3_600, 3_604, 7_301] as [Int64])
    func suddenEnd(second: Int64) throws {
        let folder = try TemporaryFolder()
        do {
            let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 0)
            Self.record(recorder, 0..<second)
            // Neither flushed nor closed.
        }
        let again = second + 20
        let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: again)
        Self.record(recorder, again..<again + 1_300)
        recorder.flush(now: midnight + .seconds(again + 1_300))
        for count in [2_000, 20] {
            let series = try Self.series(recorder, 0..<second, count: count, now: again + 1_300)
            let total = Self.total(series)
            #expect(
                total.transmitted <= Int(second) + 60 && total.transmitted >= Int(second) - 5, "\(total) of \(second)")
        }
        let all = Self.total(try Self.series(recorder, 0..<again + 1_300, count: 2_000, now: again + 1_300))
        #expect(all.transmitted <= Int(second) + 1_300 && all.transmitted >= Int(second) + 1_295, "\(all)")
        let hours = Self.total(try Self.series(recorder, 0..<864_000, count: 10, now: again + 1_300))
        #expect(hours.transmitted == all.transmitted)
    }

    @Test("an outage over a sudden end is one event")
    func eventOverEnd() throws {
        let folder = try TemporaryFolder()
        func sample(_ second: Int64) -> StoredSample {
            StoredSample(
                time: midnight + .seconds(second),
                result: (100..<200).contains(second) ? .lost : .reply(.microseconds(900)))
        }
        do {
            let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 0)
            Self.record(recorder, 0..<150, sample: sample)
        }
        let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 160)
        #expect(recorder.target(1)?.status == .down)
        Self.record(recorder, 160..<300, sample: sample)
        recorder.flush(now: midnight + .seconds(300))
        let events = try recorder.events(EventQuery(target: 1))
        #expect(events.map(\.kind) == [.down])
        #expect(events.first?.start == midnight + .seconds(100) && events.first?.end == midnight + .seconds(200))
    }

    @Test("an outage that ended while the monitor did not run ends with the first replies")
    func eventEndsMeanwhile() throws {
        let folder = try TemporaryFolder()
        do {
            let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 0)
            Self.record(recorder, 0..<50) { second in
                StoredSample(time: midnight + .seconds(second), result: second < 20 ? .reply(.microseconds(1)) : .lost)
            }
        }
        let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 9_000)
        Self.record(recorder, 9_000..<9_100)
        let events = try recorder.events(EventQuery(target: 1))
        #expect(events.count == 1 && events[0].end != nil, "\(events)")
    }

    @Test("old data goes, each kind in its time, and events stay")
    func retention() throws {
        let folder = try TemporaryFolder()
        var retention = Retention()
        retention.samples = .seconds(3_600)
        retention.minutes = .seconds(7_200)
        let store = try Store(path: folder.file, retention: retention)
        let recorder = try Self.recorder(store, at: 0)
        recorder.noteStart("test", at: midnight)
        Self.record(recorder, 0..<20_000)
        func series(_ range: Range<Int64>, _ count: Int) throws -> Series {
            try #require(
                try recorder.series(
                    of: 1, from: midnight + .seconds(range.lowerBound), to: midnight + .seconds(range.upperBound),
                    count: count, now: midnight + .seconds(20_000), retention: retention))
        }
        #expect(try series(0..<600, 600).source == .hours)
        #expect(try series(14_400..<15_000, 600).source == .minutes)
        #expect(try series(19_000..<19_600, 600).source == .samples)
        #expect(Self.total(try series(0..<20_000, 10)).transmitted == 20_000)
        #expect(try recorder.events(EventQuery()).contains { $0.kind == .started && $0.start == midnight })
    }

    @Test("a database stays within its size, and keeps the newest data")
    func size() throws {
        let folder = try TemporaryFolder()
        var retention = Retention()
        retention.size = 1_000_000
        let store = try Store(path: folder.file, retention: retention)
        let checks = (1...40).map { Check(kind: .ping, target: "192.0.2.\($0)") }
        let recorder = try Self.recorder(store, at: 0, checks: checks)
        var random = Seeded(state: 3)
        for second in 0..<9_000 as Range<Int64> {
            let events = (1...40 as ClosedRange<Int64>).map { target in
                let time = Nanoseconds(Int64.random(in: 1_000_000...90_000_000, using: &random))
                let sample = StoredSample(time: midnight + .seconds(second), result: .reply(time))
                return ProbeEvent.sample(target: target, sample, reason: nil)
            }
            recorder.post(events)
            recorder.step(now: midnight + .seconds(second))
        }
        // The journal of the current blocks is not part of the limit's choice.
        #expect(try store.size() < 2_500_000)
        let newest = try Self.series(recorder, 8_400..<9_000, count: 600, now: 9_000)
        #expect(Self.total(newest).transmitted == 600)
    }

    @Test("a file that is no database is named, and left as it is")
    func foreignFile() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "This is a letter. ", count: 1_000)
        try text.write(toFile: folder.file, atomically: true, encoding: .utf8)
        let failure = #expect(throws: Store.Failure.self) { try Store(path: folder.file, retention: Retention()) }
        #expect(failure?.description == "SQLite: file is not a database")
        #expect(try String(contentsOfFile: folder.file, encoding: .utf8) == text)
    }

    @Test("a database of a table that cannot be read still takes new data")
    func failingWrites() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try Store(path: folder.file, retention: Retention())
            let reports = Reports()
            let recorder = try Recorder(
                store: store, now: midnight, onChange: { _, _ in }, onStoreChange: { reports.add($0) })
            _ = try recorder.setChecks([Self.check], now: midnight)
            Self.record(recorder, 0..<20)
            // Another program holds the database, as a full disk would: nothing can be written.
            try store.rename("journal", to: "hidden")
            Self.record(recorder, 20..<40)
            #expect(recorder.storeStatus.isFailing && reports.all.count == 1 && reports.all.first??.isEmpty == false)
            #expect(Self.total(try Self.series(recorder, 0..<40, count: 600, now: 40)).transmitted == 40)
            try store.rename("hidden", to: "journal")
            Self.record(recorder, 40..<60)
            #expect(!recorder.storeStatus.isFailing && reports.all.count == 2)
        }
        let again = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 61)
        let kept = Self.total(try Self.series(again, 0..<60, count: 600, now: 61)).transmitted
        #expect(kept >= 55, "\(kept)")
    }

    @Test("other settings of a target, and a sudden end after them, lose nothing")
    func change() throws {
        let folder = try TemporaryFolder()
        do {
            let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 0)
            Self.record(recorder, 0..<100)
            var slower = Self.check
            slower.interval = .seconds(2)
            _ = try recorder.setChecks([slower], now: midnight + .seconds(100))
            #expect(recorder.target(1)?.counters.transmitted == 100 && recorder.target(1)?.check == slower)
            Self.record(recorder, 100..<201)
        }
        let recorder = try Self.recorder(Store(path: folder.file, retention: Retention()), at: 700)
        let total = Self.total(try Self.series(recorder, 0..<600, count: 600, now: 700))
        #expect(total.transmitted >= 196 && total.transmitted <= 201, "\(total)")
    }

    @Test("the events of a silent target are kept, and reported to no one until its time")
    func silence() throws {
        let reports = Reports()
        let recorder = try Recorder(
            store: Store(path: nil, retention: Retention()), now: midnight, onChange: { reports.add($1) },
            onStoreChange: { _ in })
        var check = Self.check
        check.silentUntil = midnight + .seconds(100)
        _ = try recorder.setChecks([check], now: midnight)
        Self.record(recorder, 0..<160) { second in
            let isLost = (20..<40).contains(second) || second >= 120
            return StoredSample(time: midnight + .seconds(second), result: isLost ? .lost : .reply(.microseconds(700)))
        }
        #expect(try recorder.events(EventQuery()).map(\.kind) == [.down, .down])
        #expect(reports.all == ["192.0.2.1"])
    }

    @Test("a database has one monitor at a time")
    func lock() throws {
        let folder = try TemporaryFolder()
        do {
            let first = try Store(path: folder.file, retention: Retention())
            let failure = #expect(throws: Store.Failure.self) { try Store(path: folder.file, retention: Retention()) }
            #expect(failure?.description == "another monitor uses this file")
            #expect(try first.nextEvent() == 1)
        }
        #expect(try Store(path: folder.file, retention: Retention()).nextEvent() == 1)
    }

    @Test("in memory it works too")
    func memory() throws {
        let recorder = try Self.recorder(Store(path: nil, retention: Retention()), at: 0)
        Self.record(recorder, 0..<1_500)
        #expect(Self.total(try Self.series(recorder, 0..<1_500, count: 2_000, now: 1_500)).transmitted == 1_500)
        #expect(recorder.storeStatus == .none)
    }
}

/// The reports of a closure that may be called by any thread.
final class Reports: @unchecked Sendable {
    private let lock = NSLock()
    private var reports: [String?] = []

    func add(_ report: String?) { lock.withLock { reports.append(report) } }
    var all: [String?] { lock.withLock { reports } }
}
