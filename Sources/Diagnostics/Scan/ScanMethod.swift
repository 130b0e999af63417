import PacketEngine
import WireFormat

/// What one kind of scan adds to `ScanEngine`: its probes, and the meaning of the replies to them.
///
/// A method does not look up targets, count, pace, retry or judge hosts; the engine does. It verifies that a reply can
/// only come from a host that received its probe, because nothing else is trusted.
protocol ScanMethod {
    /// The state of a port that answers no try.
    static var silence: ScanState { get }

    /// Whether hosts usually limit the replies of their closed ports, so that a host with closed ports is always probed
    /// again at the rate of its replies before an unanswered port counts as such.
    static var limitsClosedReplies: Bool { get }

    /// - Parameter source: the host of a source address that the kernel does not own; nil if the kernel owns it.
    init(_ configuration: ScanConfiguration, source: SourceHost?)

    /// Appends a probe to a batch.
    /// - Returns: false if the batch is full.
    mutating func append(_ probe: ScanProbe, token: UInt64, to batch: inout PacketBatch) -> Bool

    /// Returns what a received packet of the configuration's protocol shows.
    /// - Parameter payload: the packet from its transport header on.
    mutating func read(_ payload: RawSpan, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket) -> ScanReply

    /// Adds what else the reply shows to a finding that is reported.
    func describe(_ found: inout ScanFinding, _ payload: RawSpan)

    /// Returns the state of a port by a destination unreachable message about a probe; nil if the quoted packet is not
    /// one of this scan.
    /// - Parameter code: the code of ICMPv4 or of ICMPv6, by the family of the sender.
    mutating func state(
        ofError code: UInt8, quoting quote: borrowing DatagramView, from sender: IPAddress
    ) -> ScanState?

    /// What happens with open ports after they are found; nil if nothing does.
    var followUp: (any ScanFollowUp)? { get }

    /// Follows up an open port, by its first reply; called only with a `followUp`.
    /// - Returns: false if that is impossible.
    mutating func follow(_ payload: RawSpan, _ ends: PacketEnds, at now: Instant) -> Bool
}

extension ScanMethod {
    static var limitsClosedReplies: Bool { false }

    func describe(_ found: inout ScanFinding, _ payload: RawSpan) {}

    var followUp: (any ScanFollowUp)? { nil }

    func follow(_ payload: RawSpan, _ ends: PacketEnds, at now: Instant) -> Bool { false }
}

/// A probe to send: its target, and its try by the source port.
struct ScanProbe: Sendable {
    /// The target, without the interface of a link-local address.
    var target: IPAddress
    var port: UInt16
    /// The index of its route.
    var route: Int
    /// The destination MAC address; nil if it is the same for all targets of the route.
    var mac: MACAddress?
    /// The source port, which identifies the try.
    var sourcePort: UInt16
}

/// What a received packet shows.
enum ScanReply: Sendable {
    /// It answers no probe.
    case refused
    /// It belongs to the connection of a follow-up.
    case handled
    /// It answers a probe from `sourcePort` to `port`. `halfOpen` is the sequence number of the reset that ends the
    /// half-open connection; nil if there is none.
    case state(ScanState, ScanReason, port: UInt16, sourcePort: UInt16, halfOpen: UInt32?)
}

/// The fields of a packet's outer headers.
struct PacketEnds: Sendable {
    var source: IPAddress
    var destination: IPAddress
    /// The time to live or hop limit; nil if the kernel does not report it.
    var hopLimit: UInt8?
    /// The sender's MAC address; the broadcast address on links without one.
    var mac: MACAddress

    /// Returns the TCP segment of the packet; nil if it is malformed or its checksum is incorrect.
    @inline(__always)
    @_lifetime(copy bytes)
    func segment(_ bytes: RawSpan, in packet: borrowing ReceivedPacket) -> TCPView? {
        guard let segment = try? TCPView(bytes),
            packet.hasPendingChecksum || segment.checksumState(source: source, destination: destination) == .correct
        else { return nil }
        return segment
    }
}

/// What a scan does with open ports beside its probes, such as reading their banners.
protocol ScanFollowUp: AnyObject {
    /// The time at which its next timer fires; nil if nothing is open or waits.
    var due: Instant? { get }
    /// Whether no port is open or waits.
    var isIdle: Bool { get }
    /// Whether the number of waiting ports is so high that the scan should pause.
    var isFull: Bool { get }

    /// Appends packets to send, those of the host of an unowned source address included.
    func transmit(into batch: inout PacketBatch, at now: Instant)

    /// Ends all connections; what was received so far counts.
    func stop(at now: Instant)

    /// Returns the ports whose connection ended, once, and whether it received data or was closed properly.
    func takeEnded() -> [(address: IPAddress, port: UInt16, isReal: Bool)]

    /// Passes the finished banners on, once.
    func drain(_ report: (ScanBanner) -> Void)
}
