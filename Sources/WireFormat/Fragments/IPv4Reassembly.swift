extension Reassembly {
    /// Takes an IPv4 datagram in; one that is no fragment is complete at once.
    /// - Parameter now: nanoseconds on any clock that does not go back.
    public mutating func add(ipv4 bytes: RawSpan, now: Int64) -> Outcome {
        guard let view = try? IPv4View(bytes), !view.isTruncated, Int(view.datagramLength) >= view.headerLength else {
            return .dropped(.malformed)
        }
        guard view.moreFragments || view.fragmentOffset != 0 else {
            return .complete(bytes.prefix(view.datagramLength).copied())
        }
        let key = Key(
            source: .v4(view.source), destination: .v4(view.destination), protocol: view.protocol,
            identification: UInt32(view.identification))
        let fragment = Fragment(
            key, offset: Int(view.fragmentOffset) &* 8, moreFragments: view.moreFragments,
            header: bytes.prefix(view.headerLength), data: view.payload)
        let (place, outcome) = add(
            fragment, headerRoom: IPv4View.minimumHeaderLength,
            limit: Int(UInt16.max) - IPv4View.minimumHeaderLength, now: now)
        guard let place else { return outcome }
        guard let header = Self.wholeHeader(table.datagrams[place]) else {
            table.giveUp(place)
            return .dropped(.tooLong)
        }
        let whole = table.update(place) { $0.take(header) }
        table.remove(place)
        return .complete(whole)
    }

    /// The first fragment's header as that of the whole datagram; nil when that is longer than any can be.
    private static func wholeHeader(_ datagram: PartialDatagram) -> [UInt8]? {
        var header = datagram.header
        guard let length = UInt16(exactly: header.count + datagram.byteCount) else { return nil }
        header.withMutableBytes { bytes in
            bytes.setBigEndian16(length, at: 2)
            bytes.setBigEndian16(0, at: 6)
            bytes.setBigEndian16(0, at: 10)
            bytes.setBigEndian16(InternetChecksum.of(bytes.bytes), at: 10)
        }
        return header
    }
}
