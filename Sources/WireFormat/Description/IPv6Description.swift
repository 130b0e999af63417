extension FieldSink where Self: ~Copyable {
    /// Describes an IPv6 packet, its extension headers and its payload.
    /// - Parameter layers: the layers of the packet; nil for a packet that an ICMP error quotes.
    mutating func describeIPv6(_ bytes: RawSpan, at base: Int, _ layers: PacketLayers?) {
        let isQuoted = layers == nil
        let view: IPv6View
        do throws(ParseError) {
            view = try IPv6View(bytes)
        } catch {
            // Another version is not an IPv6 header.
            guard bytes.byteCount > 0, bytes.byte(at: 0) >> 4 == 6 else {
                return describeUnreadable(error, bytes, at: base, isQuoted: isQuoted)
            }
            problem(isQuoted ? "quoted \(error)" : "\(error)")
            return describeCut(bytes, at: base, paddedTo: IPv6View.headerLength) { sink, padded in
                guard let view = try? IPv6View(padded) else { return }
                sink.begin(.ipv6, isQuoted: isQuoted)
                sink.describeFields(view, at: base, isQuoted: isQuoted)
                sink.end()
            }
        }
        begin(.ipv6, isQuoted: isQuoted)
        describeFields(view, at: base, isQuoted: isQuoted)
        let data = isQuoted ? bytes.dropping(IPv6View.headerLength) : view.payload
        let start = base + IPv6View.headerLength
        var reader = IPv6ChainReader(first: view.nextHeader, payload: data)
        beginList("extension_headers")
        while let (header, range) = reader.next() {
            let extensionBytes = data.extracting(range)
            item(at: start + range.lowerBound, range.count) { $0.append(header, extensionBytes) }
        }
        endList()
        end()
        let rest = data.dropping(reader.offset)
        let offset = start + reader.offset
        if let layers {
            if layers.missingByteCount > 0 { problem(.ipv6, .missing(layers.missingByteCount, isIPv6: true)) }
            checkStandards(view, data, payloadLength: layers.statedEnd - start)
        }
        if reader.isTruncated {
            problem("\(isQuoted ? "quoted " : "")ipv6: the header \(reader.nextHeader) is truncated")
            return describePayload(rest, at: offset, isQuoted: isQuoted)
        }
        guard !reader.isLaterFragment else { return describePayload(rest, at: offset, isQuoted: isQuoted) }
        let destination = reader.finalDestinationOffset.map { data.ipv6Address(at: $0) } ?? view.destination
        let context = DatagramContext(
            addresses: (.v6(view.source), .v6(destination)),
            isIncomplete: isQuoted || layers?.isTruncated ?? false || reader.isFragment, isQuoted: isQuoted,
            header: layers.map { layers in
                .init(
                    hopLimit: view.hopLimit, hasRouterAlert: IPv6Option.hasRouterAlert(view, data),
                    isFragment: reader.isFragment, payloadLength: layers.statedEnd - offset)
            })
        guard reader.nextHeader != .noNextHeader else {
            return describePayload(rest, at: offset, isQuoted: isQuoted)
        }
        describeTransport(reader.nextHeader, rest, at: offset, context)
    }

    private mutating func describeFields(_ view: borrowing IPv6View, at base: Int, isQuoted: Bool) {
        number("version", 6, at: base, 1)
        describe(trafficClass: view.trafficClass, name: "traffic_class", at: base, 2)
        let flowLabel = view.flowLabel
        number("flow_label", UInt64(flowLabel), at: base + 1, 3) { text in
            text.append("0x")
            text.append(hexadecimal: UInt64(flowLabel), digits: 5)
        }
        let isTruncated = view.isTruncated && !isQuoted
        let payloadLength = view.payloadLength
        number("payload_length", UInt64(payloadLength), at: base + 4, 2) { text in
            text.append(decimal: payloadLength)
            text.append(" bytes")
            if isTruncated { text.append(", more than available") }
        }
        let next = view.nextHeader
        number("next_header", UInt64(next.rawValue), at: base + 6, 1) { text in
            text.append(next.rawValue, named: next.description)
        }
        number("hop_limit", view.hopLimit, "hops", at: base + 7, 1)
        address("source", view.source, at: base + 8)
        address("destination", view.destination, at: base + 24)
    }
}

extension TextBuffer {
    /// Appends an extension header and its contents.
    mutating func append(_ header: IPProtocol, _ bytes: RawSpan) {
        switch header {
        case .hopByHopOptions:
            append("hop-by-hop")
            append(ipv6Options: bytes)
        case .destinationOptions:
            append("destination-options")
            append(ipv6Options: bytes)
        case .routing:
            append("routing type ")
            append(decimal: bytes.byte(at: 2))
            append(" segments-left ")
            append(decimal: bytes.byte(at: 3))
            var offset = 8
            while offset + 16 <= bytes.byteCount {
                append(UInt8(ascii: " "))
                append(bytes.ipv6Address(at: offset))
                offset += 16
            }
        case .fragment:
            append("fragment offset ")
            append(decimal: bytes.bigEndian16(at: 2) & 0xFFF8)
            if bytes.byte(at: 3) & 1 == 1 { append(" more") }
            append(" identification ")
            append(decimal: bytes.bigEndian32(at: 4))
        default:
            append("authentication spi ")
            append(decimal: bytes.bigEndian32(at: 4))
        }
    }

    private mutating func append(ipv6Options bytes: RawSpan) {
        guard let options = try? IPv6Option.list(bytes.dropping(2), base: 2) else { return append(" malformed") }
        for option in options {
            switch option {
            case .pad1, .padN: break
            case .routerAlert(let value):
                append(" router-alert ")
                append(decimal: value)
            case .unknown(let type, let data):
                append(" option ")
                append(decimal: type)
                append(UInt8(ascii: " "))
                append(hexadecimal: data.rawBytes)
            }
        }
    }
}
