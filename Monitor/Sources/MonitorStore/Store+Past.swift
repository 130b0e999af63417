import Foundation
import GRDB
import MonitorCore
import SwiftNet

extension Store {
    /// The number of the next event.
    public func nextEvent() throws(Failure) -> Int64 {
        try read { try (Int64.fetchOne($0, sql: "SELECT max(id) FROM event") ?? 0) + 1 }
    }

    /// Returns what is known of targets, after the samples that a sudden end left in the journal have become blocks.
    public func pasts(of targets: [(id: Int64, check: Check)], now: WallTime) throws(Failure) -> [Int64: TargetPast] {
        try write { database in
            let current = now.rounded(downTo: SampleBlock.length)
            let open = try Self.replay(database, current: current, now: now)
            try Self.completeHours(database, now: now)
            var pasts: [Int64: TargetPast] = [:]
            let day = (current - SampleBlock.length * Int64(Strip.length)).milliseconds
            let cells = try Row.fetchCursor(
                database, sql: "SELECT target, start, transmitted, lost FROM minutes WHERE start >= ?", arguments: [day]
            )
            while let row = try cells.next() {
                let cell = TargetPast.Cell(
                    start: WallTime(milliseconds: row["start"]), transmitted: row["transmitted"], lost: row["lost"])
                pasts[row["target"], default: TargetPast()].cells.append(cell)
            }
            for event in try Self.events(database, EventQuery(isOpen: true, limit: 1_000_000)) {
                if let target = event.target { pasts[target, default: TargetPast()].events.append(event) }
            }
            for (id, check) in targets {
                try Self.complete(&pasts[id, default: TargetPast()], of: id, check, open[id] ?? [], database, current)
            }
            return pasts
        }
    }

    private static func complete(
        _ past: inout TargetPast, of id: Int64, _ check: Check, _ open: [StoredSample], _ database: Database,
        _ current: WallTime
    ) throws {
        let since = (current - SampleBlock.length * 3).milliseconds
        let rows = try Row.fetchAll(
            database, sql: "SELECT start, interval, data FROM samples WHERE target = ? AND start >= ? ORDER BY start",
            arguments: [id, since])
        for row in rows { past.samples += block(row).samples }
        past.samples += open
        let before = current - SampleBlock.length
        past.previous =
            past.samples.isEmpty ? nil : Aggregate(past.samples.filter { $0.time >= before && $0.time < current })
        let hour = current.rounded(downTo: .seconds(3_600))
        let minutes = try Row.fetchAll(
            database, sql: "SELECT start, data FROM minutes WHERE target = ? AND start >= ? AND start < ?",
            arguments: [id, hour.milliseconds, current.milliseconds])
        if !minutes.isEmpty {
            var sum = Aggregate()
            for row in minutes { sum.merge(minuteRow(row).total) }
            past.hour = (hour, sum)
        }
    }

    static func block(_ row: Row) -> SampleBlock {
        SampleBlock(
            start: WallTime(milliseconds: row["start"]), interval: row["interval"] as Int64,
            bytes: Array(row["data"] as Data))
    }

    static func minuteRow(_ row: Row) -> MinuteRow {
        MinuteRow(start: WallTime(milliseconds: row["start"]), Array(row["data"] as Data))
    }

    // MARK: The journal

    /// Makes blocks of the journal's samples that are in none yet.
    /// - Returns: the samples of the current block, which is not finished.
    private static func replay(_ database: Database, current: WallTime, now: WallTime) throws -> [Int64: [StoredSample]]
    {
        struct Key: Hashable {
            var target: Int64
            var start: WallTime
        }
        var blocks: [Key: SampleBlock] = [:]
        let rows = try Data.fetchCursor(database, sql: "SELECT data FROM journal ORDER BY id")
        while let data = try rows.next() {
            for entry in JournalEntry.decode(Array(data)) {
                let key = Key(target: entry.target, start: entry.start)
                let empty = SampleBlock(start: entry.start, interval: .milliseconds(entry.interval))
                for sample in entry.samples { blocks[key, default: empty].append(sample) }
            }
        }
        var open: [Int64: [StoredSample]] = [:]
        for (key, block) in blocks where !block.isEmpty {
            if key.start == current {
                open[key.target] = block.samples
                continue
            }
            let stored = try Row.fetchOne(
                database, sql: "SELECT start, interval, data FROM samples WHERE target = ? AND start = ?",
                arguments: [key.target, key.start.milliseconds])
            // The part after a change of the interval.
            let last = stored.flatMap { Self.block($0).samples.last?.time }
            let new = last.map { last in block.samples.filter { $0.time > last } } ?? block.samples
            guard !new.isEmpty else { continue }
            var rest = SampleBlock(start: block.start, interval: .milliseconds(block.interval))
            for sample in new { rest.append(sample) }
            try write(TargetState.Closed(target: key.target, block: rest), to: database)
        }
        try database.execute(
            sql: "DELETE FROM journal WHERE newest < ?", arguments: [current.milliseconds])
        return open
    }

    /// Makes the hours that ended while the monitor did not run.
    private static func completeHours(_ database: Database, now: WallTime) throws {
        let hour: Int64 = 3_600_000
        let current = now.milliseconds / hour * hour
        let missing = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT target, start / \(hour) * \(hour) AS hour FROM minutes
                WHERE start >= ? AND start < ? AND NOT EXISTS (
                    SELECT 1 FROM hours
                    WHERE hours.target = minutes.target AND hours.start = minutes.start / \(hour) * \(hour))
                """, arguments: [current - 48 * hour, current])
        for row in missing {
            let (target, start): (Int64, Int64) = (row["target"], row["hour"])
            let rows = try Row.fetchAll(
                database, sql: "SELECT start, data FROM minutes WHERE target = ? AND start >= ? AND start < ?",
                arguments: [target, start, start + hour])
            var sum = Aggregate()
            for row in rows { sum.merge(minuteRow(row).total) }
            try write(sum, of: target, at: WallTime(milliseconds: start), to: database)
        }
    }
}
