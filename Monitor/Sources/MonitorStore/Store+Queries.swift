import Foundation
import GRDB
import MonitorCore
import SwiftNet

/// Which events are wanted, the newest first.
public struct EventQuery: Sendable {
    public var target: Int64?
    /// Those that lasted at some time from `from` on, and began before `to`.
    public var from: WallTime?
    public var to: WallTime?
    /// Whether only those without an end are wanted.
    public var isOpen = false
    public var limit = 200

    public init(
        target: Int64? = nil, from: WallTime? = nil, to: WallTime? = nil, isOpen: Bool = false, limit: Int = 200
    ) {
        (self.target, self.from, self.to, self.isOpen, self.limit) = (target, from, to, isOpen, limit)
    }
}

extension Store {
    public func events(_ query: EventQuery) throws(Failure) -> [EventRecord] {
        try read { try Self.events($0, query) }
    }

    static func events(_ database: Database, _ query: EventQuery) throws -> [EventRecord] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let target = query.target {
            conditions.append("target = ?")
            arguments.append(target)
        }
        if let from = query.from {
            conditions.append("(\"end\" >= ? OR \"end\" IS NULL AND kind IN ('down', 'loss', 'slow'))")
            arguments.append(from.milliseconds)
        }
        if let to = query.to {
            conditions.append("start < ?")
            arguments.append(to.milliseconds)
        }
        if query.isOpen { conditions.append("\"end\" IS NULL") }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM event \(filter) ORDER BY start DESC, id DESC LIMIT \(max(query.limit, 0))",
            arguments: StatementArguments(arguments))
        return rows.compactMap { row in
            // A kind of a later version.
            guard let kind = EventRecord.Kind(rawValue: row["kind"]) else { return nil }
            return EventRecord(
                id: row["id"], target: row["target"], kind: kind, start: WallTime(milliseconds: row["start"]),
                end: (row["end"] as Int64?).map { WallTime(milliseconds: $0) }, reason: row["reason"])
        }
    }

    /// Returns the history of a target.
    /// - Parameters:
    ///   - plan: a series without points.
    ///   - live: the samples that are not in a finished block yet.
    public func series(_ plan: Series, target: Int64, live: [StoredSample]) throws(Failure) -> Series {
        try read { database in
            var builder = Series.Builder(plan)
            var from = plan.from
            if plan.source == .hours { from = try Self.addHours(to: &builder, plan, target, database) }
            if plan.source != .samples {
                let rows = try Row.fetchCursor(
                    database,
                    sql: "SELECT start, data FROM minutes WHERE target = ? AND start >= ? AND start < ? ORDER BY start",
                    arguments: [target, (from - SampleBlock.length).milliseconds + 1, plan.to.milliseconds])
                while let row = try rows.next() {
                    for part in Self.minuteRow(row).parts where part.start >= from {
                        builder.add(part.start, part.aggregate)
                    }
                }
            } else {
                let rows = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT start, interval, data FROM samples
                        WHERE target = ? AND start >= ? AND start < ? ORDER BY start
                        """,
                    arguments: [target, (from - SampleBlock.length).milliseconds + 1, plan.to.milliseconds])
                while let row = try rows.next() { builder.add(Self.block(row).samples) }
            }
            builder.add(live)
            return builder.finish()
        }
    }

    /// - Returns: the end of the last hour: minutes continue from there.
    private static func addHours(
        to builder: inout Series.Builder, _ plan: Series, _ target: Int64, _ database: Database
    ) throws -> WallTime {
        var end = plan.from
        let rows = try Row.fetchCursor(
            database, sql: "SELECT start, data FROM hours WHERE target = ? AND start >= ? AND start < ? ORDER BY start",
            arguments: [target, plan.from.milliseconds, plan.to.milliseconds])
        while let row = try rows.next() {
            let start = WallTime(milliseconds: row["start"])
            if let hour = Aggregate(Array(row["data"] as Data)) { builder.add(start, hour) }
            end = start + .seconds(3_600)
        }
        return end
    }
}
