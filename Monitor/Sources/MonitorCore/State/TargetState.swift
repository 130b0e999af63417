import SwiftNet

/// What a monitor knows of one target without its database.
public struct TargetState: Sendable {
    public let id: Int64
    public private(set) var check: Check
    /// The address in use; nil while there is none, and for URLs.
    public var address: String?
    public private(set) var counters = Counters()
    public private(set) var last: StoredSample?
    /// Whether it replied before this start of the monitor.
    private var wasUp = false
    /// The text of the last failure, until a reply.
    public private(set) var reason: String?
    public internal(set) var events: [EventRecord.Kind: EventRecord] = [:]
    /// The certificate's end that an event was about.
    var warnedEnd: WallTime?
    public var http: HTTPFacts?
    var judge = MonitorJudge()
    /// The current ten minutes.
    public private(set) var block: SampleBlock
    /// Those before.
    public private(set) var previous = Aggregate()
    /// The current hour up to the current block.
    private(set) var hour = Aggregate()
    private var hourStart: WallTime?
    public private(set) var strip = Strip()
    /// The probes of the current block, and the lost ones.
    private var blockCounts = (transmitted: 0, lost: 0)
    /// The bytes of the block that are in the journal, and the time of the last sample in them.
    private var written = 0
    private var writtenLast: Int64

    /// Totals since the start, for Prometheus.
    public struct Counters: Hashable, Sendable {
        public var transmitted: UInt64 = 0
        public var received: UInt64 = 0
        /// Replies after the timeout, to probes that count as lost.
        public var late: UInt64 = 0
        /// Probes that were not sent, because this host slept or had no time for them.
        public var skipped: UInt64 = 0
        /// The sum of the round-trip times, in seconds.
        public var seconds = 0.0
        /// Replies by the first of `bounds` that their round-trip time does not exceed.
        public var buckets = [UInt64](repeating: 0, count: Counters.bounds.count + 1)

        /// In seconds.
        public static let bounds = [
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
        ]

        mutating func add(_ result: StoredSample.Result) {
            transmitted += 1
            guard case .reply(let time) = result else { return }
            received += 1
            seconds += time.seconds
            buckets[Self.bounds.firstIndex { time.seconds <= $0 } ?? Self.bounds.count] += 1
        }
    }

    /// What the last response of a web server said.
    public struct HTTPFacts: Hashable, Sendable {
        public var status: Int?
        public var name: Nanoseconds?
        public var connect: Nanoseconds?
        public var secure: Nanoseconds?
        public var firstByte: Nanoseconds?
        public var total = Nanoseconds.zero
        public var certificateEnd: WallTime?

        public init() {}
    }

    public init(id: Int64, check: Check, now: WallTime) {
        self.id = id
        self.check = check
        block = SampleBlock(start: now.rounded(downTo: SampleBlock.length), interval: check.interval)
        writtenLast = block.last
    }

    // MARK: Results

    /// What a finished block leaves for the database.
    public struct Closed: Sendable {
        public var target: Int64
        public var block: SampleBlock
        public var minutes: MinuteRow
        public var total: Aggregate
        /// The hour that ended with the block before, or with this one.
        public var hours: [(start: WallTime, aggregate: Aggregate)]

        public init(
            target: Int64, block: SampleBlock, hours: [(start: WallTime, aggregate: Aggregate)] = []
        ) {
            self.target = target
            self.block = block
            minutes = MinuteRow(block)
            total = minutes.total
            self.hours = hours
        }
    }

    /// Keeps a sample, and returns the block that it ended.
    mutating func keep(_ sample: StoredSample, reason: String?) -> Closed? {
        let closed = block.covers(sample.time) ? nil : close(at: sample.time)
        block.append(sample)
        counters.add(sample.result)
        last = sample
        blockCounts.transmitted += 1
        if sample.roundTrip == nil {
            blockCounts.lost += 1
            self.reason = reason ?? self.reason
        } else {
            self.reason = nil
        }
        strip.set(block.start, transmitted: blockCounts.transmitted, lost: blockCounts.lost)
        return closed
    }

    /// Continues with other settings: the samples so far are a block of their own.
    mutating func change(to check: Check, now: WallTime) -> Closed? {
        let closed = check.interval == self.check.interval ? nil : close(at: now)
        self.check = check
        if closed != nil { block = SampleBlock(start: block.start, interval: check.interval) }
        return closed
    }

    mutating func countLate() { counters.late += 1 }
    mutating func countSkipped(_ count: Int) { counters.skipped += UInt64(max(count, 0)) }

    /// Ends the current block and begins that of a time.
    mutating func close(at time: WallTime) -> Closed? {
        defer {
            block = SampleBlock(start: time.rounded(downTo: SampleBlock.length), interval: check.interval)
            (written, writtenLast, blockCounts) = (0, block.last, (0, 0))
        }
        guard !block.isEmpty else {
            previous = Aggregate()
            return nil
        }
        var closed = Closed(target: id, block: block)
        let total = closed.total
        previous = total
        let own = block.start.rounded(downTo: Self.hourLength)
        if let start = hourStart, start != own {
            closed.hours.append((start, hour))
            hour = Aggregate()
        }
        hour.merge(total)
        hourStart = own
        if time.rounded(downTo: Self.hourLength) != own {
            closed.hours.append((own, hour))
            hour = Aggregate()
            hourStart = nil
        }
        return closed
    }

    static let hourLength = Nanoseconds.seconds(3_600)

    /// The last ten to twenty minutes.
    public var recent: Aggregate {
        var recent = Aggregate(block.samples)
        recent.merge(previous)
        return recent
    }

    /// The current state: the most serious event that lasts.
    public var status: Status {
        if events[.down] != nil { return .down }
        if events[.loss] != nil { return .loss }
        if events[.slow] != nil { return .slow }
        return counters.received == 0 && !wasUp ? .waiting : .up
    }

    public enum Status: String, Hashable, Sendable, CaseIterable {
        case down, loss, slow, up, waiting
    }

    /// Since when the state lasts; nil when it is up or waiting.
    public var since: WallTime? {
        switch status {
        case .down: events[.down]?.start
        case .loss: events[.loss]?.start
        case .slow: events[.slow]?.start
        case .up, .waiting: nil
        }
    }

    // MARK: The journal

    /// Returns the samples since the last call, for the journal; nil if there are none.
    mutating func takeUnwritten() -> JournalEntry? {
        guard written < block.bytes.count else { return nil }
        let entry = JournalEntry(
            target: id, start: block.start, interval: block.interval, last: writtenLast,
            bytes: Array(block.bytes[written...]))
        (written, writtenLast) = (block.bytes.count, block.last)
        return entry
    }

    // MARK: The past

    /// Continues where the monitor was before it was started anew.
    mutating func restore(_ past: TargetPast, now: WallTime) {
        for cell in past.cells { strip.set(cell.start, transmitted: cell.transmitted, lost: cell.lost) }
        for event in past.events where event.end == nil { events[event.kind] = event }
        warnedEnd = past.warnedEnd
        previous = past.previous ?? Aggregate()
        if let hour = past.hour { (self.hour, hourStart) = (hour.aggregate, hour.start) }
        wasUp = past.samples.contains { $0.roundTrip != nil }
        let current = past.samples.filter { block.covers($0.time) }
        for sample in current { block.append(sample) }
        (written, writtenLast) = (block.bytes.count, block.last)
        blockCounts = (current.count, current.count { $0.roundTrip == nil })
        if !current.isEmpty {
            strip.set(block.start, transmitted: blockCounts.transmitted, lost: blockCounts.lost)
        }
        // The judge learns again what it knew; its incidents are in the database.
        for sample in past.samples.suffix(1_800) { _ = judge.add(sample.monitorSample) }
    }
}

/// The samples of a target between two writes.
public struct JournalEntry: Hashable, Sendable {
    public var target: Int64
    /// The block's beginning and interval, and the time of the sample before these, in milliseconds.
    public var start: WallTime
    public var interval: Int64
    public var last: Int64
    public var bytes: [UInt8]

    public init(target: Int64, start: WallTime, interval: Int64, last: Int64, bytes: [UInt8]) {
        self.target = target
        self.start = start
        self.interval = interval
        self.last = last
        self.bytes = bytes
    }

    public var samples: [StoredSample] { SampleBlock.decode(bytes[...], from: last, interval: interval).samples }

    /// Appends the entry to a row of the journal.
    public func encode(to row: inout [UInt8]) {
        VarInt.append(UInt64(bitPattern: target), to: &row)
        VarInt.append(signed: start.milliseconds, to: &row)
        VarInt.append(UInt64(interval), to: &row)
        VarInt.append(signed: last &- start.milliseconds, to: &row)
        VarInt.append(UInt64(bytes.count), to: &row)
        row += bytes
    }

    /// Returns the entries of a row, up to its end or to a damaged one.
    public static func decode(_ row: [UInt8]) -> [JournalEntry] {
        var reader = VarIntReader(row[...])
        var entries: [JournalEntry] = []
        while let target = reader.next(), let start = reader.nextSigned(), let interval = reader.next(),
            let offset = reader.nextSigned(), let count = reader.next(), let bytes = reader.take(count),
            interval > 0, interval < 1 << 40
        {
            entries.append(
                JournalEntry(
                    target: Int64(bitPattern: target), start: WallTime(milliseconds: start), interval: Int64(interval),
                    last: start &+ offset, bytes: Array(bytes)))
        }
        return entries
    }
}

/// What the database knows of a target when the monitor starts.
public struct TargetPast: Sendable {
    public struct Cell: Hashable, Sendable {
        public var start: WallTime
        public var transmitted: Int
        public var lost: Int

        public init(start: WallTime, transmitted: Int, lost: Int) {
            self.start = start
            self.transmitted = transmitted
            self.lost = lost
        }
    }

    /// The blocks of the last 24 hours.
    public var cells: [Cell] = []
    /// Events that had no end.
    public var events: [EventRecord] = []
    /// Samples of the last half hour, in order.
    public var samples: [StoredSample] = []
    /// The block before the current one.
    public var previous: Aggregate?
    /// The current hour up to the current block.
    public var hour: (start: WallTime, aggregate: Aggregate)?
    public var warnedEnd: WallTime?

    public init() {}
}

extension StoredSample {
    /// The sample as the judge wants it: only differences of times matter to it.
    var monitorSample: MonitorSample {
        let result: MonitorSample.Result =
            switch self.result {
            case .reply(let time): .reply(roundTrip: time, hopLimit: nil)
            case .lost: .lost
            case .failed: .failed("")
            }
        let instant = Instant(nanoseconds: time.nanoseconds)
        return MonitorSample(target: 0, due: instant, sent: instant, result: result)
    }
}
