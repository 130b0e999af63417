import WireFormat

/// The IP header of a TCP segment: never fragmented, so the IPv4 identification is not needed (RFC 6864, section 4.1).
struct SegmentHeader {
    private let source: IPAddress
    private let destination: IPAddress
    private let payload: Int

    /// - Parameter payload: the length of the segment, in bytes.
    init(from source: IPAddress, to destination: IPAddress, payload: Int) {
        self.source = source
        self.destination = destination
        self.payload = payload
    }

    /// The length of the header, in bytes.
    var length: Int { source.family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength }
    var etherType: EtherType { source.family == .v4 ? .ipv4 : .ipv6 }

    /// The checksum of the pseudo-header.
    var pseudoHeader: InternetChecksum {
        var sum = InternetChecksum()
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: payload)
        case (.v6(let source), .v6(let destination)):
            sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: payload)
        default: break
        }
        return sum
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            bytes.setBigEndian16(0x4500, at: offset)
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: length + payload), at: offset + 2)
            bytes.setBigEndian32(0x0000_4000, at: offset + 4)
            bytes.setBigEndian32(0x4006_0000, at: offset + 8)
            bytes.setIPv4Address(source, at: offset + 12)
            bytes.setIPv4Address(destination, at: offset + 16)
            let checksum = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + length))
            bytes.setBigEndian16(checksum, at: offset + 10)
        case (.v6(let source), .v6(let destination)):
            bytes.setBigEndian32(0x6000_0000, at: offset)
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: payload), at: offset + 4)
            bytes.setBigEndian16(UInt16(IPProtocol.tcp.rawValue) << 8 | 64, at: offset + 6)
            bytes.setIPv6Address(source, at: offset + 8)
            bytes.setIPv6Address(destination, at: offset + 24)
        default: break
        }
    }
}
