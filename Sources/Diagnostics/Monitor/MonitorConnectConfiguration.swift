import PacketEngine
import WireFormat

/// The ports that a monitor connects to, each at the same interval.
public struct MonitorConnectConfiguration: Sendable {
    /// A TCP port of a host.
    public struct Target: Hashable, Sendable {
        public enum Host: Hashable, Sendable {
            /// - Parameter zone: the interface index for a link-local address, else 0.
            case address(IPAddress, zone: UInt32)
            case name(String)
        }

        public var host: Host
        public var port: UInt16

        public init(host: Host, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    public var targets: [Target]
    /// The time from one connection to the next, in `MonitorPingConfiguration.intervals`.
    public var interval = Nanoseconds.seconds(10)
    /// The time after which a connection that is not established counts as lost: at least 1 ms.
    public var timeout = Nanoseconds.seconds(5)
    /// The length of the run; nil for no limit.
    public var duration: Nanoseconds?

    public init(targets: [Target]) { self.targets = targets }
}
