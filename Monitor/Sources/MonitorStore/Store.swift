import Foundation
import GRDB
import MonitorCore
import SwiftNet

/// History in SQLite, written by one thread and read by many.
public final class Store: Sendable {
    /// Why the database cannot be used, or a part of it cannot be read or written.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var description: String

        init(_ error: any Error) {
            if let error = error as? StoreLock.Problem {
                description = error.description
            } else if let error = error as? DatabaseError {
                // Without the statement, which does not help users.
                description = "SQLite: \(error.message ?? "error \(error.resultCode.rawValue)")"
            } else {
                description = (error as NSError).localizedDescription
            }
        }
    }

    let database: any DatabaseWriter
    /// Held as long as the database is open; nil for one in memory.
    private let lock: StoreLock?
    private let retention: Retention
    /// Whether the database is a file.
    public let isDurable: Bool

    /// Opens a database, or makes one.
    /// - Parameter path: the file; nil for a database in memory.
    public init(path: String?, retention: Retention) throws(Failure) {
        self.retention = retention
        isDurable = path != nil
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                // A page of 10,000 targets is read and written at a time: no more is gained by a larger cache.
                try database.execute(sql: "PRAGMA cache_size = -4000")
            }
            lock = try path.map { try StoreLock($0) }
            if let path {
                // Space that old data leaves is given back. This works only before the first table is made.
                let isNew = !FileManager.default.fileExists(atPath: path)
                if isNew { try Self.create(path) }
                database = try DatabasePool(path: path, configuration: configuration)
            } else {
                database = try DatabaseQueue(configuration: configuration)
            }
            try Schema.migrator.migrate(database)
        } catch {
            throw Failure(error)
        }
    }

    private static func create(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM") }
        try queue.close()
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(Failure) -> Value {
        do { return try database.write(body) } catch { throw Failure(error) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(Failure) -> Value {
        do { return try database.read(body) } catch { throw Failure(error) }
    }

    // MARK: Targets

    /// Returns the numbers of checks, which they keep as long as the database exists.
    public func identify(_ checks: [Check]) throws(Failure) -> [Int64] {
        try write { database in
            let insert = try database.makeStatement(
                sql: "INSERT INTO target (name, kind, target) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            let select = try database.makeStatement(
                sql: "SELECT id FROM target WHERE name = ? AND kind = ? AND target = ?")
            return try checks.map { check in
                let key: StatementArguments = [check.name, check.kind.rawValue, check.target]
                if let id = try Int64.fetchOne(select, arguments: key) { return id }
                try insert.execute(arguments: key)
                return database.lastInsertedRowID
            }
        }
    }

    // MARK: Writing

    /// Writes finished blocks, new samples and events, all of them or nothing.
    public func write(
        _ work: MonitorState.Work, _ changes: [EventChange], now: WallTime
    ) throws(Failure) {
        try write { database in
            for closed in work.closed { try Self.write(closed, to: database) }
            if !work.journal.isEmpty {
                var row: [UInt8] = []
                for entry in work.journal { entry.encode(to: &row) }
                let newest = work.journal.map(\.start).max() ?? now
                try database.execute(
                    sql: "INSERT INTO journal (newest, data) VALUES (?, ?)",
                    arguments: [newest.milliseconds, Data(row)])
            }
            for change in changes { try Self.write(change.event, to: database) }
            if !work.closed.isEmpty { try expire(database, now: now) }
        }
    }

    private static func write(_ event: EventRecord, to database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO event (id, target, kind, start, "end", reason) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET "end" = excluded."end"
                """,
            arguments: [
                event.id, event.target, event.kind.rawValue, event.start.milliseconds, event.end?.milliseconds,
                event.reason,
            ])
    }

    static func write(_ closed: TargetState.Closed, to database: Database) throws {
        var (block, minutes) = (closed.block, closed.minutes)
        let key: StatementArguments = [closed.target, block.start.milliseconds]
        let old = try Row.fetchOne(
            database, sql: "SELECT interval, data FROM samples WHERE target = ? AND start = ?", arguments: key)
        if let old, let interval = old["interval"] as Int64?, let data = old["data"] as Data? {
            // The clock was set back, or the monitor was restarted: both parts belong to the same ten minutes.
            let first = SampleBlock(start: block.start, interval: interval, bytes: Array(data)).samples
            // What a restarted monitor took from the journal may be in the row too.
            let known = Set(first)
            let all = (first + block.samples.filter { !known.contains($0) }).sorted { $0.time < $1.time }
            block = SampleBlock(start: block.start, interval: .milliseconds(interval))
            for sample in all { block.append(sample) }
            minutes = MinuteRow(block)
        }
        let total = minutes.total
        try database.execute(
            sql: "INSERT OR REPLACE INTO samples (target, start, interval, data) VALUES (?, ?, ?, ?)",
            arguments: [closed.target, block.start.milliseconds, block.interval, Data(block.bytes)])
        try database.execute(
            sql: "INSERT OR REPLACE INTO minutes (target, start, transmitted, lost, data) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                closed.target, block.start.milliseconds, total.transmitted, total.lost, Data(minutes.encoded),
            ])
        for hour in closed.hours { try write(hour.aggregate, of: closed.target, at: hour.start, to: database) }
    }

    static func write(_ hour: Aggregate, of target: Int64, at start: WallTime, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO hours (target, start, transmitted, lost, data) VALUES (?, ?, ?, ?, ?)",
            arguments: [target, start.milliseconds, hour.transmitted, hour.lost, Data(hour.encoded)])
    }

    // MARK: Old data

    /// Removes what is older than it is kept, and the oldest fine data if the database is too large.
    private func expire(_ database: Database, now: WallTime) throws {
        func remove(_ table: String, before time: WallTime) throws {
            try database.execute(sql: "DELETE FROM \(table) WHERE start < ?", arguments: [time.milliseconds])
        }
        try remove("samples", before: now - retention.samples)
        try remove("minutes", before: now - retention.minutes)
        // Its blocks are finished and stored: the last of them ended 20 minutes ago.
        let done = now - SampleBlock.length * 3
        try database.execute(sql: "DELETE FROM journal WHERE newest < ?", arguments: [done.milliseconds])
        for table in ["samples", "minutes", "hours"] {
            // A tenth at a time.
            while try Self.size(of: database) > retention.size,
                let first = try Int64.fetchOne(database, sql: "SELECT min(start) FROM \(table)"),
                let last = try Int64.fetchOne(database, sql: "SELECT max(start) FROM \(table)"), first < last
            {
                let limit = first + max((last - first) / 10, 1)
                try database.execute(sql: "DELETE FROM \(table) WHERE start < ?", arguments: [limit])
            }
        }
        // Statements with results must be read to their end.
        _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(1000)")
    }

    /// The size of what is in use, in bytes.
    private static func size(of database: Database) throws -> Int64 {
        let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096)
    }

    /// The size of the database in use, in bytes.
    public func size() throws(Failure) -> Int64 { try read(Self.size) }
}

extension Store {
    /// Renames a table, for tests of a database that cannot be written.
    package func rename(_ table: String, to name: String) throws(Failure) {
        try write { try $0.execute(sql: "ALTER TABLE \(table) RENAME TO \(name)") }
    }
}
