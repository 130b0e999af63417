import WireFormat

/// The entry points of the library for untrusted bytes. Each is run by the
/// fuzzer, and by the unit tests on the corpus and changes of it.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case frame, arp, ipv4, ipv6, icmp, icmpv6, igmp, udp, tcp, options, http, dns, dhcp, socks, pcap, pcapng, reassembly

    /// Runs the entry point.
    /// - Returns: the violated invariant, if any: a parsed value that does not write the same bytes.
    public func problem(_ bytes: RawSpan) -> String? {
        switch self {
        case .frame: Self.frame(bytes)
        case .arp: Self.arp(bytes)
        case .ipv4: Self.packet(bytes, .ipv4)
        case .ipv6: Self.packet(bytes, .ipv6)
        case .icmp: Self.icmp(bytes)
        case .icmpv6: Self.icmpv6(bytes)
        case .igmp: Self.igmp(bytes)
        case .udp: Self.udp(bytes)
        case .tcp: Self.tcp(bytes)
        case .options: Self.options(bytes)
        case .http: Self.http(bytes)
        case .dns: Self.dns(bytes)
        case .dhcp: Self.dhcp(bytes)
        case .socks: Self.socks(bytes)
        case .pcap, .pcapng: Self.capture(bytes)
        case .reassembly: Self.reassembly(bytes)
        }
    }

    /// Names are written without compression: parsing the output must give the same message.
    private static func dns(_ bytes: RawSpan) -> String? {
        guard let message = try? DNSMessage(bytes) else { return nil }
        for question in message.questions { _ = message.resolved(question.name, type: question.type) }
        for record in message.answers {
            if let problem = serviceBinding(record) { return problem }
        }
        let written = message.encoded()
        guard let again = try? DNSMessage(written.rawBytes) else { return "\(message) cannot be read again" }
        return again == message ? nil : "\(message) is read again as \(again)"
    }

    /// A service binding is written with the same bytes, and its text is printable.
    private static func serviceBinding(_ record: DNSMessage.Record) -> String? {
        guard let binding = try? record.serviceBinding(), case .other(let bytes) = record.data else { return nil }
        _ = (binding.obstacle?.description, binding.offersHTTP3, binding.port)
        guard binding.description.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return "\(binding) is not printable"
        }
        return compare("the record", binding.encoded(), bytes.rawBytes)
    }

    /// Every option has a name and a meaning, and lies within the message.
    private static func dhcp(_ bytes: RawSpan) -> String? {
        guard let view = try? DHCPView(bytes) else { return nil }
        let options = DHCPOptions(view)
        for (option, range) in zip(options.list, options.ranges) {
            _ = (option.name, option.value.description)
            guard range.lowerBound >= 44, range.upperBound <= bytes.byteCount else { return "\(option) lies outside" }
        }
        _ = (view.clientMAC, options.messageType, options.serverIdentifier, options.leaseTime)
        return compare("DHCP", DHCPMessage(view).encoded(), bytes)
    }

    /// The first byte selects the message.
    private static func socks(_ bytes: RawSpan) -> String? {
        guard bytes.byteCount > 0 else { return nil }
        let rest = bytes.dropping(1)
        switch bytes.byte(at: 0) {
        case 0: return socks(SOCKS4Request.self, rest)
        case 1: return socks(SOCKS4Reply.self, rest)
        case 2: return socks(SOCKS5Greeting.self, rest)
        case 3: return socks(SOCKS5Selection.self, rest)
        case 4: return socks(SOCKS5Credentials.self, rest)
        case 5: return socks(SOCKS5CredentialsReply.self, rest)
        default: return socks(SOCKS5Message.self, rest)
        }
    }

    /// A message is complete with its last byte, not before.
    private static func socks<Message: SOCKSMessage>(_ type: Message.Type, _ bytes: RawSpan) -> String? {
        guard let message = try? type.init(bytes) else { return nil }
        _ = "\(message)"
        let cut = bytes.prefix(message.byteCount - 1)
        if (try? type.init(cut)) != nil { return "\(message) is complete without its last byte" }
        return compare("the message", message.encoded(), bytes.prefix(message.byteCount))
    }

    private static func compare(_ what: String, _ written: [UInt8], _ read: RawSpan) -> String? {
        written == read.copied() ? nil : "\(what) writes \(written), read from \(read.copied())"
    }

    /// The first byte selects the link type, the rest is the packet.
    private static func frame(_ bytes: RawSpan) -> String? {
        guard bytes.byteCount > 0 else { return nil }
        let types: [LinkType] = [.ethernet, .rawIP, .linuxCooked, .linuxCooked2, .null, .loop, .ipv4, .ipv6]
        return packet(bytes.dropping(1), types[Int(bytes.byte(at: 0)) % types.count])
    }

    /// Everything that is done with a packet: walked, described three times, filtered, written again.
    private static func packet(_ bytes: RawSpan, _ linkType: LinkType) -> String? {
        let layers = PacketLayers(bytes, linkType: linkType)
        guard layers.end <= bytes.byteCount, layers.networkOffset <= bytes.byteCount,
            layers.transportOffset <= bytes.byteCount
        else { return "the walk leaves the packet" }
        var text = TextBuffer()
        text.append(lineOf: bytes, layers, originalLength: bytes.byteCount)
        var json = PacketJSON(showsBytes: true)
        json.append(bytes, layers, frameCheckSequenceLength: linkType == .ethernet ? 4 : 0)
        let explanation = Explanation(bytes, startingAt: .link(linkType), frameCheckSequenceLength: 4)
        for field in explanation.sections.flatMap(\.fields)
        where field.offset < 0 || field.length < 0 || field.offset + field.length > bytes.byteCount {
            return "the field \(field) lies outside the packet"
        }
        if let problem = compareChecksums(explanation, layers.verifyChecksums(bytes)) { return problem }
        if let problem = compareDatagram(bytes, linkType, layers) { return problem }
        _ = filter.matches(bytes, layers)
        return compare("the packet", Reencoder.reencoded(bytes, linkType: linkType), bytes)
    }

    /// What the describer says of the checksums is what the walk says.
    private static func compareChecksums(_ explanation: Explanation, _ checksums: PacketChecksums) -> String? {
        let transports: Set<Layer> = [.tcp, .udp, .icmp, .icmpv6, .igmp, .mld, .ndp]
        for (layers, state) in [(Set<Layer>([.ipv4]), checksums.network), (transports, checksums.transport)] {
            let section = explanation.sections.first { layers.contains($0.layer) && !$0.isQuoted }
            let field = section?.fields.first { $0.name == "checksum" }
            if let state, field?.meaning.hasSuffix(", \(state)") != true {
                return "a checksum is \(state) to the walk, \(field?.meaning ?? "unknown") to the describer"
            }
        }
        return nil
    }

    /// What is read of a datagram at once is what the walk finds.
    private static func compareDatagram(_ bytes: RawSpan, _ linkType: LinkType, _ layers: PacketLayers) -> String? {
        guard linkType == .ipv4 || linkType == .ipv6 || linkType == .rawIP else { return nil }
        quote(bytes)
        guard let datagram = try? DatagramView(bytes) else {
            let isTooShort = layers.network == .ipv4 && bytes.bigEndian16(at: 2) < layers.transportOffset
            return isTooShort || layers.broken == .ipv4 || layers.broken == .ipv6
                ? nil : "a datagram that the walk reads cannot be read"
        }
        // A payload length of 0 means all bytes to the view; to the walk only with evidence, or what a jumbo option says.
        if datagram.family == .v6, bytes.bigEndian16(at: 4) == 0, layers.end < bytes.byteCount { return nil }
        _ = (datagram.isComplete, datagram.hasIncorrectHeaderChecksum, datagram.ipv4Options.byteCount)
        guard datagram.protocol == layers.transport, datagram.headerLength == layers.transportOffset,
            datagram.isFragment == layers.isFragment, datagram.isLaterFragment == layers.isLaterFragment,
            datagram.bytes.byteCount == layers.end,
            datagram.payload.byteCount == (layers.isLaterFragment ? 0 : layers.end - layers.transportOffset)
        else { return "the walk finds \(layers), the datagram is of \(datagram.headerLength) and more bytes" }
        return nil
    }

    private static let filter: PacketFilter =
        (try? PacketFilter(
            "vlan 5 or (net 192.0.2.0/24 and port 80) or http or mld or ndp or ether src 02:00:00:00:00:01"))
        ?? .layer(.tcp)

    private static func arp(_ bytes: RawSpan) -> String? {
        guard let view = try? ARPView(bytes) else { return nil }
        _ = (
            view.senderHardwareAddress.byteCount, view.targetProtocolAddress.byteCount,
            view.targetHardwareAddress.byteCount
        )
        guard let value = try? ARPPacket(view) else { return nil }
        return compare("ARP", value.encoded(), bytes.prefix(28))
    }

    private static func icmp(_ bytes: RawSpan) -> String? {
        guard let view = try? ICMPv4View(bytes) else { return nil }
        _ = (view.checksumState, Explanation(bytes, startingAt: .icmp).sections.count)
        quote(view.payload)
        let body = ICMPErrorBody(restOfHeader: view.restOfHeader, data: view.payload.copied())
        if let extensions = body.extensions(view.type),
            let problem = compare(
                "extensions", extensions.encoded(), view.payload.dropping(body.quoteLength(view.type)))
        {
            return problem
        }
        return compare("ICMP", ICMPv4Message(view).encoded(), bytes)
    }

    private static func icmpv6(_ bytes: RawSpan) -> String? {
        guard let view = try? ICMPv6View(bytes) else { return nil }
        _ = (view.checksumState(source: .loopback, destination: .allNodes))
        _ = Explanation(bytes, startingAt: .icmpv6).sections.count
        quote(view.payload)
        return compare("ICMPv6", ICMPv6Message(view).encoded(), bytes)
    }

    private static func quote(_ bytes: RawSpan) {
        guard let quote = DatagramView(quoted: bytes) else { return }
        _ = (quote.source, quote.destination, quote.hopLimit, quote.sourcePort, quote.sequenceNumber)
        _ = (quote.icmp?.identifier, quote.udpLengthAndChecksum?.checksum, quote.payload.byteCount, quote.flowLabel)
    }

    private static func igmp(_ bytes: RawSpan) -> String? {
        guard let view = try? IGMPView(bytes) else { return nil }
        _ = (view.checksumState, view.queryVersion)
        return compare("IGMP", IGMPMessage(view).encoded(), bytes)
    }

    private static func udp(_ bytes: RawSpan) -> String? {
        guard let view = try? UDPView(bytes) else { return nil }
        _ = view.checksumState(source: .v4(.loopback), destination: .v4(.loopback))
        let value = UDPDatagram(view)
        return compare("UDP", value.encoded(), bytes.prefix(value.byteCount))
    }

    private static func tcp(_ bytes: RawSpan) -> String? {
        guard let view = try? TCPView(bytes) else { return nil }
        _ = view.checksumState(source: .v6(.loopback), destination: .v6(.allNodes))
        return compare("TCP", TCPSegment(view).encoded(), bytes)
    }

    /// As the options of an IPv4 header, of a TCP header and of an IPv6 header.
    private static func options(_ bytes: RawSpan) -> String? {
        let bytes = bytes.prefix(bytes.byteCount & ~3)
        if let problem = compare("IPv4 options", IPv4Options(bytes).encoded(), bytes)
            ?? compare("TCP options", TCPOptions(bytes).encoded(), bytes)
        {
            return problem
        }
        // In place and as values the options are the same.
        var reader = OptionReader(bytes)
        var count = 0
        while reader.next() != nil { count += 1 }
        let list = TCPOptions(bytes)
        guard count == list.list.count, reader.isMalformed == list.isMalformed else {
            return "\(count) options in place, \(list.list.count) as values"
        }
        _ = try? IPv6ExtensionChain(first: .hopByHopOptions, payload: bytes)
        return nil
    }

    private static func http(_ bytes: RawSpan) -> String? {
        let head = HTTPHead(bytes)
        _ = (head.problems().map { "\($0) (\($0.section))" }, head.requestFraming, head.keepsConnection)
        _ = (head.responseFraming(to: .get), head.list("Connection"))
        let body = HTTPChunkedBody(bytes)
        let text = bytes.copied()
        _ = (CacheControl(text).problems, CacheControl(text).maximumAge)
        if let date = try? HTTPDate(text),
            HTTPDate.problem(Array(date.written(as: date.form).utf8)) != nil
        {
            return "the date \(date) cannot be read again"
        }
        if HTTPHead.isComplete(bytes) != (head.end != nil) {
            return "the head is \(head.end == nil ? "un" : "")finished, isComplete says otherwise"
        }
        if let failure = response(bytes) { return failure }
        return compare("the head", head.encoded(), bytes.prefix(head.byteCount))
            ?? compare("the chunks", body.encoded(), bytes.prefix(body.byteCount))
    }

    /// A response at once and in pieces: both must say the same.
    private static func response(_ bytes: RawSpan) -> String? {
        func read(step: Int) -> String {
            var reader = HTTPResponseReader(method: .get)
            var body: [UInt8] = []
            var start = 0
            while start < bytes.byteCount {
                _ = reader.take(bytes.dropping(start).prefix(step)) { _, data in body += data.copied() }
                start += step
            }
            reader.end()
            let fields = [reader.head?.fields.count, reader.interim.count, reader.trailers.count]
            return "\(fields) \(body) \(reader.isComplete) \(reader.length) \(reader.problems)"
        }
        let (whole, small) = (read(step: max(bytes.byteCount, 1)), read(step: 3))
        return whole == small ? nil : "the response read at once is \(whole), in pieces \(small)"
    }

    /// The whole file at once, and again byte by byte: both must say the same.
    private static func capture(_ bytes: RawSpan) -> String? {
        let whole = packets(bytes, step: bytes.byteCount)
        let small = packets(bytes, step: 7)
        return whole == small ? nil : "read at once it has \(whole), in pieces \(small)"
    }

    private static func packets(_ bytes: RawSpan, step: Int) -> [String] {
        var reader = CaptureReader()
        var found: [String] = []
        var start = 0
        var end = min(step, bytes.byteCount)
        do throws(CaptureError) {
            while true {
                switch try reader.next(bytes.extracting(start..<end)) {
                case .packet(let packet, let consumed):
                    let layers = PacketLayers(
                        bytes.extracting(start..<end).extracting(packet.range), linkType: packet.linkType)
                    found.append(
                        "\(packet.nanoseconds ?? -1) \(packet.originalLength) \(packet.range.count) \(layers.network)")
                    start += consumed
                case .consumed(let count): start += count
                case .needs(let count):
                    guard end < bytes.byteCount else {
                        return found + [reader.endError(available: end - start).map { "\($0)" } ?? "end"]
                    }
                    end = min(max(start + count, end + step), bytes.byteCount)
                }
            }
        } catch {
            return found + ["\(error)"]
        }
    }

    /// Fragments one after another, each with two bytes of its length before it.
    private static func reassembly(_ bytes: RawSpan) -> String? {
        var reassembly = Reassembly(memoryLimit: 1 << 16, datagramLimit: 8, lifetime: 1_000)
        var offset = 0
        var now: Int64 = 0
        while offset + 2 <= bytes.byteCount {
            let length = Int(bytes.bigEndian16(at: offset))
            let fragment = bytes.dropping(offset + 2).prefix(length)
            offset += 2 + length
            now += Int64(length & 0xFF)
            if case .complete(let datagram) = reassembly.add(ipv4: fragment, now: now) {
                guard let view = try? IPv4View(datagram.rawBytes), !view.isTruncated else {
                    return "an unreadable datagram"
                }
                for mtu in [68, 576] {
                    if let problem = cutAgain(datagram, mtu: mtu) { return problem }
                }
            }
            _ = reassembly.expire(now: now - 500)
            guard reassembly.heldBytes <= 1 << 16, reassembly.waitingCount <= 8 else { return "too much is held" }
        }
        return nil
    }

    /// A datagram cut and put together again is the same but for its checksum.
    private static func cutAgain(_ datagram: [UInt8], mtu: Int) -> String? {
        guard let pieces = try? Fragmentation.fragments(of: datagram, mtu: mtu), pieces.count > 1 else { return nil }
        var reassembly = Reassembly()
        for piece in pieces {
            guard piece.count <= mtu else { return "a piece of \(piece.count) bytes for \(mtu)" }
            if case .complete(let whole) = reassembly.add(ipv4: piece.rawBytes, now: 0) {
                return whole.dropFirst(12) == datagram.prefix(whole.count).dropFirst(12)
                    ? nil : "cut and put together \(datagram) is \(whole)"
            }
        }
        return "the pieces of \(datagram) make no whole"
    }
}
