extension FieldSink where Self: ~Copyable {
    /// Describes an ICMPv4 message, and the datagram that it quotes.
    mutating func describeICMP(_ bytes: RawSpan, at base: Int, _ context: DatagramContext) {
        let view: ICMPv4View
        do throws(ParseError) {
            view = try ICMPv4View(bytes)
        } catch {
            return describeCut(error, bytes, at: base, context, paddedTo: ICMPv4View.headerLength) {
                $0.describeICMP($1, at: base, $2)
            }
        }
        begin(.icmp, isQuoted: context.isQuoted)
        let (type, code, rest) = (view.type, view.code, view.restOfHeader)
        number("type", UInt64(type.rawValue), at: base, 1) { text in
            text.append(type.rawValue, named: type.meaning(code: code, information: rest))
        }
        number("code", code, at: base + 1, 1)
        checksum(
            "checksum", context.isIncomplete ? .unchecked : view.checksumState, UInt64(view.checksum), at: base + 2, 2)
        let hasData = describeBody(view, at: base)
        end()
        checkStandards(view, context)
        if type.isError, !context.isQuoted {
            describeQuote(view.payload, wordLength: 4, words: type.quoteWords(rest), at: base + 8)
        } else if hasData {
            describePayload(view.payload, at: base + 8, isQuoted: context.isQuoted)
        }
    }

    /// Describes the fields after the checksum; returns whether data follows them.
    private mutating func describeBody(_ view: borrowing ICMPv4View, at base: Int) -> Bool {
        switch view.type {
        case .echoReply, .echoRequest, .informationRequest, .informationReply:
            describeIdentity(view.bytes, at: base)
            return true
        case .timestampRequest, .timestampReply:
            describeIdentity(view.bytes, at: base)
            guard view.bytes.byteCount >= ICMPv4Timestamp.byteCount else {
                problem("icmp: the timestamps are truncated")
                return true
            }
            number("originate_timestamp", view.bytes.bigEndian32(at: 8), "ms since midnight UT", at: base + 8, 4)
            number("receive_timestamp", view.bytes.bigEndian32(at: 12), "ms since midnight UT", at: base + 12, 4)
            number("transmit_timestamp", view.bytes.bigEndian32(at: 16), "ms since midnight UT", at: base + 16, 4)
        case .addressMaskRequest, .addressMaskReply:
            describeIdentity(view.bytes, at: base)
            guard view.bytes.byteCount >= ICMPv4AddressMask.byteCount else {
                problem("icmp: the address mask is truncated")
                return true
            }
            address("address_mask", view.bytes.ipv4Address(at: 8), at: base + 8)
        case .destinationUnreachable:
            if view.code == ICMPv4UnreachableCode.fragmentationNeeded.rawValue {
                number("mtu", view.nextHopMTU, "bytes", at: base + 6, 2)
            }
        case .redirect: address("gateway", view.gateway, at: base + 4)
        case .parameterProblem: number("pointer", view.pointer, at: base + 4, 1)
        case .routerAdvertisement:
            let count = Int(view.bytes.byte(at: 4))
            number("address_count", count, at: base + 4, 1)
            number("entry_size", view.bytes.byte(at: 5), "words", at: base + 5, 1)
            number("lifetime", view.bytes.bigEndian16(at: 6), "s", at: base + 6, 2)
            guard view.bytes.byte(at: 5) == 2, view.payload.byteCount >= count * 8 else { return true }
            beginList("routers")
            for index in 0..<count {
                let address = view.payload.ipv4Address(at: index * 8)
                let preference = Int32(bitPattern: view.payload.bigEndian32(at: index * 8 + 4))
                item(at: base + 8 + 8 * index, 8) { text in
                    text.append(address)
                    text.append(" preference ")
                    text.append(decimal: Int(preference))
                }
            }
            endList()
        default: return true
        }
        return false
    }

    mutating func describeIdentity(_ bytes: RawSpan, at base: Int) {
        number("identifier", bytes.bigEndian16(at: 4), at: base + 4, 2)
        number("sequence", bytes.bigEndian16(at: 6), at: base + 6, 2)
    }

    /// Describes the datagram that an error quotes, and the extensions after it (RFC 4884).
    mutating func describeQuote(_ data: RawSpan, wordLength: Int, words: Int, at base: Int) {
        let length = ICMPErrorBody.quoteLength(data, words: words, wordLength: wordLength)
        let quote = data.prefix(length)
        switch quote.byteCount > 0 ? quote.byte(at: 0) >> 4 : 0 {
        case 4: describeIPv4(quote, at: base, nil)
        case 6: describeIPv6(quote, at: base, nil)
        default: describePayload(quote, at: base, isQuoted: true)
        }
        guard length < data.byteCount else { return }
        guard let extensions = ICMPExtensions(data.dropping(length), requireChecksum: false) else {
            return describePayload(data.dropping(length), at: base + length)
        }
        begin(.icmpExtensions)
        number("version", ICMPExtensions.version, at: base + length, 1)
        checksum(
            "checksum", extensions.checksum == 0 ? .unchecked : .correct, UInt64(extensions.checksum ?? 0),
            at: base + length + 2, 2)
        beginList("objects")
        var offset = base + length + 4
        for object in extensions.objects {
            // An untrusted interface name may be in it.
            var text = TextBuffer()
            text.append(object)
            strangeItem(text.bytes, at: offset, 4 + object.data.count)
            offset += 4 + object.data.count
        }
        endList()
        end()
    }

    /// Describes an ICMPv6 message, and the packet that it quotes.
    /// - Parameter checksumState: the state before a message shorter than its type requires was padded.
    mutating func describeICMPv6(
        _ bytes: RawSpan, at base: Int, _ context: DatagramContext, checksumState: ChecksumState? = nil
    ) {
        let view: ICMPv6View
        do throws(ParseError) {
            view = try ICMPv6View(bytes)
            try view.requireFixedPart()
        } catch {
            let type = bytes.byteCount > 0 ? ICMPv6Type(rawValue: bytes.byte(at: 0)) : .echoRequest
            // The checksum covers the message as received, even if it is too short for its type.
            let state = (try? ICMPv6View(bytes))?.checksumState(in: context) ?? .unchecked
            return describeCut(error, bytes, at: base, context, paddedTo: type.fixedLength) {
                $0.describeICMPv6($1, at: base, $2, checksumState: state)
            }
        }
        let layer: Layer = view.type.isMulticastListener ? .mld : view.type.isNeighborDiscovery ? .ndp : .icmpv6
        begin(layer, isQuoted: context.isQuoted)
        let (type, code, rest) = (view.type, view.code, view.restOfHeader)
        number("type", UInt64(type.rawValue), at: base, 1) { text in
            text.append(type.rawValue, named: type.meaning(code: code, information: rest))
        }
        number("code", code, at: base + 1, 1)
        let state = checksumState ?? view.checksumState(in: context)
        checksum("checksum", state, UInt64(view.checksum), at: base + 2, 2)
        var hasData = false
        switch layer {
        case .mld: describeMLD(view, at: base)
        case .ndp: describeNDP(view, at: base)
        default:
            switch type {
            case .echoRequest, .echoReply:
                describeIdentity(view.bytes, at: base)
                hasData = true
            case .packetTooBig: number("mtu", rest, "bytes", at: base + 4, 4)
            case .parameterProblem: number("pointer", rest, at: base + 4, 4)
            default: hasData = !type.isError
            }
        }
        end()
        checkStandards(view, layer, context)
        if type.isError, !context.isQuoted {
            describeQuote(view.payload, wordLength: 8, words: type.quoteWords(rest), at: base + 8)
        } else if hasData {
            describePayload(view.payload, at: base + 8, isQuoted: context.isQuoted)
        }
    }
}

extension TextBuffer {
    /// Appends an extension object: MPLS labels and interface information as text, others as bytes.
    mutating func append(_ object: ICMPExtensions.Object) {
        if let stack = object.mplsLabelStack {
            append("mpls")
            for label in stack {
                append(" label ")
                append(decimal: label.label)
                append(" tc ")
                append(decimal: label.trafficClass)
                append(label.isBottomOfStack ? " bottom ttl " : " ttl ")
                append(decimal: label.timeToLive)
            }
        } else if let interface = object.interfaceInformation {
            append(interface)
        } else {
            append("class ")
            append(decimal: object.classNumber)
            append(" type ")
            append(decimal: object.classType)
            append(UInt8(ascii: " "))
            append(hexadecimal: object.data.rawBytes)
        }
    }

    private mutating func append(_ interface: ICMPInterfaceInformation) {
        append("interface ")
        append(interface.role.description)
        if let index = interface.index {
            append(" index ")
            append(decimal: index)
        }
        if let address = interface.address {
            append(" address ")
            append(address)
        }
        if let name = interface.name {
            append(" name ")
            append(name.rawBytes)
        }
        if let mtu = interface.mtu {
            append(" mtu ")
            append(decimal: mtu)
        }
    }
}

extension ICMPv6Type {
    /// The length of the fields before options, records and data, in bytes.
    fileprivate var fixedLength: Int {
        switch self {
        case .routerAdvertisement: 16
        case .neighborSolicitation, .neighborAdvertisement, .multicastListenerQuery, .multicastListenerReport,
            .multicastListenerDone:
            24
        case .redirect: 40
        default: ICMPv6View.headerLength
        }
    }
}

extension ICMPv6View {
    /// Verifies the checksum, if the surrounding layers allow it.
    fileprivate func checksumState(in context: DatagramContext) -> ChecksumState {
        guard case .v6(let source)? = context.addresses?.source,
            case .v6(let destination)? = context.addresses?.destination, !context.isIncomplete
        else { return .unchecked }
        return checksumState(source: source, destination: destination)
    }

    /// Throws if the fields before options, records and data are truncated.
    fileprivate func requireFixedPart() throws(ParseError) {
        guard bytes.byteCount < type.fixedLength else { return }
        throw .truncatedHeader(
            type.isMulticastListener ? .mld : type.isNeighborDiscovery ? .ndp : .icmpv6, needed: type.fixedLength,
            available: bytes.byteCount)
    }
}
