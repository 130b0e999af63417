import PacketEngine
import WireFormat

/// The fields that differ between probes of a trace, besides the number.
struct TracePacket: Hashable, Sendable {
    var timeToLive: UInt8
    /// The flow; load balancers may route each on another path. 0 is the flow of plain traces.
    var flow = 0
    /// The packet length in bytes.
    var length: Int
}

/// The wire format of a trace's probes.
///
/// All probes of a flow have the same addresses, ports and other fields that load balancers hash (Augustin et al.,
/// "Avoiding traceroute anomalies with Paris traceroute", 2006). A probe's number, as its mark, is carried in a field
/// that they do not hash: in the UDP checksum, which a word of the data adjusts; in the ICMP sequence number, with the
/// checksum kept constant by a word of the data; or in the TCP sequence number. Over IPv4 the identification carries it
/// too, for routers and NATs that change the other fields.
struct TraceFormat: Sendable {
    let configuration: TracerouteConfiguration
    /// The longest probe, without mark and time to live.
    let template: [UInt8]
    let headerLength: Int
    /// The default length of a probe, in bytes.
    let usualLength: Int
    /// The transport checksum of a probe of the default length in the first flow.
    let checksum: UInt16

    /// The length of the longest unfragmented packet, in bytes; 0 for no limit.
    private(set) var unfragmentedLength: Int

    var isIPv4: Bool { configuration.destination.family == .v4 }
    var maximumLength: Int { template.count }

    init(_ configuration: TracerouteConfiguration) {
        self.configuration = configuration
        unfragmentedLength = configuration.unfragmentedLength
        // Header options count: the requested length is that of the whole packet.
        headerLength = Self.header(configuration, payloadLength: 0).count
        let message = Self.message(configuration, length: configuration.packetLength - headerLength)
        usualLength = headerLength + message.count
        checksum = Self.checksum(message, configuration)
        let longest = configuration.method == .tcp ? usualLength : max(configuration.longestPacket, usualLength)
        template =
            Self.header(configuration, payloadLength: message.count) + message
            + [UInt8](repeating: 0, count: longest - usualLength)
    }

    /// The transport header and its data (none for TCP), with checksum 0.
    private static func message(_ configuration: TracerouteConfiguration, length: Int) -> [UInt8] {
        let data = [UInt8](repeating: 0, count: max(length - 8, 2))
        switch configuration.method {
        case .udp:
            return UDPDatagram(
                sourcePort: configuration.sourcePort, destinationPort: configuration.destinationPort, data: data
            ).encoded()
        case .icmp:
            let echo = ICMPEcho(
                identifier: configuration.identifier, sequenceNumber: configuration.firstMark, data: data)
            guard configuration.destination.family == .v4 else { return ICMPv6Message(.echoRequest(echo)).encoded() }
            var message = ICMPv4Message(.echoRequest(echo))
            message.checksum = 0
            return message.encoded()
        case .tcp:
            // The options of Linux's SYN in Linux's order, which middleboxes expect.
            return TCPSegment(
                sourcePort: configuration.sourcePort, destinationPort: configuration.destinationPort,
                sequenceNumber: UInt32(configuration.sequenceSecret) << 16,
                flags: configuration.asksForECN ? [.syn, .ece, .cwr] : .syn,
                options: TCPOptions([
                    .maximumSegmentSize(
                        configuration.maximumSegmentSize
                            ?? (configuration.destination.family == .v4 ? 1_460 : 1_440)),
                    .selectiveAcknowledgmentPermitted,
                    .timestamps(
                        value: UInt32(configuration.sequenceSecret) << 8 | UInt32(configuration.identifier),
                        echoReply: 0),
                    .noOperation, .windowScale(7),
                ])
            ).encoded()
        }
    }

    private static func checksum(_ message: [UInt8], _ configuration: TracerouteConfiguration) -> UInt16 {
        var sum = InternetChecksum()
        let isICMPv4 = configuration.method == .icmp && configuration.destination.family == .v4
        if !isICMPv4 {
            _ = sum.addPseudoHeader(
                source: configuration.source, destination: configuration.destination,
                protocol: configuration.method.protocol(configuration.destination.family), length: message.count)
        }
        sum.add(message.rawBytes)
        return sum.value
    }

    private static func header(_ configuration: TracerouteConfiguration, payloadLength: Int) -> [UInt8] {
        let number = configuration.method.protocol(configuration.destination.family)
        switch (configuration.source, configuration.destination) {
        case (.v4(let source), .v4(let destination)):
            // With a source route the IP header has the first gateway, and the option the addresses after it (RFC 791).
            let route = configuration.gateways + [destination]
            let options =
                configuration.gateways.isEmpty
                ? IPv4Options() : IPv4Options([.looseSourceRoute(IPv4RouteData(slots: Array(route.dropFirst())))])
            return IPv4Header(
                source: source, destination: route[0], protocol: number, payloadLength: payloadLength, timeToLive: 0,
                typeOfService: configuration.typeOfService, dontFragment: configuration.dontFragment, options: options
            ).encoded()
        case (.v6(let source), .v6(let destination)):
            return IPv6Header(
                source: source, destination: destination, nextHeader: number, payloadLength: payloadLength,
                hopLimit: 0, trafficClass: configuration.typeOfService, flowLabel: configuration.flowLabel
            ).encoded()
        default: return []
        }
    }

    // MARK: Marks and fragments

    /// The minimum MTU of an IPv6 link, in bytes (RFC 8200, section 5).
    private static let minimumMTU = 1_280

    /// The length of the IPv6 fragment header, in bytes (RFC 8200, section 4.5).
    private static let fragmentHeaderLength = 8

    /// Marks are 1 to 0xFFFE, because a checksum cannot distinguish 0 from 0xFFFF; they are reused cyclically.
    static let markCount = 0xFFFE

    /// Returns the mark of a probe.
    func mark(_ number: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: 1 + (Int(configuration.firstMark) - 1 + number) % Self.markCount)
    }

    /// Whether a packet of `length` bytes must be fragmented.
    func exceedsLink(_ length: Int) -> Bool { unfragmentedLength > 0 && length > unfragmentedLength }

    /// The number of packets of the longest probe.
    var packetsPerProbe: Int {
        guard !configuration.dontFragment, unfragmentedLength > 0 else { return 1 }
        let mtu = isIPv4 ? unfragmentedLength : min(unfragmentedLength, Self.minimumMTU)
        guard maximumLength > mtu else { return 1 }
        let headers = headerLength + (isIPv4 ? 0 : Self.fragmentHeaderLength)
        return Fragmentation.pieces(
            dataLength: maximumLength - headerLength, mtu: mtu, firstHeaderLength: headers,
            laterHeaderLength: headers)?.count ?? 1
    }

    /// Takes the MTU that a router reports; IPv6 routers do not fragment. Returns whether the probe may get through in
    /// smaller fragments.
    mutating func adopt(_ mtu: Int) -> Bool {
        guard !isIPv4, !configuration.dontFragment, mtu >= Self.minimumMTU,
            unfragmentedLength == 0 || mtu < unfragmentedLength
        else { return false }
        unfragmentedLength = mtu
        return true
    }

    /// Returns the fragments of a probe in order (RFC 791, section 2.3; RFC 8200, section 4.5); nil if it cannot be
    /// fragmented.
    func fragments(_ number: Int, _ packet: TracePacket) -> [[UInt8]]? {
        let length = min(packet.length, template.count)
        var whole = Array(template.prefix(length))
        whole.withMutableBytes { bytes in write(number, packet, length, &bytes, at: 0) }
        let mtu = unfragmentedLength
        guard !isIPv4 else { return try? Fragmentation.fragments(of: whole, mtu: mtu) }
        guard let view = try? IPv6View(whole.rawBytes) else { return nil }
        return Fragmentation.fragments(
            of: IPv6Header(view), Array(whole.dropFirst(headerLength)), mtu: mtu,
            identification: UInt32(configuration.sequenceSecret) << 16 | UInt32(mark(number)))
    }

    /// The number of bytes after the IP header.
    func messageLength(_ length: Int) -> UInt16 { UInt16(truncatingIfNeeded: length - headerLength) }

    func sourcePort(ofFlow flow: Int) -> UInt16 { Self.port(configuration.sourcePort, advancedBy: flow) }

    /// Without Paris mode the port counts up.
    func destinationPort(of number: Int) -> UInt16 {
        configuration.isOneFlow
            ? configuration.destinationPort : Self.port(configuration.destinationPort, advancedBy: number)
    }

    /// After the last port it continues above the well-known ports.
    private static func port(_ first: UInt16, advancedBy count: Int) -> UInt16 {
        let port = Int(first) + count
        let wrapped = port <= 0xFFFF ? port : 1_024 + (port - 0x1_0000) % (0x1_0000 - 1_024)
        return UInt16(truncatingIfNeeded: wrapped)
    }
}
