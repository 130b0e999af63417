import HeapModule
import PacketEngine
import WireFormat

/// Connects to TCP ports without end, and measures the time from the SYN to the SYN-ACK.
///
/// As in `MonitorPingEngine`, the schedule is absolute and spread over the interval. A connection is closed as soon as it
/// is established. A port that refuses it has no sample of a round trip: nothing can be used there.
public struct MonitorConnectEngine: StreamEngine, ~Copyable {
    public let configuration: MonitorConnectConfiguration
    public private(set) var summary = MonitorProbeSummary()

    private var targets: [Target]
    private var agenda = Heap<Appointment>()
    /// The connections that are being established.
    private var probes: [StreamIdentifier: Probe] = [:]
    private var nextStream: UInt64 = 1
    private var started: Instant?
    private var isStopping = false
    /// The streams that nothing is expected of any more.
    private var finished: [StreamIdentifier] = []
    private var events: [MonitorProbeEvent] = []

    /// A name is looked up again after this time, and after a failure sooner.
    private static let lookupPeriod = Nanoseconds.seconds(60)
    private static let lookupRetryPeriod = Nanoseconds.seconds(10)

    private struct Target {
        let host: MonitorConnectConfiguration.Target.Host
        let port: UInt16
        /// Where to connect to, or why that is not known; nil until the first lookup has ended.
        var address: Result<ResolvedAddress, MonitorObstacle>?
    }

    private struct Probe {
        var target: Int
        var due: Instant
        var sent: Instant
    }

    private struct Appointment: Comparable {
        enum Work: Comparable {
            case connect(Int)
            case lookUp(String)
            case giveUp(UInt64)
        }

        var time: Instant
        var work: Work

        static func < (left: Self, right: Self) -> Bool { (left.time, left.work) < (right.time, right.work) }
    }

    public init(_ configuration: MonitorConnectConfiguration) {
        var configuration = configuration
        let limits = MonitorPingConfiguration.intervals
        configuration.interval = min(max(configuration.interval, limits.lowerBound), limits.upperBound)
        configuration.timeout = max(configuration.timeout, .milliseconds(1))
        self.configuration = configuration
        targets = configuration.targets.map { target in
            switch target.host {
            case .address(let address, let zone):
                Target(host: target.host, port: target.port, address: .success(ResolvedAddress(address, zone: zone)))
            case .name: Target(host: target.host, port: target.port)
            }
        }
    }

    // MARK: Schedule

    public mutating func advance(_ requests: inout [StreamRequest], at now: Instant) -> Deadline {
        if started == nil { begin(at: now) }
        for stream in finished { requests.append(.close(stream)) }
        finished.removeAll(keepingCapacity: true)
        if isStopping || end.map({ $0 <= now }) ?? false {
            for stream in probes.keys { requests.append(.close(stream)) }
            probes.removeAll()
            return .finished
        }
        while let next = agenda.min, next.time <= now {
            agenda.removeMin()
            switch next.work {
            case .lookUp(let name): requests.append(.resolve(name))
            case .giveUp(let number): giveUp(StreamIdentifier(number), &requests)
            case .connect(let index): connect(index, due: next.time, at: now, &requests)
            }
        }
        guard let next = agenda.min else { return .finished }
        return .earliest(.at(next.time), end.map { .at($0) } ?? .never)
    }

    private var end: Instant? {
        guard let started, let duration = configuration.duration else { return nil }
        return started + duration
    }

    private mutating func begin(at now: Instant) {
        started = now
        for index in targets.indices {
            let first = now + MonitorPingEngine.phase(of: index, in: configuration.interval)
            agenda.insert(Appointment(time: first, work: .connect(index)))
        }
        let names = Set(targets.compactMap { if case .name(let name) = $0.host { name } else { nil } })
        for name in names { agenda.insert(Appointment(time: now, work: .lookUp(name))) }
    }

    private mutating func connect(_ index: Int, due: Instant, at now: Instant, _ requests: inout [StreamRequest]) {
        let interval = configuration.interval
        // Probes that this host missed are not made up for.
        let missed = (now - due).count / interval.count
        let due = due + Nanoseconds(missed * interval.count)
        if missed > 0 {
            summary.skipped += Int(missed)
            events.append(
                .skipped(target: index, count: Int(missed), due: due - Nanoseconds(missed * interval.count)))
        }
        agenda.insert(Appointment(time: due + interval, work: .connect(index)))
        switch targets[index].address {
        case nil: return
        case .failure(let obstacle):
            summary.transmitted += 1
            report(Probe(target: index, due: due, sent: now), .failed(obstacle.reason))
        case .success(let address):
            let stream = StreamIdentifier(nextStream)
            nextStream += 1
            summary.transmitted += 1
            probes[stream] = Probe(target: index, due: due, sent: now)
            let port = targets[index].port
            requests.append(.open(stream, .tcp(address.address, zone: address.zone, port: port)))
            agenda.insert(Appointment(time: now + configuration.timeout, work: .giveUp(stream.number)))
        }
    }

    private mutating func giveUp(_ stream: StreamIdentifier, _ requests: inout [StreamRequest]) {
        guard let probe = probes.removeValue(forKey: stream) else { return }
        requests.append(.close(stream))
        report(probe, .lost)
    }

    private mutating func report(_ probe: Probe, _ result: MonitorSample.Result) {
        summary.add(result)
        events.append(.sample(MonitorSample(target: probe.target, due: probe.due, sent: probe.sent, result: result)))
    }

    // MARK: Results

    public mutating func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at instant: Instant) {
        finished.append(stream)
        guard var probe = probes.removeValue(forKey: stream) else { return }
        probe.sent = opening.began
        report(probe, .reply(roundTrip: max(instant - opening.began, .zero), hopLimit: nil))
    }

    public mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at instant: Instant) {
        guard let probe = probes.removeValue(forKey: stream) else { return }
        report(probe, failure == .timedOut ? .lost : .failed(failure.description))
    }

    public mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at instant: Instant
    ) {
        var isFound = false
        for index in targets.indices where targets[index].host == .name(name) {
            let current = try? targets[index].address?.get()
            switch answer {
            case .success(let addresses):
                guard let first = addresses.first else { continue }
                isFound = true
                // Name servers change the order of addresses: that is no move.
                if let current, addresses.contains(current) { continue }
                targets[index].address = .success(first)
                events.append(.moved(target: index, from: current?.address, to: first.address))
            case .failure(let failure):
                // An address that was good a minute ago is better than none.
                if current == nil { targets[index].address = .failure(MonitorObstacle(failure.message)) }
            }
        }
        let period = isFound ? Self.lookupPeriod : Self.lookupRetryPeriod
        agenda.insert(Appointment(time: instant + period, work: .lookUp(name)))
    }

    public mutating func queried(
        _ name: String, _ answer: Result<ServiceRecords, NameFailure>, at instant: Instant
    ) {}

    public mutating func received(_ bytes: RawSpan, on stream: StreamIdentifier, at instant: Instant) {}
    public mutating func ended(_ stream: StreamIdentifier, at instant: Instant) {}

    public mutating func stop(at now: Instant) { isStopping = true }

    public mutating func drain(_ report: (MonitorProbeEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
