import HostStack
import PacketEngine
import WireFormat

/// Finds open TCP ports by half-open connections: a SYN to each port, and a reset to each that replies with SYN-ACK
/// (RFC 9293, section 3.5). The sequence number of a probe verifies the reply.
struct SYNScanMethod: ScanMethod {
    static var silence: ScanState { .filtered }

    private let cookie: ScanCookie
    /// The SYNs, by route.
    private let probes: [PacketTemplate]
    private let connects: Bool
    private let banners: BannerCollector?

    init(_ configuration: ScanConfiguration, source: SourceHost?) {
        cookie = ScanCookie(key: configuration.key)
        connects = configuration.connects
        let timestamp = UInt32(truncatingIfNeeded: configuration.key(0))
        probes = PacketTemplate.templates(.syn, for: configuration, timestamp: timestamp)
        banners = configuration.readsBanners ? source.map { BannerCollector(at: $0, timestamp: timestamp) } : nil
    }

    @inline(__always)
    mutating func append(_ probe: ScanProbe, token: UInt64, to batch: inout PacketBatch) -> Bool {
        // Access through the span: copying the template would retain its references twice per probe.
        let templates = probes.span
        let sequence = cookie.sequence(
            source: templates[probe.route].source, sourcePort: probe.sourcePort, destination: probe.target,
            destinationPort: probe.port)
        return templates[probe.route].append(
            to: &batch, token: token, target: probe.target, mac: probe.mac, sourcePort: probe.sourcePort,
            port: probe.port, sequence: sequence)
    }

    /// Reads a SYN-ACK or a reset that acknowledges our cookie (RFC 9293, section 3.10.7.3); a reset may carry data
    /// (RFC 9293, section 3.5.2).
    @inline(__always)
    mutating func read(_ payload: RawSpan, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket) -> ScanReply {
        guard let segment = ends.segment(payload, in: packet) else { return .refused }
        if let banners,
            banners.receive(
                from: TCPEndpoint(ends.source, segment.sourcePort),
                to: TCPEndpoint(ends.destination, segment.destinationPort), packet)
        {
            return .handled
        }
        let flags = segment.flags
        let isReset = flags.contains(.rst)
        guard flags.contains(.ack), isReset || flags.contains(.syn),
            segment.acknowledgmentNumber == sequence(answeredBy: segment, ends) &+ 1
        else { return .refused }
        return .state(
            isReset ? .closed : .open, isReset ? .reset : .synAck, port: segment.sourcePort,
            sourcePort: segment.destinationPort, halfOpen: isReset ? nil : segment.acknowledgmentNumber)
    }

    /// Adds the window and the options.
    func describe(_ found: inout ScanFinding, _ payload: RawSpan) {
        guard let segment = try? TCPView(payload) else { return }
        if !connects { found.window = segment.window }
        if found.state == .open { found.options = segment.options.copied() }
    }

    /// The sequence number of the probe that a segment answers.
    private func sequence(answeredBy segment: borrowing TCPView, _ ends: PacketEnds) -> UInt32 {
        cookie.sequence(
            source: ends.destination, sourcePort: segment.destinationPort, destination: ends.source,
            destinationPort: segment.sourcePort)
    }

    func state(ofError code: UInt8, quoting quote: borrowing DatagramView, from sender: IPAddress) -> ScanState? {
        guard let sourcePort = quote.sourcePort, let port = quote.destinationPort,
            quote.sequenceNumber
                == cookie.sequence(
                    source: quote.source, sourcePort: sourcePort, destination: quote.destination, destinationPort: port)
        else { return nil }
        return .filtered
    }

    var followUp: (any ScanFollowUp)? { banners }

    /// Reads the banner of a port by its SYN-ACK.
    func follow(_ payload: RawSpan, _ ends: PacketEnds, at now: Instant) -> Bool {
        guard let banners, let segment = try? TCPView(payload) else { return false }
        return banners.take(
            segment, from: ends.source, to: ends.destination, initial: sequence(answeredBy: segment, ends),
            mac: ends.mac, at: now)
    }
}
