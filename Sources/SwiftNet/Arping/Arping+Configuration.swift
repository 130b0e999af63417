import Diagnostics
import PacketEngine
import WireFormat

extension Arping {
    /// What is asked of a target, and how often.
    public struct Configuration: Sendable {
        public var mode = ArpingMode.ask
        /// Probes; nil for no end.
        public var count: Int?
        /// Between two probes.
        public var interval = Nanoseconds.seconds(1)
        /// The probes have the number and the times of RFC 5227, section 2.1.1, unless `count` is set.
        public var usesProbeTimes = false
        /// End of the run after its start, lookups included; nil for no end.
        public var deadline: Nanoseconds?
        /// Replies that end the run; nil for any number.
        public var enough: Int?
        /// The first reply ends the run.
        public var endsAtFirstAnswer = false

        // MARK: Where

        /// The interface; nil for that of the route to the target.
        public var interface: String?
        /// The sender's IP address in the probes; nil for the address of the interface that is nearest to the target.
        public var source: IPv4Address?
        /// The VLAN that probes are tagged for, and whose frames alone are received.
        public var tag: VLANTag?
        /// The host that probes are sent to from the start, instead of to all.
        public var targetMAC: MACAddress?
        /// For a target that is a MAC address: the destination of the echo requests. Nil for the address that the kernel
        /// knows it by, or the broadcast address.
        public var targetAddress: IPv4Address?
        /// Every probe is a broadcast; otherwise the host that replied is asked alone.
        public var staysBroadcast = false

        // MARK: Reports

        /// Report probes without a reply.
        public var expectsAnswers = true
        /// Report replies that were ignored, and why.
        public var reportsIgnored = false

        public init(count: Int? = nil, interval: Nanoseconds = .seconds(1)) {
            self.count = count
            self.interval = interval
        }

        /// The check whether an address is free (RFC 5227, section 2.1): it is when there was no reply.
        public static var addressCheck: Configuration {
            var configuration = Configuration()
            configuration.mode = .detectDuplicates
            configuration.usesProbeTimes = true
            return configuration
        }

        /// The announcement of an address of this host (RFC 5227, section 2.3).
        public static var announcement: Configuration {
            // ANNOUNCE_NUM and ANNOUNCE_INTERVAL.
            var configuration = Configuration(count: 2, interval: .seconds(2))
            configuration.mode = .announceByRequest
            configuration.expectsAnswers = false
            return configuration
        }
    }
}
