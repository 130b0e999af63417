import PacketEngine

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

/// The send times of a target's probes, and their round-trip times.
struct PingSweepProbes {
    private var sent: [Instant] = []
    /// Nil for a probe without a reply.
    private(set) var roundTrips: [Nanoseconds?] = []

    mutating func send(at instant: Instant) {
        sent.append(instant)
        roundTrips.append(nil)
    }

    /// The last probe was not sent.
    mutating func takeBack() {
        _ = sent.popLast()
        _ = roundTrips.popLast()
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
}
