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
    var fragments: PingFragmentPlan?
    var pattern: [UInt8]?
    /// Names of the addresses that answer are wanted.
    var wantsNames = false
}

/// How one target's ping is reported.
protocol PingRunReport: Report where Observed == PingEngine, Event == PingEvent, Summary == PingSummary {}

extension PingRunReport {
    /// iputils' line, which begins at the terminal's first column.
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
