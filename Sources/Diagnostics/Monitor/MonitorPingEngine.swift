import HeapModule
import PacketEngine
import WireFormat

/// Pings many targets without end, each on a schedule of its own.
///
/// The schedule is absolute: a probe is due a whole number of intervals after the first, whatever happened to others.
/// The first probes are spread over the interval, so that many targets are a steady trickle of packets and no burst
/// whose end waits for its beginning.
public struct MonitorPingEngine: Engine, ~Copyable {
    public let configuration: MonitorPingConfiguration
    public private(set) var summary = MonitorProbeSummary()

    /// Kept, because the loop asks for it at each step.
    public private(set) var maximumPacketLength: Int
    var targets: [Target]
    /// The targets with an address.
    var indices: [IPAddress: [Int]]
    private var agenda = Heap<Appointment>()
    private var started: Instant?
    private var isStopping = false
    /// Probes whose time is over, and since when: their replies may wait in the kernel, if this host slept meanwhile.
    private var doubted: [(target: Int, attempt: UInt32)] = []
    private var doubtedSince: Instant?
    /// Whether a packet was received since the last call of `transmit`.
    var hasReceived = false
    private var events: [MonitorProbeEvent] = []

    /// What is to be done for a target: its next probe, or the end of the wait for a reply.
    private struct Appointment: Comparable {
        var time: Instant
        var target: Int
        /// The probe that is lost by then; 0 for the next probe.
        var attempt: UInt32

        static func < (left: Self, right: Self) -> Bool {
            (left.time, left.target, left.attempt) < (right.time, right.target, right.attempt)
        }
    }

    /// A target and its latest probes.
    struct Target {
        /// Where probes go, or why there are none: nil while the target has no samples either.
        var destination: Result<MonitorPingConfiguration.Destination, MonitorObstacle>?
        let interval: Nanoseconds
        let timeout: Nanoseconds
        /// The number of probes, and so the number of the last one.
        var attempts: UInt32 = 0
        /// The number of the last probe whose sample was reported.
        var reported: UInt32 = 0
        /// The latest probes, by their number modulo the count: more than can wait for a reply at a time.
        var probes: [Probe]

        /// Returns the latest probe with a sequence number, which is the lower half of its number; nil if there is none.
        func attempt(ofSequence sequence: UInt16) -> UInt32? {
            let age = UInt32(UInt16(truncatingIfNeeded: attempts) &- sequence)
            return age < attempts && age < UInt32(probes.count) ? attempts - age : nil
        }

        subscript(attempt: UInt32) -> Probe {
            get { probes[Int(attempt) % probes.count] }
            set { probes[Int(attempt) % probes.count] = newValue }
        }
    }

    struct Probe {
        var due: Instant
        var sent: Instant
        /// Nil while it waits for a reply.
        var result: MonitorSample.Result?
        /// Whether a reply arrived, in time or late.
        var isAnswered = false
    }

    public init(_ configuration: MonitorPingConfiguration) {
        self.configuration = configuration
        targets = configuration.targets.map { target in
            let limits = MonitorPingConfiguration.intervals
            let interval = min(max(target.interval, limits.lowerBound), limits.upperBound)
            // Twice the number that can wait at a time, so that late replies find their probes, and those in doubt.
            let longest = Nanoseconds(interval.count * Self.mostWaiting)
            let timeout = min(max(target.timeout, .milliseconds(1)), longest)
            let waiting = Int(timeout.count / interval.count + 2)
            let none = Probe(due: Instant(nanoseconds: 0), sent: Instant(nanoseconds: 0), result: .lost)
            let count = 2 * waiting + Int(Self.doubtTime.count / interval.count)
            return Target(
                destination: target.destination.map { .success($0) }, interval: interval, timeout: timeout,
                probes: [Probe](repeating: none, count: count))
        }
        let destinations = configuration.targets.map(\.destination)
        maximumPacketLength = destinations.compactMap { $0?.format.packetLength }.max() ?? 0
        indices = [:]
        for (index, destination) in destinations.enumerated() {
            if let destination { indices[destination.address, default: []].append(index) }
        }
    }

    /// The maximum number of a target's probes that wait for a reply.
    private static let mostWaiting: Int64 = 1_024

    public var batchCapacity: Int { 64 }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if started == nil { begin(at: now) }
        if isStopping || end.map({ $0 <= now }) ?? false { return .finished }
        settleDoubts(at: now)
        while let next = agenda.min, next.time <= now {
            if next.attempt > 0 {
                agenda.removeMin()
                doubt(next.attempt, of: next.target, at: now)
            } else {
                let interval = targets[next.target].interval
                // Probes that this host missed are not made up for: they would be a burst, and measure now, not then.
                let missed = (now - next.time).count / interval.count
                let due = next.time + Nanoseconds(missed * interval.count)
                guard batch.room > 0, send(next.target, due: due, to: &batch, at: now) else { return .at(now) }
                if missed > 0 {
                    summary.skipped += Int(missed)
                    emit(.skipped(target: next.target, count: Int(missed), due: next.time))
                }
                agenda.replaceMin(with: Appointment(time: due + interval, target: next.target, attempt: 0))
            }
        }
        guard doubted.isEmpty else { return .at(now) }
        guard let next = agenda.min else { return .finished }
        return .earliest(.at(next.time), end.map { .at($0) } ?? .never)
    }

    private var end: Instant? {
        guard let started, let duration = configuration.duration else { return nil }
        return started + duration
    }

    private mutating func begin(at now: Instant) {
        started = now
        for (index, target) in targets.enumerated() {
            let first = now + Self.phase(of: index, in: target.interval)
            agenda.insert(Appointment(time: first, target: index, attempt: 0))
        }
    }

    /// Returns the offset of a target's probes: a multiple of the golden ratio, which spreads any number of targets, and
    /// leaves each where it is when others are added.
    static func phase(of index: Int, in interval: Nanoseconds) -> Nanoseconds {
        // 2^64 divided by the golden ratio.
        let share = UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15
        return Nanoseconds(Int64(clamping: share.multipliedFullWidth(by: UInt64(interval.count)).high))
    }

    /// - Returns: false, with nothing sent, if the batch has too little room.
    private mutating func send(_ index: Int, due: Instant, to batch: inout PacketBatch, at now: Instant) -> Bool {
        guard case .success(let destination)? = targets[index].destination else {
            if case .failure(let obstacle)? = targets[index].destination { note(obstacle, of: index, due, at: now) }
            return true
        }
        let format = destination.format
        let timeout = targets[index].timeout
        let attempt = targets[index].attempts &+ 1
        let sequence = UInt16(truncatingIfNeeded: attempt)
        var fields = PingProbeFields(
            destination: destination.address, sequence: sequence,
            identification: sequence &+ format.header.firstIdentification)
        fields.cookie = format.cookie(UInt64(index), UInt64(attempt))
        guard format.append(fields, token: UInt64(index) << 32 | UInt64(attempt), to: &batch) else { return false }
        summary.transmitted += 1
        targets[index].attempts = attempt
        targets[index][attempt] = Probe(due: due, sent: now)
        // Later than what is due now: the first of the agenda stays the first.
        agenda.insert(Appointment(time: now + timeout, target: index, attempt: attempt))
        return true
    }

    /// A probe that cannot be sent has a sample too.
    private mutating func note(_ obstacle: MonitorObstacle, of index: Int, _ due: Instant, at now: Instant) {
        let attempt = targets[index].attempts &+ 1
        targets[index].attempts = attempt
        targets[index][attempt] = Probe(due: due, sent: now)
        decide(attempt, of: index, .failed(obstacle.reason))
    }

    private mutating func doubt(_ attempt: UInt32, of index: Int, at now: Instant) {
        guard isRecent(attempt, of: index), targets[index][attempt].result == nil else { return }
        doubted.append((index, attempt))
        doubtedSince = doubtedSince ?? now
    }

    /// The longest time for which received packets postpone the result of a probe.
    private static let doubtTime = Nanoseconds.milliseconds(100)

    /// Reports probes as lost when everything that arrived was read.
    private mutating func settleDoubts(at now: Instant) {
        defer { hasReceived = false }
        guard let since = doubtedSince, !hasReceived || now - since > Self.doubtTime else { return }
        for (index, attempt) in doubted { decide(attempt, of: index, .lost) }
        doubted.removeAll(keepingCapacity: true)
        doubtedSince = nil
    }

    /// Whether a probe is among those that are kept.
    func isRecent(_ attempt: UInt32, of index: Int) -> Bool {
        attempt > 0 && attempt <= targets[index].attempts
            && targets[index].attempts - attempt < UInt32(targets[index].probes.count)
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        let (index, attempt) = (Int(truncatingIfNeeded: token >> 32), UInt32(truncatingIfNeeded: token))
        guard targets.indices.contains(index), isRecent(attempt, of: index) else { return }
        targets[index][attempt].sent = instant
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        let (index, attempt) = (Int(truncatingIfNeeded: token >> 32), UInt32(truncatingIfNeeded: token))
        guard targets.indices.contains(index) else { return }
        decide(attempt, of: index, .failed(failure.description))
    }

    // MARK: Results

    /// Notes the result of a probe, if it has none. Samples are reported in the order of the probes.
    mutating func decide(_ attempt: UInt32, of index: Int, _ result: MonitorSample.Result) {
        guard isRecent(attempt, of: index), targets[index][attempt].result == nil else { return }
        targets[index][attempt].result = result
        while targets[index].reported < targets[index].attempts {
            let probe = targets[index][targets[index].reported + 1]
            guard let result = probe.result else { return }
            targets[index].reported += 1
            summary.add(result)
            emit(.sample(MonitorSample(target: index, due: probe.due, sent: probe.sent, result: result)))
        }
    }

    mutating func emit(_ event: MonitorProbeEvent) { events.append(event) }

    /// Pings a target at another address from its next probe on.
    public mutating func move(_ index: Int, to destination: MonitorPingConfiguration.Destination) {
        guard targets.indices.contains(index) else { return }
        let old = address(of: index)
        targets[index].destination = .success(destination)
        guard old != destination.address else { return }
        if let old { indices[old]?.removeAll { $0 == index } }
        indices[destination.address, default: []].append(index)
        maximumPacketLength = max(maximumPacketLength, destination.format.packetLength)
        emit(.moved(target: index, from: old, to: destination.address))
    }

    /// Sends a target no further probes; their samples give the reason.
    public mutating func suspend(_ index: Int, _ obstacle: MonitorObstacle) {
        guard targets.indices.contains(index) else { return }
        if let old = address(of: index) { indices[old]?.removeAll { $0 == index } }
        targets[index].destination = .failure(obstacle)
    }

    /// The address to which a target's probes go; nil if there are none.
    public func address(of index: Int) -> IPAddress? {
        guard targets.indices.contains(index) else { return nil }
        return try? targets[index].destination?.get().address
    }

    public mutating func stop(at now: Instant) { isStopping = true }

    public mutating func drain(_ report: (MonitorProbeEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
