/// A TCP header over a segment's bytes (RFC 9293, section 3.1).
///
/// Made only when the whole header, options included, is there; after that no
/// accessor can fail.
public struct TCPView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of a header without options.
    public static let minimumHeaderLength = 20

    /// Throws when the header is truncated, or the data offset is below 20 bytes or beyond the segment.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.minimumHeaderLength else {
            throw .truncatedHeader(.tcp, needed: Self.minimumHeaderLength, available: bytes.byteCount)
        }
        let headerLength = Int(bytes.byte(at: 12) >> 4) &* 4
        guard headerLength >= Self.minimumHeaderLength else {
            throw ParseError(
                layer: .tcp, field: "dataOffset", offset: 12, reason: .invalid(value: UInt64(headerLength)))
        }
        guard bytes.byteCount >= headerLength else {
            throw .truncatedHeader(.tcp, needed: headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The sender's port.
    @inlinable public var sourcePort: UInt16 { bytes.bigEndian16(at: 0) }
    /// The receiver's port.
    @inlinable public var destinationPort: UInt16 { bytes.bigEndian16(at: 2) }
    /// Number of the first data byte; of the SYN itself where that is set.
    @inlinable public var sequenceNumber: UInt32 { bytes.bigEndian32(at: 4) }
    /// Number of the next byte that the sender expects, where ACK is set.
    @inlinable public var acknowledgmentNumber: UInt32 { bytes.bigEndian32(at: 8) }
    /// Bytes of the header with its options, 20 to 60.
    @inlinable public var headerLength: Int { Int(bytes.byte(at: 12) >> 4) &* 4 }
    @inlinable public var flags: TCPFlags { TCPFlags(rawValue: bytes.bigEndian16(at: 12)) }
    /// Bytes that the sender takes from the acknowledgment number on, before any window scale.
    @inlinable public var window: UInt16 { bytes.bigEndian16(at: 14) }
    /// The checksum as it stands in the bytes.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 16) }
    /// Offset from the sequence number to the byte after urgent data, where URG is set.
    @inlinable public var urgentPointer: UInt16 { bytes.bigEndian16(at: 18) }

    /// The options, padding included; a multiple of 4 bytes.
    @inlinable public var options: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(Self.minimumHeaderLength..<headerLength) }
    }

    /// The data: what follows the header.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(headerLength) }
    }

    /// Whether the checksum is right for this pair of addresses, the bytes being the whole segment.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        var sum = InternetChecksum()
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: bytes.byteCount)
        else { return .unchecked }
        sum.add(bytes)
        return sum.value == 0 ? .correct : .incorrect
    }

    /// The state for who looks at a capture: a checksum that was left to the network card is told from a wrong one.
    func capturedChecksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        let state = checksumState(source: source, destination: destination)
        var sum = InternetChecksum()
        guard state == .incorrect,
            sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: bytes.byteCount)
        else { return state }
        return sum.partial == checksum ? .offloaded : .incorrect
    }
}

/// A TCP segment (RFC 9293, section 3.1).
public struct TCPSegment: Hashable, Sendable, WireEncodable {
    /// The sender's port.
    public var sourcePort: UInt16
    /// The receiver's port.
    public var destinationPort: UInt16
    /// Number of the first data byte; of the SYN itself where that is set.
    public var sequenceNumber: UInt32
    /// Number of the next byte that the sender expects, where ACK is set.
    public var acknowledgmentNumber: UInt32
    /// The control bits.
    public var flags: TCPFlags
    /// Bytes that the sender takes from the acknowledgment number on, before any window scale.
    public var window: UInt16
    /// The checksum as it is written; `updateChecksum` computes it, for it covers the addresses.
    public var checksum: UInt16
    /// Offset from the sequence number to the byte after urgent data, where URG is set.
    public var urgentPointer: UInt16
    /// The options, in their order.
    public var options: TCPOptions
    /// The data after the header.
    public var data: [UInt8]

    /// A segment without its checksum, which covers the addresses.
    public init(
        sourcePort: UInt16, destinationPort: UInt16, sequenceNumber: UInt32, acknowledgmentNumber: UInt32 = 0,
        flags: TCPFlags, window: UInt16 = 64_240, options: TCPOptions = TCPOptions(), data: [UInt8] = []
    ) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.sequenceNumber = sequenceNumber
        self.acknowledgmentNumber = acknowledgmentNumber
        self.flags = flags
        self.window = window
        checksum = 0
        urgentPointer = 0
        self.options = options
        self.data = data
    }

    /// Every field as it stands in the bytes, the checksum too.
    public init(_ view: borrowing TCPView) {
        self.init(
            sourcePort: view.sourcePort, destinationPort: view.destinationPort, sequenceNumber: view.sequenceNumber,
            acknowledgmentNumber: view.acknowledgmentNumber, flags: view.flags, window: view.window,
            options: TCPOptions(view.options), data: view.payload.copied())
        checksum = view.checksum
        urgentPointer = view.urgentPointer
    }

    /// Bytes of the header with its options, padded to a multiple of 4.
    public var headerLength: Int { TCPView.minimumHeaderLength + options.paddedByteCount }

    public var byteCount: Int { headerLength + data.count }

    /// Throws when the output is too small, or the options take more than 40 bytes.
    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        let headerLength = headerLength
        guard headerLength <= TCPView.minimumHeaderLength + TCPOptions.maximumByteCount else {
            throw CapacityError(needed: options.paddedByteCount, available: TCPOptions.maximumByteCount)
        }
        bytes.setBigEndian16(sourcePort, at: offset)
        bytes.setBigEndian16(destinationPort, at: offset + 2)
        bytes.setBigEndian32(sequenceNumber, at: offset + 4)
        bytes.setBigEndian32(acknowledgmentNumber, at: offset + 8)
        bytes.setBigEndian16(UInt16(headerLength / 4) << 12 | flags.rawValue, at: offset + 12)
        bytes.setBigEndian16(window, at: offset + 14)
        bytes.setBigEndian16(checksum, at: offset + 16)
        bytes.setBigEndian16(urgentPointer, at: offset + 18)
        if headerLength > TCPView.minimumHeaderLength {
            try options.write(into: &bytes, at: offset + TCPView.minimumHeaderLength)
        }
        bytes.copy(data, at: offset + headerLength)
    }

    /// Computes the checksum for this pair of addresses, both of one family.
    public mutating func updateChecksum(source: IPAddress, destination: IPAddress) {
        checksum = 0
        var sum = InternetChecksum()
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: byteCount) else {
            return
        }
        let bytes = encoded()
        sum.add(bytes.rawBytes)
        checksum = sum.value
    }
}
