import SwiftNet

/// Facts about a ping that do not change while it runs.
struct PingFacts {
    /// The target as it is called: the canonical name where it was given by name.
    var hostname: String
    var address: IPAddress
    /// The zone of a link-local address, printed behind it.
    var zone: String?
    var source: IPAddress
    /// The interface that was asked for.
    var device: String?
    /// The interface that probes leave by, which may be gone when a send fails.
    var interface: String?
    /// The source address was asked for.
    var hasFixedSource = false
    /// Answers come from many.
    var isMulticast = false
    var identifier: UInt16
    var dataLength: Int
    /// Bytes of the whole packet, as ping counts them.
    var packetLength: Int
    var flowLabel: UInt32?
    var fragments: FragmentPlan?
    var pattern: [UInt8]?
    /// Names of the addresses that answer are wanted.
    var wantsNames = false
}

/// Shows what a ping finds.
protocol PingRenderer: AnyObject {
    func begin()
    func report(_ event: PingEvent)
    /// Gives names that have come in the meantime to lines that wait for them.
    /// - Parameter isStopped: no line waits any longer.
    /// - Returns: when to be called again at the latest.
    func update(at now: Instant, isStopped: Bool) -> Instant?
    /// - Parameter drops: replies that the kernel threw away here.
    func finish(_ summary: PingSummary, drops: KernelDrops)
}

/// Hands what an engine finds to a renderer, and signals to both.
struct PingObserver: EngineObserver {
    typealias Observed = PingEngine

    let console: Console
    let renderer: any PingRenderer

    mutating func report(_ event: PingEvent) { renderer.report(event) }

    mutating func step(_ engine: inout PingEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.status) {
            console.output.flush()
            console.errors.write("\r" + PingStatus.line(engine.summary) + "\n")
            console.errors.flush()
        }
        let next = renderer.update(at: now, isStopped: wakening.contains(.stop))
        console.output.flush()
        return next
    }

    /// Lines that wait for a name are printed before the summary.
    mutating func linger(at now: Instant) -> Instant? { renderer.update(at: now, isStopped: false) }
}

/// The line that SIGQUIT asks for.
enum PingStatus {
    static func line(_ summary: PingSummary) -> String {
        let loss = Percent.whole(summary.transmitted - summary.received, of: summary.transmitted)
        var line = "\(summary.received)/\(summary.transmitted) packets, \(loss)% loss"
        let trips = summary.roundTrips
        if trips.count > 0 {
            let values = [trips.minimum, trips.average, trips.movingAverage, trips.maximum].map(Milliseconds.fixed)
            line += ", min/avg/ewma/max = \(values.joined(separator: "/")) ms"
        }
        return line
    }
}
