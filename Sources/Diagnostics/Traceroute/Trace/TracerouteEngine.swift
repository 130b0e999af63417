import PacketEngine
import WireFormat

/// Finds the hops on the paths to one or more targets, which share the sockets and the send rate.
public struct TracerouteEngine: Engine, ~Copyable {
    public typealias Event = TracerouteEvent

    private var traces: [Trace]
    private var pacer = HopPacer()
    /// The target whose hops are reported, in the order given.
    private var reported = 0
    /// The number of its hops that were reported.
    private var reportedHops = 0
    private var events: [TracerouteEvent] = [.began(target: 0)]
    private var known: Set<IPAddress> = []

    public init(_ configurations: [TracerouteConfiguration]) {
        traces = configurations.enumerated().map { Trace($1, target: $0) }
    }

    public var maximumPacketLength: Int { traces.map(\.maximumPacketLength).max() ?? 0 }
    /// A pause in which a reply may show that the next probe is not needed.
    public var batchCapacity: Int { traces.map(\.packetsPerProbe).max() ?? 1 }

    /// Notes that the link to a target is down, or with nil that it is up again.
    public mutating func setLink(_ failure: TransmissionFailure?, ofTarget index: Int) {
        if traces.indices.contains(index) { traces[index].setLink(failure) }
    }

    /// Whether all targets replied.
    public var isReached: Bool { traces.allSatisfy(\.summary.isReached) }

    /// Whether this host could send every probe to the targets that did not reply.
    public var couldSend: Bool { traces.allSatisfy { $0.summary.isReached || $0.summary.unsent == 0 } }

    /// Returns the result of one target so far.
    public func summary(of target: Int) -> TracerouteSummary { traces[target].summary }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        var deadline = Deadline.never
        var isFinished = true
        for index in traces.indices {
            let next = traces[index].transmit(into: &batch, at: now, &pacer)
            if next != .finished { isFinished = false }
            deadline = .earliest(deadline, next)
        }
        report()
        return isFinished ? .finished : deadline
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        let target = TraceProber.target(of: token)
        if traces.indices.contains(target) { traces[target].transmitted(token, at: instant) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        let target = TraceProber.target(of: token)
        if traces.indices.contains(target) { traces[target].transmissionFailed(token, failure, at: instant) }
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        for index in traces.indices {
            guard let source = traces[index].receive(packet) else { continue }
            if known.insert(source).inserted { events.append(.answered(source)) }
            return
        }
    }

    // MARK: Reporting

    private mutating func report() {
        while reported < traces.count {
            for hop in traces[reported].hops[reportedHops...] { events.append(.hop(hop)) }
            reportedHops = traces[reported].hops.count
            guard traces[reported].isFinished else { return }
            events.append(.ended(target: reported, traces[reported].summary))
            reported += 1
            reportedHops = 0
            if reported < traces.count { events.append(.began(target: reported)) }
        }
    }

    public mutating func stop(at now: Instant) {
        for index in traces.indices { traces[index].stop(at: now) }
    }

    public mutating func drain(_ report: (TracerouteEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
