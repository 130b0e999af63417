import PacketEngine
import WireFormat

/// What a port is found to be.
public enum SYNScanState: String, Sendable, Hashable, CaseIterable {
    /// Somebody takes connections there.
    case open
    /// The host is there, and nobody takes connections.
    case closed
    /// Something on the way keeps the answer back, or the host does.
    case filtered
}

/// What a state is concluded from.
public enum SYNScanReason: Sendable, Hashable {
    case synAck
    case reset
    /// An error that quotes our probe.
    case icmp(type: UInt8, code: UInt8, from: IPAddress)
    case noResponse
}

/// One port of one host.
public struct SYNScanFinding: Sendable, Hashable {
    public var address: IPAddress
    public var port: UInt16
    public var state: SYNScanState
    public var reason: SYNScanReason
    /// When it was found.
    public var at: Instant
    /// Time to live or hop limit of the answer.
    public var hopLimit: UInt8?
    /// Nil where nothing came, or the probe was too long ago to be remembered.
    public var roundTrip: Nanoseconds?
    /// Of a segment: its window and its options as they came.
    public var window: UInt16?
    public var options: [UInt8] = []
    /// False for a silent port of an unreliable host.
    public var isReliable = true
}

/// A host whose silent ports may not be filtered, because it answers only some probes.
public struct UnreliableHost: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// It answers at a pace of its own.
        case limitsAnswers
        /// It sends resets at a pace of its own, and SYN-ACKs as they come.
        case limitsResets
        /// It answered the first probes, and none since.
        case stopsAnswering
        /// Its answers came to later tries more often than a lossy network explains.
        case answersLate
    }

    /// The host's address.
    public var address: IPAddress
    /// Why it is unreliable.
    public var reason: Reason
    /// Ports that answered.
    public var answered: Int
    /// Ports that answered no try, and are not known to be filtered.
    public var silent: Int
    /// Answers a second, where there were enough of them to tell.
    public var rate: Double?
    /// When it was first found to be unreliable.
    public var at: Instant
}

/// What a scan has to tell.
public enum SYNScanEvent: Sendable, Hashable {
    case finding(SYNScanFinding)
    /// What was said at an open port.
    case banner(SYNScanBanner)
    /// Answers were lost here; the scan goes on at this rate, in packets a second.
    case slowed(lost: UInt64, rate: Double)
    /// Told at the end, of every host whose silent ports are not known to be filtered.
    case unreliable(UnreliableHost)
    /// Another machine says that it has our unowned source address.
    case conflict(IPAddress, MACAddress)
}

/// How a scan stands, or ended.
public struct SYNScanSummary: Sendable {
    public var hosts = 0
    public var ports = 0
    /// Probes to do, each counted once.
    public var probes: UInt64 = 0
    /// Packets sent, repetitions included.
    public var sent: UInt64 = 0
    /// Those of them that are probes at the scan's rate; the others are slower, answer, or hear banners.
    public var sentProbes: UInt64 = 0
    public var retransmitted: UInt64 = 0
    /// Answers to this scan, the further ones of one port included.
    public var received: UInt64 = 0
    /// Ports that answered a later try and not the first: what was lost, or came late.
    public var answeredLater: UInt64 = 0
    /// Packets that came to our ports and do not answer a probe: forged, late from another scan, broken.
    public var refused: UInt64 = 0
    public var open: UInt64 = 0
    public var closed: UInt64 = 0
    public var filtered: UInt64 = 0
    /// Those of the filtered ports that are silent ones of unreliable hosts: not known to be filtered.
    public var unresolved: UInt64 = 0
    /// Hosts that have such ports.
    public var unreliable = 0
    /// Open ports at which something was said.
    public var banners: UInt64 = 0
    /// Packets that the system would not send.
    public var failed: UInt64 = 0
    /// Answers that were lost here.
    public var overflowed: UInt64 = 0
    public var firstFailure: TransmissionFailure?
    public var isCutShort = false
    public var elapsed = Nanoseconds.zero
    /// From the first probe to the last.
    public var sending = Nanoseconds.zero

    /// Probes that are decided.
    public var decided: UInt64 { open + closed + filtered }
    /// Probes a second while it sent them.
    public var rate: Double { sending > .zero ? Double(sentProbes) / sending.seconds : 0 }
}
