import PacketEngine
import WireFormat

/// The wire format of a run's probes. Everything except destination, sequence number and cookie is prepared, and its
/// checksum is summed in advance.
///
/// A class, because it is large, immutable and read for every packet: engines must not copy it.
public final class PingProbeFormat: Sendable {
    /// The first header that this process writes.
    public enum Level: Sendable {
        /// The IP header.
        case datagram
        /// The ICMP header; the kernel writes the IP header and the identifier.
        case message
    }

    public let query: ICMPQuery
    public let level: Level
    public let source: IPAddress
    public let identifier: UInt16
    public let header: PingProbeHeader
    /// The data after the ICMP header, without the cookie at its start.
    public let data: [UInt8]
    /// The length of the cookie in bytes: 8, or less if the data is shorter.
    let cookieLength: Int
    private let cookieMask: UInt64
    private let key: SipHash
    /// The ICMP message with sequence number, checksum and cookie 0.
    private let message: [UInt8]
    private let messageSum: InternetChecksum

    /// The length of the IP header before the message, in bytes; 0 if the kernel writes it.
    let headerLength: Int
    private let hasOptions: Bool
    /// The ICMP types of the requests and of their replies.
    let requestType: UInt8
    let answerType: UInt8

    var family: IPAddress.Family { source.family }

    /// - Parameters:
    ///   - data: the data of an echo request; ignored for other queries.
    ///   - key: the secret key of the cookies.
    public init(
        query: ICMPQuery = .echo, level: Level, source: IPAddress, identifier: UInt16, header: PingProbeHeader,
        data: [UInt8], key: SipHash
    ) {
        self.query = query
        self.level = level
        self.source = source
        self.identifier = identifier
        self.header = header
        self.key = key
        let body: [UInt8]
        switch query {
        case .echo: body = data
        case .timestamp: body = [UInt8](repeating: 0, count: 12)
        case .addressMask: body = [UInt8](repeating: 0, count: 4)
        case .routerSolicitation: body = []
        }
        self.data = body
        let cookieLength = query == .echo ? min(data.count, 8) : 0
        self.cookieLength = cookieLength
        cookieMask = cookieLength == 0 ? 0 : ~UInt64(0) << UInt64(64 - 8 * cookieLength)
        var message = [UInt8](repeating: 0, count: 8) + body
        message[0] = query.requestType(source.family)
        for index in 0..<cookieLength { message[8 + index] = 0 }
        if query != .routerSolicitation {
            message[4] = UInt8(truncatingIfNeeded: identifier >> 8)
            message[5] = UInt8(truncatingIfNeeded: identifier)
        }
        var sum = InternetChecksum()
        sum.add(message.rawBytes)
        if case .v6(let address) = source {
            sum.addPseudoHeader(source: address, destination: .unspecified, protocol: .icmpv6, length: message.count)
        }
        self.message = message
        messageSum = sum
        requestType = query.requestType(source.family)
        answerType = query.answerType(source.family)
        hasOptions = !header.options.isEmpty
        switch (level, source.family) {
        case (.message, _): headerLength = 0
        case (.datagram, .v4): headerLength = IPv4View.minimumHeaderLength + header.options.paddedByteCount
        case (.datagram, .v6): headerLength = IPv6View.headerLength
        }
    }

    /// Returns the same probes with another header.
    func with(header: PingProbeHeader) -> PingProbeFormat {
        PingProbeFormat(
            query: query, level: level, source: source, identifier: identifier, header: header, data: data,
            key: key)
    }

    /// Returns the same probes from another address of the same family.
    func with(source: IPAddress) -> PingProbeFormat {
        PingProbeFormat(
            query: query, level: level, source: source, identifier: identifier, header: header, data: data,
            key: key)
    }

    /// The length of the ICMP message, in bytes.
    var messageLength: Int { message.count }

    /// The length of the data after the ICMP header, in bytes.
    public var dataLength: Int { data.count }

    /// The length of the IP datagram as ping(8) announces it, in bytes: options take 40, whatever they are.
    public var announcedLength: Int {
        let options = header.options.isEmpty ? 0 : IPv4Options.maximumByteCount
        return (family == .v4 ? IPv4View.minimumHeaderLength + options : IPv6View.headerLength) + messageLength
    }

    /// The number of fragments of a probe; nil if it is not fragmented on purpose.
    public var fragmentCount: Int? { header.fragments?.count(messageLength) }

    /// The length of the packet, or of the whole datagram if it is fragmented, in bytes.
    var packetLength: Int { headerLength + messageLength }

    /// Returns the cookie of a probe; its first bytes are written to the packet.
    func cookie(_ first: UInt64, _ second: UInt64) -> UInt64 { key(first, second) & cookieMask }

    /// Whether `data`, the bytes after an ICMP header, begins with this cookie.
    func carries(cookie: UInt64, _ data: RawSpan) -> Bool {
        guard data.byteCount >= cookieLength else { return false }
        if cookieLength == 8 { return data.bigEndian64(at: 0) == cookie }
        for index in 0..<cookieLength
        where data.byte(at: index) != UInt8(truncatingIfNeeded: cookie >> UInt64(56 - 8 * index)) { return false }
        return true
    }
}

/// The fields that differ between probes.
struct PingProbeFields {
    var destination: IPAddress
    var sequence: UInt16
    var cookie: UInt64 = 0
    /// The identification field of IPv4, or of the IPv6 fragment header.
    var identification: UInt16
    /// Milliseconds since midnight UT, for timestamp requests and options.
    var originate: UInt32 = 0
}

extension PingProbeFormat {
    /// Writes the ICMP message with its checksum at `offset`.
    @_lifetime(bytes: copy bytes)
    func writeMessage(_ fields: PingProbeFields, into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.copy(message, at: offset)
        var sum = messageSum
        if query != .routerSolicitation {
            bytes.setBigEndian16(fields.sequence, at: offset &+ 6)
            sum.add(fields.sequence)
        }
        if cookieLength == 8 {
            bytes.setBigEndian64(fields.cookie, at: offset &+ 8)
        } else {
            for index in 0..<cookieLength {
                bytes.setByte(
                    UInt8(truncatingIfNeeded: fields.cookie >> UInt64(56 - 8 * index)), at: offset + 8 + index)
            }
        }
        sum.add(fields.cookie)
        if query == .timestamp {
            bytes.setBigEndian32(fields.originate, at: offset + 8)
            sum.add(fields.originate)
        }
        if case .v6(let address) = fields.destination {
            sum.add(address.high)
            sum.add(address.low)
        }
        bytes.setBigEndian16(sum.value, at: offset &+ 2)
    }

    /// Appends a probe, fragmented if necessary.
    /// - Returns: false, with nothing appended, if the batch has too little room.
    func append(_ fields: PingProbeFields, token: UInt64, to batch: inout PacketBatch) -> Bool {
        let length = packetLength
        if level == .message {
            return batch.append(length: length, destination: fields.destination, token: token) { bytes, offset in
                writeMessage(fields, into: &bytes, at: offset)
            }
        }
        if header.fragments == nil, length <= header.effectiveMTU || !header.mayFragment {
            return batch.append(length: length, destination: fields.destination, token: token) { bytes, offset in
                writeHeader(fields, dataLength: messageLength, into: &bytes, at: offset)
                writeMessage(fields, into: &bytes, at: offset &+ headerLength)
            }
        }
        return appendFragments(fields, token: token, to: &batch)
    }

    /// The IP header of an unfragmented packet.
    @_lifetime(bytes: copy bytes)
    private func writeHeader(
        _ fields: PingProbeFields, dataLength: Int, into bytes: inout MutableRawSpan, at offset: Int
    ) {
        switch (source, fields.destination) {
        case (.v4(let source), .v4(let destination)) where !hasOptions:
            bytes.setBigEndian16(0x4500 | UInt16(header.trafficClass), at: offset)
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: headerLength &+ dataLength), at: offset &+ 2)
            bytes.setBigEndian16(fields.identification, at: offset &+ 4)
            let forbids = header.forbidsFragments(length: headerLength &+ dataLength)
            bytes.setBigEndian16(forbids ? 0x4000 : 0, at: offset &+ 6)
            bytes.setByte(header.hopLimit, at: offset &+ 8)
            bytes.setByte(IPProtocol.icmp.rawValue, at: offset &+ 9)
            bytes.setBigEndian16(0, at: offset &+ 10)
            bytes.setIPv4Address(source, at: offset &+ 12)
            bytes.setIPv4Address(destination, at: offset &+ 16)
            let checksum = InternetChecksum.of(bytes.bytes.extracting(offset..<offset &+ 20))
            bytes.setBigEndian16(checksum, at: offset &+ 10)
        case (.v4, .v4):
            try? ipv4Header(fields, dataLength: dataLength).write(into: &bytes, at: offset)
        case (.v6, .v6):
            try? ipv6Header(fields, next: .icmpv6, dataLength: dataLength).write(into: &bytes, at: offset)
        default:
            break
        }
    }

    private func ipv4Header(_ fields: PingProbeFields, dataLength: Int) -> IPv4Header {
        var addresses = (IPv4Address.unspecified, IPv4Address.unspecified)
        if case .v4(let source) = source, case .v4(let destination) = fields.destination {
            addresses = (source, destination)
        }
        return IPv4Header(
            source: addresses.0, destination: addresses.1, protocol: .icmp, payloadLength: dataLength,
            timeToLive: header.hopLimit, typeOfService: header.trafficClass, identification: fields.identification,
            dontFragment: header.forbidsFragments(length: headerLength + dataLength), options: writtenOptions(fields))
    }

    /// The options with the entry of this host as the first hop. The kernel writes it only into headers of its own.
    private func writtenOptions(_ fields: PingProbeFields) -> IPv4Options {
        guard case .v4(let source) = source, level == .datagram else { return header.options }
        var options = header.options
        options.list = options.list.map { option in
            switch option {
            case .recordRoute(var route) where route.pointer == 4 && !route.slots.isEmpty:
                route.slots[0] = source
                route.pointer = 8
                return .recordRoute(route)
            case .timestamp(var data) where data.pointer == 5 && data.flag != .prespecified && !data.entries.isEmpty:
                if data.flag != .timestampsOnly { data.entries[0].address = source }
                data.entries[0].timestamp = fields.originate
                data.pointer += data.flag == .timestampsOnly ? 4 : 8
                return .timestamp(data)
            default:
                return option
            }
        }
        return options
    }

    private func ipv6Header(_ fields: PingProbeFields, next: IPProtocol, dataLength: Int) -> IPv6Header {
        var addresses = (IPv6Address.unspecified, IPv6Address.unspecified)
        if case .v6(let source) = source, case .v6(let destination) = fields.destination {
            addresses = (source, destination)
        }
        return IPv6Header(
            source: addresses.0, destination: addresses.1, nextHeader: next, payloadLength: dataLength,
            hopLimit: header.hopLimit, trafficClass: header.trafficClass, flowLabel: header.flowLabel)
    }

    /// The length of the IPv6 fragment header, in bytes.
    private static let fragmentHeaderLength = 8

    /// Returns the fragments of a probe that exceeds the path MTU.
    var pieces: [Fragmentation.Piece]? {
        if let plan = header.fragments { return plan.pieces(messageLength) }
        let first = headerLength + (family == .v6 ? Self.fragmentHeaderLength : 0)
        let later =
            family == .v6
            ? first : IPv4View.minimumHeaderLength + header.options.copiedIntoFragments.paddedByteCount
        return Fragmentation.pieces(
            dataLength: messageLength, mtu: header.effectiveMTU, firstHeaderLength: first, laterHeaderLength: later)
    }

    private func appendFragments(_ fields: PingProbeFields, token: UInt64, to batch: inout PacketBatch) -> Bool {
        guard let pieces, pieces.count <= batch.room else { return false }
        var whole = [UInt8](repeating: 0, count: messageLength)
        whole.withMutableBytes { bytes in writeMessage(fields, into: &bytes, at: 0) }
        for piece in pieces {
            var data = Array(whole[piece.offset..<piece.offset + piece.length])
            if header.fragments?.order == .overlapping, piece.offset > 0 {
                // Length and checksum stay the same, whichever copy the receiver uses.
                for offset in stride(from: 0, to: min(PingFragmentPlan.overlap, data.count & ~3), by: 4) {
                    data.swapAt(offset, offset + 2)
                    data.swapAt(offset + 1, offset + 3)
                }
            }
            var prefix: [UInt8]
            if family == .v4 {
                var header = ipv4Header(fields, dataLength: piece.length)
                if piece.offset > 0 {
                    header.options = header.options.copiedIntoFragments
                    header.totalLength = UInt16(truncatingIfNeeded: header.byteCount + piece.length)
                }
                header.dontFragment = false
                header.moreFragments = piece.moreFragments
                header.fragmentOffset = UInt16(truncatingIfNeeded: piece.offset / 8)
                prefix = header.encoded()
            } else {
                let header = ipv6Header(
                    fields, next: .fragment, dataLength: Self.fragmentHeaderLength + piece.length)
                prefix = header.encoded() + [UInt8](repeating: 0, count: Self.fragmentHeaderLength)
                let fragment = IPv6ExtensionHeader.fragment(
                    offset: UInt16(truncatingIfNeeded: piece.offset / 8), reserved: 0,
                    moreFragments: piece.moreFragments,
                    identification: UInt32(identifier) << 16 | UInt32(fields.identification))
                prefix.withMutableBytes { bytes in
                    try? fragment.write(into: &bytes, at: IPv6View.headerLength, nextHeader: .icmpv6)
                }
            }
            batch.append(
                length: prefix.count + piece.length, destination: fields.destination, token: token
            ) { bytes, offset in
                bytes.copy(prefix, at: offset)
                bytes.copy(data, at: offset + prefix.count)
            }
        }
        return true
    }

}
