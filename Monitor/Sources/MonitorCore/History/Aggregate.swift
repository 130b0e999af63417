import SwiftNet

/// What is kept of the probes of some time when they are too many or too old to be kept one by one.
public struct Aggregate: Hashable, Sendable {
    /// Probes, and those without a reply.
    public var transmitted = 0
    public var lost = 0
    public var times = Histogram()

    public init() {}

    public init(_ samples: some Sequence<StoredSample>) {
        var times: [Int64] = []
        for sample in samples {
            transmitted += 1
            if let time = sample.roundTrip { times.append(time.count) } else { lost += 1 }
        }
        times.sort()
        self.times = Histogram(sorted: times)
    }

    public var isEmpty: Bool { transmitted == 0 }

    public mutating func merge(_ other: Aggregate) {
        transmitted += other.transmitted
        lost += other.lost
        times.merge(other.times)
    }

    /// The share of probes without a reply; nil without probes.
    public var loss: Double? { transmitted > 0 ? Double(lost) / Double(transmitted) : nil }

    // MARK: Storage

    public func encode(to bytes: inout [UInt8]) {
        VarInt.append(UInt64(transmitted), to: &bytes)
        VarInt.append(UInt64(lost), to: &bytes)
        times.encode(to: &bytes)
    }

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(to: &bytes)
        return bytes
    }

    init?(_ reader: inout VarIntReader) {
        guard let transmitted = reader.next(), let lost = reader.next(), transmitted < 1 << 40, lost <= transmitted,
            let times = Histogram(&reader)
        else { return nil }
        self.transmitted = Int(transmitted)
        self.lost = Int(lost)
        self.times = times
    }

    /// Returns nil if the bytes were damaged.
    public init?(_ bytes: [UInt8]) {
        var reader = VarIntReader(bytes[...])
        self.init(&reader)
    }
}

/// The minutes of one block.
public struct MinuteRow: Hashable, Sendable {
    public var start: WallTime
    /// One for each minute in which a probe was sent, by its number in the block.
    public var minutes: [Int: Aggregate] = [:]

    public init(_ block: SampleBlock) {
        start = block.start
        let minutes = Dictionary(grouping: block.samples) { sample in
            Int((sample.time - block.start).count / Self.minute.count)
        }
        self.minutes = minutes.filter { (0..<10).contains($0.key) }.mapValues { Aggregate($0) }
    }

    private static let minute = Nanoseconds.seconds(60)

    /// The sum of all minutes.
    public var total: Aggregate {
        var total = Aggregate()
        for minute in minutes.values { total.merge(minute) }
        return total
    }

    /// The minutes in order, each with its beginning.
    public var parts: [(start: WallTime, aggregate: Aggregate)] {
        minutes.sorted { $0.key < $1.key }.map { (start + Self.minute * Int64($0.key), $0.value) }
    }

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for (number, minute) in minutes.sorted(by: { $0.key < $1.key }) {
            VarInt.append(UInt64(number), to: &bytes)
            minute.encode(to: &bytes)
        }
        return bytes
    }

    /// Reads the minutes up to the end, or to a damaged one.
    public init(start: WallTime, _ bytes: [UInt8]) {
        self.start = start
        var reader = VarIntReader(bytes[...])
        while let number = reader.next(), number < 10, let minute = Aggregate(&reader) {
            minutes[Int(number)] = minute
        }
    }
}
