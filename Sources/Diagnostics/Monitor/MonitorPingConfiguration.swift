import PacketEngine
import WireFormat

/// The targets that a monitor pings, each at an interval of its own.
public struct MonitorPingConfiguration: Sendable {
    /// An address, and the probes to it.
    public struct Destination: Sendable {
        public var address: IPAddress
        /// The form of the probes; all targets have the same identifier.
        public var format: PingProbeFormat

        public init(address: IPAddress, format: PingProbeFormat) {
            self.address = address
            self.format = format
        }
    }

    /// One target; several may have the same address.
    public struct Target: Sendable {
        /// Nil for a name that is not resolved yet; the target has no samples until it is, or turns out to fail.
        public var destination: Destination?
        /// The time from one probe to the next, in `intervals`.
        public var interval: Nanoseconds
        /// The time after which a probe counts as lost: at least 1 ms, at most 1,024 intervals.
        public var timeout: Nanoseconds

        public init(
            _ destination: Destination?, interval: Nanoseconds = .seconds(1), timeout: Nanoseconds = .seconds(1)
        ) {
            self.destination = destination
            self.interval = interval
            self.timeout = timeout
        }
    }

    public var targets: [Target]
    /// The length of the run; nil for no limit.
    public var duration: Nanoseconds?

    public init(targets: [Target]) { self.targets = targets }

    /// The intervals that are possible.
    public static let intervals = Nanoseconds.milliseconds(10)...Nanoseconds.seconds(86_400)
}
