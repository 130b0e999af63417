extension Reassembly {
    /// Takes a fragment of IPv6 in (RFC 8200, section 4.5); an atomic one is complete at once, whatever else is on
    /// its way under its number (RFC 6946). A packet without a fragment header is complete as it is.
    /// - Parameter now: nanoseconds on any clock that does not go back.
    public mutating func add(ipv6 bytes: RawSpan, now: Int64) -> Outcome {
        guard let view = try? IPv6View(bytes), !view.isTruncated else { return .dropped(.malformed) }
        let packet = bytes.prefix(IPv6View.headerLength + view.dataLength)
        guard let place = FragmentHeaderPlace(view) else {
            return .complete(packet.copied())
        }
        let start = place.offset + 8
        let bits = packet.bigEndian16(at: place.offset + 2)
        let (offset, moreFragments) = (Int(bits & 0xFFF8), bits & 1 != 0)
        if offset == 0 {
            // All headers are in the first fragment, or it is none (RFC 7112, section 5).
            let next = IPProtocol(rawValue: packet.byte(at: place.offset))
            var chain = IPv6ChainReader(first: next, payload: packet.dropping(start))
            while chain.next() != nil {}
            guard !chain.isTruncated else { return .dropped(.malformed) }
            if !moreFragments {
                return .complete(
                    Self.headers(packet.prefix(start).copied(), place) + packet.dropping(start).copied())
            }
        }
        let key = Key(
            source: .v6(view.source), destination: .v6(view.destination), protocol: .fragment,
            identification: packet.bigEndian32(at: place.offset + 4))
        let fragment = Fragment(
            key, offset: offset, moreFragments: moreFragments, header: packet.prefix(start),
            data: packet.dropping(start))
        let (complete, outcome) = add(
            fragment, headerRoom: IPv6View.headerLength, limit: Int(UInt16.max), now: now)
        guard let complete else { return outcome }
        let first = table.datagrams[complete]
        guard let view = try? IPv6View(first.header.rawBytes), let place = FragmentHeaderPlace(view),
            place.offset - IPv6View.headerLength + first.byteCount <= Int(UInt16.max)
        else {
            table.giveUp(complete)
            return .dropped(.tooLong)
        }
        var header = Self.headers(first.header, place)
        let length = UInt16(truncatingIfNeeded: header.count - IPv6View.headerLength + first.byteCount)
        header.withMutableBytes { $0.setBigEndian16(length, at: 4) }
        let whole = table.update(complete) { $0.take(header) }
        table.remove(complete)
        return .complete(whole)
    }

    /// The headers without the fragment header, which is the last of them.
    private static func headers(_ bytes: [UInt8], _ place: FragmentHeaderPlace) -> [UInt8] {
        var headers = Array(bytes.prefix(place.offset))
        headers[place.namedAt] = bytes[place.offset]
        let (high, low) = (bytes[4], bytes[5])
        let length = (UInt16(high) << 8 | UInt16(low)) &- 8
        headers.withMutableBytes { $0.setBigEndian16(length, at: 4) }
        return headers
    }
}

/// Where the fragment header of a packet is, and which byte names it.
private struct FragmentHeaderPlace {
    var offset: Int
    var namedAt: Int

    /// Nil when there is none.
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
