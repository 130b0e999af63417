import Diagnostics
import PacketEngine
import WireFormat

extension Arping {
    /// The parameters of arping.
    public struct Configuration: Sendable {
        public var mode = ArpingMode.ask
        /// The number of probes; nil for no limit.
        public var count: Int?
        /// The interval between probes.
        public var interval = Nanoseconds.seconds(1)
        /// Whether the number and the times of probes are those of RFC 5227, section 2.1.1, unless `count` is set.
        public var usesProbeTimes = false
        /// The maximum duration of the run, lookups included; nil for none.
        public var deadline: Nanoseconds?
        /// The number of replies that ends the run; nil for no limit.
        public var enough: Int?
        /// Whether the first reply ends the run.
        public var endsAtFirstAnswer = false

        // MARK: Link

        /// The interface; nil for that of the route to the target.
        public var interface: String?
        /// The sender IP address of probes; nil for the interface's address that is nearest to the target.
        public var source: IPv4Address?
        /// Whether `source` may be an address that this host does not have. It is used only if no host on the link replies
        /// to ARP for it; not for announcements, and not for a target that is a MAC address.
        public var checksUnownedSource = false
        /// The VLAN of probes, and the only one to receive, 0 to 4,094: 0 is a tag that has only a priority (IEEE 802.1Q).
        /// Nil for untagged frames.
        public var vlan: UInt16?
        /// The priority code point of the tag, 0 to 7.
        public var vlanPriority: UInt8 = 0
        /// The destination MAC address of probes from the start; nil for broadcast.
        public var targetMAC: MACAddress?
        /// For a target that is a MAC address: the destination IP address of echo requests. Nil for the address in the
        /// kernel's neighbor table, or the broadcast address.
        public var targetAddress: IPv4Address?
        /// Whether all probes are broadcast; otherwise, after a reply, probes are sent to the host that replied.
        public var staysBroadcast = false

        // MARK: Reports

        /// Whether to report probes without a reply.
        public var expectsAnswers = true
        /// Whether to report ignored replies and the reason.
        public var reportsIgnored = false

        public init(count: Int? = nil, interval: Nanoseconds = .seconds(1)) {
            self.count = count
            self.interval = interval
        }

        /// The tag of probes.
        var tag: VLANTag? { vlan.map { VLANTag(identifier: $0, priority: vlanPriority, etherType: .arp) } }

        /// Throws if a value is out of range, or does not apply to the kind of target.
        func check(_ target: ArpingTarget) throws(SwiftNetError) {
            try SwiftNetError.check(count, in: ArpingConfiguration.counts, "-c")
            try SwiftNetError.check(interval, in: ArpingConfiguration.leastInterval...Nanoseconds(.max), "-W")
            try SwiftNetError.check(vlan, in: VLANTag.identifiers, "--vlan")
            try SwiftNetError.check(vlanPriority, in: VLANTag.priorities, "-Q")
            guard case .station = target else {
                guard targetAddress == nil else {
                    throw SwiftNetError(.invalidArgument, nil, "-T requires a MAC address as target")
                }
                return
            }
            // An echo request has one destination, and announces nothing.
            let option: String? =
                switch mode {
                case .detectDuplicates: "-D"
                case .announceByRequest: "-U"
                case .announceByReply: "-A"
                case .ask: targetMAC == nil ? nil : "-t"
                }
            if let option {
                throw SwiftNetError(.invalidArgument, nil, "\(option) cannot be used with a MAC address as target")
            }
        }

        /// RFC 5227's check whether an address is free (section 2.1): it is free if no host replies.
        public static var addressCheck: Configuration {
            var configuration = Configuration()
            configuration.checkAddress()
            return configuration
        }

        /// Changes the run to RFC 5227's check whether an address is free.
        public mutating func checkAddress() {
            mode = .detectDuplicates
            usesProbeTimes = true
        }

        /// The announcement of an address of this host (RFC 5227, section 2.3).
        public static var announcement: Configuration {
            var configuration = Configuration()
            configuration.announce()
            return configuration
        }

        /// Changes the run to the announcement of an address of this host, `count` times or twice.
        public mutating func announce() {
            // ANNOUNCE_NUM and ANNOUNCE_INTERVAL.
            count = count ?? 2
            interval = .seconds(2)
            mode = .announceByRequest
            expectsAnswers = false
        }
    }
}
