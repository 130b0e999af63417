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
            throw .truncatedHeader(.udp, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The sender's port.
    @inlinable public var sourcePort: UInt16 { bytes.bigEndian16(at: 0) }
    /// The receiver's port.
    @inlinable public var destinationPort: UInt16 { bytes.bigEndian16(at: 2) }
    /// Bytes of header and data, as the header says.
    @inlinable public var length: UInt16 { bytes.bigEndian16(at: 4) }
    /// 0 means that the sender made none, which only IPv4 allows.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 6) }

    /// The data that is there: up to the length, or to the end of the bytes when that comes first.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Swift.max(datagramLength, Self.headerLength), bytes.byteCount)
            return bytes.extracting(Self.headerLength..<end)
        }
    }

    /// Bytes of the datagram: the length, or all where it is 0, as it is in
    /// jumbograms and in captures of offloaded packets (RFC 2675, section 4).
    @inlinable public var datagramLength: Int { length == 0 ? bytes.byteCount : Int(length) }

    /// Whether the checksum is right for this pair of addresses; `.unchecked`
    /// when bytes are missing or, over IPv4, when the sender made no checksum.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        let length = datagramLength
        guard length >= Self.headerLength, length <= bytes.byteCount else { return .unchecked }
        // Over IPv6 the checksum is compulsory (RFC 8200, section 8.1).
        guard checksum != 0 else { return source.family == .v4 ? .unchecked : .incorrect }
        var sum = InternetChecksum()
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: length) else {
            return .unchecked
        }
        sum.add(bytes.prefix(length))
        return sum.value == 0 ? .correct : .incorrect
    }

    /// The state for who looks at a capture: a checksum that was left to the network card is told from a wrong one.
    func capturedChecksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        let state = checksumState(source: source, destination: destination)
        var sum = InternetChecksum()
        guard state == .incorrect, checksum != 0,
            sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: datagramLength)
        else { return state }
        return sum.partial == checksum ? .offloaded : .incorrect
    }
}

/// A UDP datagram (RFC 768).
public struct UDPDatagram: Hashable, Sendable, WireEncodable {
    /// The sender's port.
    public var sourcePort: UInt16
    /// The receiver's port.
    public var destinationPort: UInt16
    /// Bytes of header and data to write; nil for what they are.
    public var length: UInt16?
    /// The checksum to write; 0 says that none was made.
    public var checksum: UInt16
    /// The data after the header.
    public var data: [UInt8]

    /// A datagram without a checksum.
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
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: byteCount) else {
            return
        }
        let bytes = encoded()
        sum.add(bytes.rawBytes)
        checksum = sum.value == 0 ? 0xFFFF : sum.value
    }
}
