import SwiftNet

/// The result of one probe, as it is kept.
public struct StoredSample: Hashable, Sendable {
    /// When the probe was sent, to the millisecond.
    public var time: WallTime
    public var result: Result

    public enum Result: Hashable, Sendable {
        /// A round-trip time, to 100 nanoseconds.
        case reply(Nanoseconds)
        case lost
        /// The probe could not be sent, or an error came back.
        case failed
    }

    public init(time: WallTime, result: Result) {
        self.time = time
        self.result = result
    }

    public var roundTrip: Nanoseconds? {
        if case .reply(let time) = result { time } else { nil }
    }
}

/// The samples of one target in ten minutes, in three or four bytes each.
///
/// Each sample is two integers: how much later than an interval after the one before it it was sent, in milliseconds, and
/// 0 for a lost probe, 1 for a failed one, or 2 more than the round-trip time in units of 100 nanoseconds.
public struct SampleBlock: Hashable, Sendable {
    public static let length = Nanoseconds.seconds(600)

    /// The beginning of the ten minutes, which are those of the clock.
    public let start: WallTime
    /// The usual time from one sample to the next, in milliseconds.
    public let interval: Int64
    public private(set) var bytes: [UInt8]
    /// The time of the last sample, in milliseconds since 1970; before the first, that of the beginning.
    public private(set) var last: Int64

    public init(start: WallTime, interval: Nanoseconds) {
        self.start = start
        self.interval = max(interval.wholeMilliseconds, 1)
        bytes = []
        last = start.milliseconds
    }

    /// A block, or the part of one after a time, from a file.
    public init(start: WallTime, interval: Int64, bytes: [UInt8], last: Int64? = nil) {
        self.start = start
        self.interval = interval
        self.bytes = bytes
        self.last = last ?? start.milliseconds
        let (samples, end) = Self.decode(bytes[...], from: self.last, interval: interval)
        if let time = samples.last?.time.milliseconds { self.last = time }
        // What follows damaged bytes cannot be read, and must not be continued.
        self.bytes.removeSubrange(end...)
    }

    public var end: WallTime { start + Self.length }
    public var isEmpty: Bool { bytes.isEmpty }

    /// Whether a sample belongs to these ten minutes.
    public func covers(_ time: WallTime) -> Bool { time >= start && time < end }

    public mutating func append(_ sample: StoredSample) {
        let time = sample.time.milliseconds
        VarInt.append(signed: time &- last &- interval, to: &bytes)
        last = time
        switch sample.result {
        case .lost: bytes.append(0)
        case .failed: bytes.append(1)
        case .reply(let time): VarInt.append(UInt64(max(time.count, 0) / 100) &+ 2, to: &bytes)
        }
    }

    /// The samples in the order in which they were added.
    public var samples: [StoredSample] {
        Self.decode(bytes[...], from: start.milliseconds, interval: interval).samples
    }

    /// Returns the samples, and the end of the last complete one.
    static func decode(
        _ bytes: ArraySlice<UInt8>, from base: Int64, interval: Int64
    ) -> (samples: [StoredSample], end: Int) {
        var reader = VarIntReader(bytes)
        var samples: [StoredSample] = []
        var (time, end) = (base, bytes.startIndex)
        while let delay = reader.nextSigned(), let value = reader.next() {
            time = time &+ delay &+ interval
            let result: StoredSample.Result =
                switch value {
                case 0: .lost
                case 1: .failed
                default:
                    .reply(Nanoseconds(Int64(clamping: (value - 2).multipliedReportingOverflow(by: 100).partialValue)))
                }
            samples.append(StoredSample(time: WallTime(milliseconds: time), result: result))
            end = reader.position
        }
        return (samples, end)
    }
}
