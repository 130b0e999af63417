import GRDB

/// The tables, by version. A version that was released is never changed: a new one follows it.
///
/// Times are milliseconds since 1970 in UTC. The formats of the blobs are those of `SampleBlock`, `MinuteRow`, `Aggregate`
/// and `JournalEntry`; swift-net-monitor(8) describes them.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE target (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
                        UNIQUE (name, kind, target));
                    CREATE TABLE samples (
                        target INTEGER NOT NULL, start INTEGER NOT NULL, interval INTEGER NOT NULL, data BLOB NOT NULL,
                        PRIMARY KEY (target, start));
                    CREATE TABLE minutes (
                        target INTEGER NOT NULL, start INTEGER NOT NULL,
                        transmitted INTEGER NOT NULL, lost INTEGER NOT NULL, data BLOB NOT NULL,
                        PRIMARY KEY (target, start)) WITHOUT ROWID;
                    CREATE TABLE hours (
                        target INTEGER NOT NULL, start INTEGER NOT NULL,
                        transmitted INTEGER NOT NULL, lost INTEGER NOT NULL, data BLOB NOT NULL,
                        PRIMARY KEY (target, start)) WITHOUT ROWID;
                    CREATE INDEX samples_start ON samples (start);
                    CREATE INDEX minutes_start ON minutes (start);
                    CREATE TABLE journal (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, newest INTEGER NOT NULL, data BLOB NOT NULL);
                    CREATE TABLE event (
                        id INTEGER PRIMARY KEY, target INTEGER, kind TEXT NOT NULL,
                        start INTEGER NOT NULL, "end" INTEGER, reason TEXT);
                    CREATE INDEX event_start ON event (start);
                    CREATE INDEX event_target ON event (target, start);
                    PRAGMA user_version = 1;
                    """)
        }
        return migrator
    }
}
