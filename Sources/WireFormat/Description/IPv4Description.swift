extension FieldSink where Self: ~Copyable {
    /// Describes an IPv4 datagram and its payload.
    /// - Parameter layers: the layers of the packet; nil for a datagram that an ICMP error quotes.
    mutating func describeIPv4(_ bytes: RawSpan, at base: Int, _ layers: PacketLayers?) {
        let isQuoted = layers == nil
        let view: IPv4View
        do throws(ParseError) {
            view = try IPv4View(bytes)
        } catch {
            // Another version is not an IPv4 header.
            guard bytes.byteCount > 0, bytes.byte(at: 0) >> 4 == 4 else {
                return describeUnreadable(error, bytes, at: base, isQuoted: isQuoted)
            }
            return describeCutIPv4(bytes, at: base, isQuoted: isQuoted, error)
        }
        begin(.ipv4, isQuoted: isQuoted)
        describeFields(view, at: base, isQuoted: isQuoted, isUnsegmented: layers?.broken != .ipv4)
        end()
        let offset = base + view.headerLength
        if let layers {
            if let fault = LengthFault(ipv4: bytes, layers) {
                problem(.ipv4, fault)
                return describePayload(bytes.dropping(view.headerLength), at: offset)
            }
            if layers.missingByteCount > 0 { problem(.ipv4, .missing(layers.missingByteCount, isIPv6: false)) }
            checkStandards(view, payloadLength: layers.statedEnd - offset)
        }
        // Old routers change the total length of quoted datagrams: all bytes are used instead.
        let data = isQuoted ? bytes.dropping(view.headerLength) : view.payload
        guard view.fragmentOffset == 0 else { return describePayload(data, at: offset, isQuoted: isQuoted) }
        let context = DatagramContext(
            addresses: (.v4(view.source), .v4(view.finalDestination)),
            isIncomplete: isQuoted || view.isTruncated || view.moreFragments, isQuoted: isQuoted,
            header: layers.map { layers in
                .init(
                    hopLimit: view.timeToLive, hasRouterAlert: view.hasRouterAlert, isFragment: view.moreFragments,
                    payloadLength: layers.statedEnd - offset)
            })
        describeTransport(view.protocol, data, at: offset, context)
    }

    private mutating func describeCutIPv4(_ bytes: RawSpan, at base: Int, isQuoted: Bool, _ error: ParseError) {
        let stated = Int(bytes.byte(at: 0) & 0xF) * 4
        if !isQuoted, stated < IPv4View.minimumHeaderLength, bytes.byteCount >= IPv4View.minimumHeaderLength {
            problem(.ipv4, .ipv4Header(stated))
        } else {
            problem(isQuoted ? "quoted \(error)" : "\(error)")
        }
        describeCut(
            bytes, at: base, paddedTo: max(stated, IPv4View.minimumHeaderLength),
            fix: { if stated < IPv4View.minimumHeaderLength { $0[0] = 0x45 } }
        ) { sink, padded in
            guard let view = try? IPv4View(padded) else { return }
            sink.begin(.ipv4, isQuoted: isQuoted)
            sink.describeFields(view, at: base, isQuoted: isQuoted, statedLength: stated)
            sink.end()
        }
        // With an invalid header length, the start of the data is unknown; the bytes are shown as payload.
        if stated < IPv4View.minimumHeaderLength {
            describePayload(
                bytes.dropping(IPv4View.minimumHeaderLength), at: base + IPv4View.minimumHeaderLength,
                isQuoted: isQuoted)
        }
    }

    /// - Parameters:
    ///   - statedLength: the length that the header states, if it is truncated.
    ///   - isUnsegmented: whether a total length of 0 is that of a datagram before segmentation by the network card.
    private mutating func describeFields(
        _ view: borrowing IPv4View, at base: Int, isQuoted: Bool, statedLength: Int? = nil, isUnsegmented: Bool = false
    ) {
        number("version", 4, at: base, 1)
        number("header_length", statedLength ?? view.headerLength, "bytes", at: base, 1)
        describe(trafficClass: view.typeOfService, name: "type_of_service", at: base + 1, 1)
        let isTruncated = view.isTruncated && !isQuoted
        let totalLength = view.totalLength
        number("total_length", UInt64(totalLength), at: base + 2, 2) { text in
            text.append(decimal: totalLength)
            text.append(" bytes")
            if isTruncated { text.append(", more than available") }
            if totalLength == 0, isUnsegmented { text.append(", offloaded to the network card") }
        }
        number("identification", view.identification, at: base + 4, 2)
        beginList("flags")
        if view.reservedFlag { item(at: base + 6, 1) { $0.append("reserved") } }
        if view.dontFragment { item(at: base + 6, 1) { $0.append("df") } }
        if view.moreFragments { item(at: base + 6, 1) { $0.append("mf") } }
        endList()
        number("fragment_offset", Int(view.fragmentOffset) * 8, "bytes", at: base + 6, 2)
        number("ttl", view.timeToLive, "hops", at: base + 8, 1)
        let transport = view.protocol
        number("protocol", UInt64(transport.rawValue), at: base + 9, 1) { text in
            text.append(transport.rawValue, named: transport.description)
        }
        checksum(
            "checksum", isQuoted || statedLength != nil ? .unchecked : view.checksumState, UInt64(view.headerChecksum),
            at: base + 10, 2)
        address("source", view.source, at: base + 12)
        address("destination", view.destination, at: base + 16)
        guard view.headerLength > IPv4View.minimumHeaderLength else { return }
        describe(ipv4Options: view.options, at: base + IPv4View.minimumHeaderLength)
    }

    mutating func describe(trafficClass: UInt8, name: StaticString, at offset: Int, _ length: Int) {
        number(name, UInt64(trafficClass), at: offset, length) { text in
            text.append("DSCP ")
            text.append(decimal: trafficClass >> 2)
            switch trafficClass & 3 {
            case 0: text.append(", not ECN-capable")
            case 1: text.append(", ECN-capable (1)")
            case 2: text.append(", ECN-capable (0)")
            default: text.append(", congestion experienced")
            }
        }
    }

    private mutating func describe(ipv4Options bytes: RawSpan, at base: Int) {
        let options = IPv4Options(bytes)
        beginList("options")
        var offset = base
        for option in options.list {
            item(at: offset, option.byteCount) { $0.append(option) }
            offset += option.byteCount
        }
        endList()
        if options.isMalformed {
            problem("ipv4: the option at offset \(offset - base + 20) has an invalid length")
        }
    }
}

extension TextBuffer {
    mutating func append(_ option: IPv4Option) {
        switch option {
        case .endOfOptionList: append("end")
        case .noOperation: append("nop")
        case .recordRoute(let route): append("record-route", route)
        case .looseSourceRoute(let route): append("loose-source-route", route)
        case .strictSourceRoute(let route): append("strict-source-route", route)
        case .timestamp(let data): append(data)
        case .routerAlert(let value):
            append("router-alert ")
            append(decimal: value)
        case .streamIdentifier(let identifier):
            append("stream-identifier ")
            append(decimal: identifier)
        case .security(let data):
            append("security ")
            append(hexadecimal: data.rawBytes)
        case .unknown(let type, let data):
            append("unknown ")
            append(decimal: type)
            if !data.isEmpty { append(UInt8(ascii: " ")) }
            append(hexadecimal: data.rawBytes)
        }
    }

    /// Appends every slot; a bar precedes the next one to be used.
    private mutating func append(_ name: StaticString, _ route: IPv4RouteData) {
        append(name)
        let used = route.used.count
        for (index, address) in route.slots.enumerated() {
            append(index == used ? " |" : " ")
            append(address)
        }
    }

    private mutating func append(_ data: IPv4TimestampData) {
        append("timestamps")
        let used = data.used.count
        for (index, entry) in data.entries.enumerated() {
            append(index == used ? " |" : " ")
            if let address = entry.address {
                append(address)
                append(UInt8(ascii: "@"))
            }
            append(decimal: entry.timestamp)
        }
        if data.overflow > 0 {
            append(" overflow ")
            append(decimal: data.overflow)
        }
    }
}
