/// A UDP header over a datagram's bytes (RFC 768).
public struct UDPView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the header.
    public static let headerLength = 8

    /// Throws when fewer than 8 bytes are there.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw ParseError(
                layer: .udp, field: "header", offset: 0,
                reason: .truncated(needed: Self.headerLength, available: bytes.byteCount))
        }
        self.bytes = bytes
    }

    @inlinable public var sourcePort: UInt16 { bytes.bigEndian16(at: 0) }
    @inlinable public var destinationPort: UInt16 { bytes.bigEndian16(at: 2) }
    /// Bytes of header and data, as the header says.
    @inlinable public var length: UInt16 { bytes.bigEndian16(at: 4) }
    /// 0 means that the sender made none, which only IPv4 allows.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 6) }

    /// The data that is there: up to the length, or to the end of the bytes when that comes first.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Swift.max(Int(length), Self.headerLength), bytes.byteCount)
            return bytes.extracting(Self.headerLength..<end)
        }
    }

    /// Whether the checksum is right for this pair of addresses; `.unchecked`
    /// when bytes are missing or, over IPv4, when the sender made no checksum.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        guard Int(length) >= Self.headerLength, Int(length) <= bytes.byteCount else { return .unchecked }
        var sum = InternetChecksum()
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            guard checksum != 0 else { return .unchecked }
            sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: Int(length))
        case (.v6(let source), .v6(let destination)):
            guard checksum != 0 else { return .incorrect }
            sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: Int(length))
        default: return .unchecked
        }
        sum.add(bytes.prefix(Int(length)))
        return sum.value == 0 ? .correct : .incorrect
    }
}

/// A UDP datagram (RFC 768).
public struct UDPDatagram: Hashable, Sendable, WireEncodable {
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// Bytes of header and data to write; nil for what they are.
    public var length: UInt16?
    /// The checksum to write; 0 says that none was made.
    public var checksum: UInt16
    public var data: [UInt8]

    public init(sourcePort: UInt16, destinationPort: UInt16, data: [UInt8]) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.data = data
        length = nil
        checksum = 0
    }

    public init(_ view: borrowing UDPView) {
        sourcePort = view.sourcePort
        destinationPort = view.destinationPort
        data = view.payload.copied()
        length = Int(view.length) == UDPView.headerLength + data.count ? nil : view.length
        checksum = view.checksum
    }

    public var byteCount: Int { UDPView.headerLength + data.count }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setBigEndian16(sourcePort, at: offset)
        bytes.setBigEndian16(destinationPort, at: offset + 2)
        bytes.setBigEndian16(length ?? UInt16(truncatingIfNeeded: byteCount), at: offset + 4)
        bytes.setBigEndian16(checksum, at: offset + 6)
        bytes.copy(data, at: offset + UDPView.headerLength)
    }

    /// Computes the checksum for this pair of addresses. A computed 0 is
    /// written as 0xFFFF, because 0 says that there is none (RFC 768; RFC 8200, section 8.1).
    public mutating func updateChecksum(source: IPAddress, destination: IPAddress) {
        checksum = 0
        var sum = InternetChecksum()
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: byteCount)
        case (.v6(let source), .v6(let destination)):
            sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: byteCount)
        default: return
        }
        let bytes = encoded()
        sum.add(bytes.rawBytes)
        checksum = sum.value == 0 ? 0xFFFF : sum.value
    }
}
