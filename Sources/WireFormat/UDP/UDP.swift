/// A view of a UDP header and its datagram (RFC 768).
public struct UDPView: ~Escapable {
    public let bytes: RawSpan

    /// The length of the header, in bytes.
    public static let headerLength = 8

    /// Throws if there are fewer than 8 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.udp, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The source port.
    @inlinable public var sourcePort: UInt16 { bytes.bigEndian16(at: 0) }
    /// The destination port.
    @inlinable public var destinationPort: UInt16 { bytes.bigEndian16(at: 2) }
    /// The length of header and data as stated in the header, in bytes.
    @inlinable public var length: UInt16 { bytes.bigEndian16(at: 4) }
    /// The checksum field; 0 means no checksum, which only IPv4 allows.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 6) }

    /// The available data: up to the stated length or the end of the bytes, whichever is less.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Swift.max(datagramLength, Self.headerLength), bytes.byteCount)
            return bytes.extracting(Self.headerLength..<end)
        }
    }

    /// The length of the datagram: as stated, or all bytes if it is 0, as in
    /// jumbograms and in captures of offloaded packets (RFC 2675, section 4).
    @inlinable public var datagramLength: Int { length == 0 ? bytes.byteCount : Int(length) }

    /// Verifies the checksum for a pair of addresses; `.unchecked`
    /// if bytes are missing or, over IPv4, if there is no checksum.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        let length = datagramLength
        guard length >= Self.headerLength, length <= bytes.byteCount else { return .unchecked }
        // Over IPv6 the checksum is mandatory (RFC 8200, section 8.1).
        guard checksum != 0 else { return source.family == .v4 ? .unchecked : .incorrect }
        var sum = InternetChecksum()
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .udp, length: length) else {
            return .unchecked
        }
        sum.add(bytes.prefix(length))
        return sum.value == 0 ? .correct : .incorrect
    }

    /// Verifies the checksum of a captured datagram: distinguishes one left to the network card from an incorrect one.
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
    /// The source port.
    public var sourcePort: UInt16
    /// The destination port.
    public var destinationPort: UInt16
    /// The length of header and data to write, in bytes; nil for the actual length.
    public var length: UInt16?
    /// The checksum to write; 0 for none.
    public var checksum: UInt16
    /// The data after the header.
    public var data: [UInt8]

    /// Creates a datagram without checksum.
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

    /// Computes the checksum for a pair of addresses. A computed 0 is
    /// written as 0xFFFF, because 0 means no checksum (RFC 768; RFC 8200, section 8.1).
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
