import PacketEngine
import WireFormat

/// The round trips of one target.
struct RoundTripTally {
    private(set) var first: Nanoseconds?
    private(set) var minimum: Nanoseconds?
    private(set) var maximum: Nanoseconds?
    private var sum = Nanoseconds.zero
    private var count: Int64 = 0
    var hopLimit: UInt8?

    var average: Nanoseconds? { count > 0 ? Nanoseconds(sum.count / count) : nil }

    mutating func add(_ roundTrip: Nanoseconds) {
        first = first ?? roundTrip
        minimum = minimum.map { min($0, roundTrip) } ?? roundTrip
        maximum = maximum.map { max($0, roundTrip) } ?? roundTrip
        sum = sum + roundTrip
        count += 1
    }
}

/// The probes of one target since the last statistics, and the replies received meanwhile.
struct PingSweepInterval {
    var transmitted = 0
    private(set) var received = 0
    private var roundTrips = RoundTripTally()

    /// - Parameter roundTrip: nil if it is not known.
    mutating func receive(_ roundTrip: Nanoseconds?) {
        received += 1
        if let roundTrip { roundTrips.add(roundTrip) }
    }

    var tally: PingSweepStatistics.Tally { .init(transmitted: transmitted, received: received, roundTrips) }
}

extension PingSweepStatistics.Tally {
    init(transmitted: Int, received: Int, _ roundTrips: RoundTripTally) {
        self.init(
            transmitted: transmitted, received: received, minimum: roundTrips.minimum, average: roundTrips.average,
            maximum: roundTrips.maximum)
    }
}

/// The send times of a target's probes, or of the latest ones, and their results.
struct PingSweepProbes {
    /// The maximum number of probes.
    private let limit: Int
    private var sent: [Instant] = []
    /// Nil for a probe without a reply.
    private(set) var roundTrips: [Nanoseconds?] = []
    /// The probes that an ICMP error ended or that could not be sent, as bits of the last 64.
    private var ended: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    mutating func send(at instant: Instant) {
        if sent.count >= limit {
            // Rarely, so that the arrays are not moved for each probe.
            sent.removeFirst(max(limit / 2, 1))
            roundTrips.removeFirst(max(limit / 2, 1))
        }
        sent.append(instant)
        roundTrips.append(nil)
        ended <<= 1
    }

    /// The last probe was not sent.
    mutating func takeBack() {
        _ = sent.popLast()
        _ = roundTrips.popLast()
        ended >>= 1
    }

    /// Sets the actual send time of the last probe.
    mutating func correctLast(to instant: Instant) {
        if !sent.isEmpty { sent[sent.count - 1] = instant }
    }

    /// Returns the send time of a probe.
    /// - Parameter age: 0 for the last probe, 1 for the one before.
    func sendTime(age: Int) -> Instant? {
        sent.indices.contains(sent.count - 1 - age) ? sent[sent.count - 1 - age] : nil
    }

    mutating func receive(_ roundTrip: Nanoseconds, age: Int) {
        let index = roundTrips.count - 1 - age
        if roundTrips.indices.contains(index), roundTrips[index] == nil { roundTrips[index] = roundTrip }
    }

    mutating func end(age: Int) {
        if (0..<64).contains(age) { ended |= 1 << UInt64(age) }
    }

    /// The results, oldest first. A probe without a reply is lost after `timeout`, or after an error.
    func results(timeout: Nanoseconds, at now: Instant) -> [PingSweepTarget.Result] {
        sent.indices.map { index in
            if let roundTrip = roundTrips[index] { return .answered(roundTrip) }
            let age = sent.count - 1 - index
            let isEnded = age < 64 && ended >> UInt64(age) & 1 == 1
            return isEnded || now - sent[index] >= timeout ? .lost : .pending
        }
    }
}

/// A target of a sweep during the run, for a display.
public struct PingSweepTarget: Sendable {
    /// The result of a probe.
    public enum Result: Hashable, Sendable {
        case answered(Nanoseconds)
        case lost
        /// There is no reply yet.
        case pending
    }

    public var label: String
    public var address: IPAddress
    /// Since the start of the run, or the last reset.
    public var tally: PingSweepStatistics.Tally
    /// The results of the latest probes, oldest first, at most `PingSweepConfiguration.recentCount`.
    public var recent: [Result]
    /// The reason for no reply to the last probes, as a router, the link or the target reported it.
    public var reason: String?
}
