extension Reassembly {
    /// Adds an IPv6 packet (RFC 8200, section 4.5). An atomic fragment is complete at once, independent of other
    /// fragments with its identification (RFC 6946), and so is a packet without a fragment header.
    /// - Parameter now: the current time of a monotonic clock, in nanoseconds.
    public mutating func add(ipv6 bytes: RawSpan, now: Int64) -> Outcome {
        guard let view = try? IPv6View(bytes), !view.isTruncated else { return .dropped(.malformed) }
        let packet = bytes.prefix(IPv6View.headerLength + view.dataLength)
        guard let position = FragmentHeaderPosition(view) else {
            return .complete(packet.copied())
        }
        let start = position.offset + 8
        let bits = packet.bigEndian16(at: position.offset + 2)
        let (offset, moreFragments) = (Int(bits & 0xFFF8), bits & 1 != 0)
        // An invalid length is reported first.
        if offset == 0, !moreFragments || (packet.byteCount - start) % 8 == 0 {
            // A first fragment must contain all headers (RFC 7112, section 5).
            let next = IPProtocol(rawValue: packet.byte(at: position.offset))
            guard Self.hasWholeChain(packet.dropping(start), first: next, needsUpperLayer: moreFragments) else {
                return .dropped(.malformed)
            }
            if !moreFragments {
                return .complete(
                    Self.headers(packet.prefix(start).copied(), position) + packet.dropping(start).copied())
            }
        }
        let key = Key(
            source: .v6(view.source), destination: .v6(view.destination), protocol: .fragment,
            identification: packet.bigEndian32(at: position.offset + 4))
        let fragment = Fragment(
            key, offset: offset, moreFragments: moreFragments, ecn: packet.byte(at: 1) >> 4,
            header: packet.prefix(start), data: packet.dropping(start))
        let (complete, outcome) = add(
            fragment, headerRoom: IPv6View.headerLength,
            limit: Int(UInt16.max) - (position.offset - IPv6View.headerLength), now: now)
        guard let complete else { return outcome }
        let first = table.datagrams[complete]
        guard let view = try? IPv6View(first.header.rawBytes), let position = FragmentHeaderPosition(view),
            position.offset - IPv6View.headerLength + first.byteCount <= Int(UInt16.max)
        else {
            table.giveUp(complete)
            return .dropped(.tooLong)
        }
        var header = Self.headers(first.header, position)
        let length = UInt16(truncatingIfNeeded: header.count - IPv6View.headerLength + first.byteCount)
        header.withMutableBytes { bytes in
            if first.hasCongestion { bytes.setByte(bytes.bytes.byte(at: 1) | 0x30, at: 1) }
            bytes.setBigEndian16(length, at: 4)
        }
        let whole = table.update(complete) { $0.take(header) }
        table.remove(complete)
        return .complete(whole)
    }

    /// Whether the bytes contain every header through the upper-layer header, which is part of the chain (RFC 7112,
    /// section 3).
    private static func hasWholeChain(_ bytes: RawSpan, first: IPProtocol, needsUpperLayer: Bool) -> Bool {
        var chain = IPv6ChainReader(first: first, payload: bytes)
        while chain.next() != nil {}
        // A nested fragment header names a header that is in another fragment.
        guard !chain.isTruncated, !chain.isLaterFragment, needsUpperLayer else { return !chain.isTruncated }
        let upper = bytes.dropping(chain.offset)
        let needed =
            switch chain.nextHeader {
            case .tcp where upper.byteCount >= TCPView.minimumHeaderLength:
                max(Int(upper.byte(at: 12) >> 4) &* 4, TCPView.minimumHeaderLength)
            case .tcp: TCPView.minimumHeaderLength
            case .udp: UDPView.headerLength
            case .encapsulatingSecurityPayload: 8
            case IPProtocol(rawValue: 4): IPv4View.minimumHeaderLength
            case IPProtocol(rawValue: 41): IPv6View.headerLength
            case .noNextHeader: 0
            default: 1
            }
        return upper.byteCount >= needed
    }

    /// Returns the headers without the fragment header, which is the last of them.
    private static func headers(_ bytes: [UInt8], _ position: FragmentHeaderPosition) -> [UInt8] {
        var headers = Array(bytes.prefix(position.offset))
        headers[position.namedAt] = bytes[position.offset]
        let (high, low) = (bytes[4], bytes[5])
        let length = (UInt16(high) << 8 | UInt16(low)) &- 8
        headers.withMutableBytes { $0.setBigEndian16(length, at: 4) }
        return headers
    }
}

/// The offset of a packet's fragment header, and of the byte that names it.
private struct FragmentHeaderPosition {
    var offset: Int
    var namedAt: Int

    /// Returns nil if there is no fragment header.
    init?(_ view: borrowing IPv6View) {
        namedAt = 6
        var chain = IPv6ChainReader(first: view.nextHeader, payload: view.bytes.dropping(IPv6View.headerLength))
        while let (header, range) = chain.next() {
            if header == .fragment {
                offset = IPv6View.headerLength + range.lowerBound
                return
            }
            namedAt = IPv6View.headerLength + range.lowerBound
        }
        return nil
    }
}
