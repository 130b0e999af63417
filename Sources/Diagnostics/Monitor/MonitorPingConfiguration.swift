import PacketEngine
import WireFormat

/// The targets that a monitor pings, each at an interval of its own.
public struct MonitorPingConfiguration: Sendable {
    /// One target; several may have the same address.
    public struct Target: Sendable {
        public var address: IPAddress
        /// The form of the probes; all targets have the same identifier.
        public var format: PingProbeFormat
        /// The time from one probe to the next, in `intervals`.
        public var interval: Nanoseconds
        /// The time after which a probe counts as lost: at least 1 ms, at most 1,024 intervals.
        public var timeout: Nanoseconds

        public init(
            address: IPAddress, format: PingProbeFormat, interval: Nanoseconds = .seconds(1),
            timeout: Nanoseconds = .seconds(1)
        ) {
            self.address = address
            self.format = format
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
