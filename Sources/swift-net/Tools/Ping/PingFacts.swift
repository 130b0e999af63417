import SwiftNet

/// Properties of a ping that do not change while it runs.
struct PingFacts {
    /// The name of the target: the canonical name if it was given by name.
    var hostname: String
    var address: IPAddress
    /// The zone of a link-local address, printed after it.
    var zone: String?
    var source: IPAddress
    /// The interface of -I.
    var device: String?
    /// The outgoing interface, which may have been deleted when a transmission fails.
    var interface: String?
    /// Whether the source address was given.
    var hasFixedSource = false
    /// Whether several hosts may reply.
    var isMulticast = false
    /// The form of the probes.
    var format: PingProbeFormat
    var flowLabel: UInt32?
    var fragments: PingFragmentPlan?
    var pattern: [UInt8]?
    /// Whether names are looked up.
    var wantsNames = false
}

/// The output of the ping of one target.
protocol PingRunReport: Report where Observed == PingEngine, Event == PingEvent, Summary == PingSummary {}

extension PingRunReport {
    /// Returns iputils' status line, which starts in the first column.
    func status(_ engine: borrowing PingEngine, at now: Instant) -> String? {
        let summary = engine.summary
        let loss = Percent.whole(summary.transmitted - summary.received, of: summary.transmitted)
        var line = "\r\(summary.received)/\(summary.transmitted) packets, \(loss)% loss"
        let trips = summary.roundTrips
        if trips.count > 0 {
            let values = [trips.minimum, trips.average, trips.movingAverage, trips.maximum].map(Milliseconds.fixed)
            line += ", min/avg/ewma/max = \(values.joined(separator: "/")) ms"
        }
        return line
    }
}
