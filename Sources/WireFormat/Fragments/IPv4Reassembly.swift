extension Reassembly {
    /// Adds an IPv4 datagram; one that is not a fragment is complete at once.
    /// - Parameter now: the current time of a monotonic clock, in nanoseconds.
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
            ecn: view.typeOfService, header: bytes.prefix(view.headerLength), data: view.payload)
        let (index, outcome) = add(
            fragment, headerRoom: IPv4View.minimumHeaderLength,
            limit: Int(UInt16.max) - IPv4View.minimumHeaderLength, now: now)
        guard let index else { return outcome }
        guard let header = Self.wholeHeader(table.datagrams[index]) else {
            table.giveUp(index)
            return .dropped(.tooLong)
        }
        let whole = table.update(index) { $0.take(header) }
        table.remove(index)
        return .complete(whole)
    }

    /// Returns the first fragment's header as that of the whole datagram; nil if the datagram is too long.
    private static func wholeHeader(_ datagram: PartialDatagram) -> [UInt8]? {
        var header = datagram.header
        guard let length = UInt16(exactly: header.count + datagram.byteCount) else { return nil }
        header.withMutableBytes { bytes in
            if datagram.hasCongestion { bytes.setByte(bytes.bytes.byte(at: 1) | 3, at: 1) }
            bytes.setBigEndian16(length, at: 2)
            bytes.setBigEndian16(0, at: 6)
            bytes.setBigEndian16(0, at: 10)
            bytes.setBigEndian16(InternetChecksum.of(bytes.bytes), at: 10)
        }
        return header
    }
}
