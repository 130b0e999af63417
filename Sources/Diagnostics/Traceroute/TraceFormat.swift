import PacketEngine
import WireFormat

/// How the probes of a trace look, and how the quotes of them in errors are recognized.
///
/// All probes are one flow: addresses, ports and everything else that load
/// balancers hash stay the same (Augustin et al., "Avoiding traceroute anomalies
/// with Paris traceroute", 2006). A probe's number, its mark, travels where they
/// do not look: as the UDP checksum, which a word of the data makes come out so,
/// or as the ICMP sequence number, with the checksum held by a word of the data.
/// Over IPv4 it is the identification too, for routers and NATs that change the rest.
struct TraceFormat: Sendable {
    private let configuration: TraceConfiguration
    /// A probe with mark and time to live still missing.
    private let template: [UInt8]
    private let headerLength: Int
    /// The sum that the template's transport checksum would be.
    private let checksum: UInt16

    private var isIPv4: Bool { configuration.destination.family == .v4 }
    var packetLength: Int { template.count }

    init(_ configuration: TraceConfiguration) {
        self.configuration = configuration
        headerLength = configuration.destination.family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength
        let data = [UInt8](repeating: 0, count: max(configuration.packetLength - headerLength - 8, 2))
        let message = Self.message(configuration, data)
        checksum = Self.checksum(message, configuration)
        template = Self.header(configuration, payloadLength: message.count) + message
    }

    /// The transport header and its data, the checksum 0.
    private static func message(_ configuration: TraceConfiguration, _ data: [UInt8]) -> [UInt8] {
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
        }
    }

    private static func checksum(_ message: [UInt8], _ configuration: TraceConfiguration) -> UInt16 {
        var sum = InternetChecksum()
        let isICMPv4 = configuration.method == .icmp && configuration.destination.family == .v4
        if !isICMPv4 {
            _ = sum.addPseudoHeader(
                source: configuration.source, destination: configuration.destination,
                protocol: configuration.method == .udp ? .udp : .icmpv6, length: message.count)
        }
        sum.add(message.rawBytes)
        return sum.value
    }

    private static func header(_ configuration: TraceConfiguration, payloadLength: Int) -> [UInt8] {
        switch (configuration.source, configuration.destination) {
        case (.v4(let source), .v4(let destination)):
            return IPv4Header(
                source: source, destination: destination, protocol: configuration.method == .udp ? .udp : .icmp,
                payloadLength: payloadLength, timeToLive: 0, typeOfService: configuration.typeOfService,
                dontFragment: configuration.dontFragment
            ).encoded()
        case (.v6(let source), .v6(let destination)):
            return IPv6Header(
                source: source, destination: destination, nextHeader: configuration.method == .udp ? .udp : .icmpv6,
                payloadLength: payloadLength, hopLimit: 0, trafficClass: configuration.typeOfService,
                flowLabel: configuration.flowLabel
            ).encoded()
        default: return []
        }
    }

    // MARK: Sending

    /// The mark of a probe.
    func mark(_ number: Int) -> UInt16 { configuration.firstMark &+ UInt16(truncatingIfNeeded: number) }

    /// Appends a probe to the batch; false when that is full.
    func append(_ number: Int, timeToLive: UInt8, to batch: inout PacketBatch) -> Bool {
        batch.append(length: template.count, destination: configuration.destination, token: UInt64(number)) {
            bytes, start in
            write(&bytes, at: start, mark(number), timeToLive)
        }
    }

    @_lifetime(bytes: copy bytes)
    private func write(_ bytes: inout MutableRawSpan, at start: Int, _ mark: UInt16, _ timeToLive: UInt8) {
        bytes.copy(template, at: start)
        let transport = start + headerLength
        switch configuration.method {
        case .udp:
            // The data's first word brings the checksum to the mark: a + b = ~mark.
            let port = destinationPort(of: mark)
            let rest = InternetChecksum.updated(checksum, replacing: configuration.destinationPort, with: port)
            bytes.setBigEndian16(port, at: transport + 2)
            bytes.setBigEndian16(mark, at: transport + 6)
            bytes.setBigEndian16(Self.onesComplementSum(~mark, rest), at: transport + 8)
        case .icmp where !configuration.isOneFlow:
            let changed = InternetChecksum.updated(checksum, replacing: configuration.firstMark, with: mark)
            bytes.setBigEndian16(changed, at: transport + 2)
            bytes.setBigEndian16(mark, at: transport + 6)
        case .icmp:
            // It takes back what the sequence number adds, so that the checksum stays.
            bytes.setBigEndian16(checksum, at: transport + 2)
            bytes.setBigEndian16(mark, at: transport + 6)
            bytes.setBigEndian16(Self.onesComplementSum(configuration.firstMark, ~mark), at: transport + 8)
        }
        if isIPv4 {
            bytes.setBigEndian16(mark, at: start + 4)
            bytes.setByte(timeToLive, at: start + 8)
            bytes.setBigEndian16(0, at: start + 10)
            let sum = InternetChecksum.of(bytes.bytes.extracting(start..<transport))
            bytes.setBigEndian16(sum, at: start + 10)
        } else {
            bytes.setByte(timeToLive, at: start + 7)
        }
    }

    private func destinationPort(of mark: UInt16) -> UInt16 {
        configuration.isOneFlow
            ? configuration.destinationPort : configuration.destinationPort &+ (mark &- configuration.firstMark)
    }

    private static func onesComplementSum(_ left: UInt16, _ right: UInt16) -> UInt16 {
        let sum = UInt32(left) + UInt32(right)
        return UInt16(truncatingIfNeeded: (sum & 0xFFFF) + (sum >> 16))
    }

    // MARK: Recognizing

    /// A probe that an error quotes.
    struct Match {
        var number: Int
        /// It came to the error's sender with another source, source port or
        /// checksum than we sent. NATs that mend all of it in what they pass back stay unseen.
        var isTranslated: Bool
    }

    /// The probe that an error quotes; nil when it is none of this trace.
    func match(quotedBy error: borrowing ArrivedMessage) -> Match? {
        guard let quote = QuotedPacketView(error.data), quote.family == configuration.destination.family,
            quote.destination == configuration.destination
        else { return nil }
        switch configuration.method {
        case .udp: return matchUDP(quote)
        case .icmp:
            guard let echo = quote.icmp, echo.identifier == configuration.identifier,
                echo.type == (isIPv4 ? ICMPv4Type.echoRequest.rawValue : ICMPv6Type.echoRequest.rawValue),
                let number = number(ofMark: echo.sequenceNumber)
            else { return nil }
            return Match(number: number, isTranslated: quote.source != configuration.source)
        }
    }

    /// A NAT that changes the source changes the checksum with it, which can be
    /// undone; one that mends the source in the quote, but not the checksum,
    /// leaves the identification.
    private func matchUDP(_ quote: borrowing QuotedPacketView) -> Match? {
        guard let port = quote.destinationPort, let sourcePort = quote.sourcePort,
            let udp = quote.udpLengthAndChecksum, Int(udp.length) == template.count - headerLength
        else { return nil }
        let sent = Self.replacing(quote.source, with: configuration.source, in: udp.checksum)
        let checksum = InternetChecksum.updated(sent, replacing: sourcePort, with: configuration.sourcePort)
        guard let number = number(ofMark: checksum, port: port) ?? number(ofMark: quote.identification, port: port)
        else { return nil }
        return Match(
            number: number,
            isTranslated: quote.source != configuration.source || sourcePort != configuration.sourcePort
                || udp.checksum != mark(number))
    }

    private func number(ofMark mark: UInt16?, port: UInt16) -> Int? {
        guard let mark, port == destinationPort(of: mark) else { return nil }
        return number(ofMark: mark)
    }

    /// A checksum as it would be with the other address under it.
    private static func replacing(_ old: IPAddress, with new: IPAddress, in checksum: UInt16) -> UInt16 {
        switch (old, new) {
        case (.v4(let old), .v4(let new)):
            InternetChecksum.updated(checksum, replacing: UInt64(old.rawValue), with: UInt64(new.rawValue))
        case (.v6(let old), .v6(let new)):
            InternetChecksum.updated(
                InternetChecksum.updated(checksum, replacing: old.high, with: new.high),
                replacing: old.low, with: new.low)
        default: checksum
        }
    }

    /// The number of the probe that a message of the target answers.
    func number(answeredBy message: borrowing ArrivedMessage) -> Int? {
        let reply = isIPv4 ? ICMPv4Type.echoReply.rawValue : ICMPv6Type.echoReply.rawValue
        guard configuration.method == .icmp, message.type == reply, message.identifier == configuration.identifier,
            message.source == configuration.destination
        else { return nil }
        return number(ofMark: message.sequence)
    }

    private func number(ofMark mark: UInt16) -> Int? {
        let number = Int(mark &- configuration.firstMark)
        return number < configuration.probeCount ? number : nil
    }
}
