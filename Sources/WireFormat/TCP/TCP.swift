/// A view of a TCP header and its segment (RFC 9293, section 3.1).
///
/// It can be created only if the whole header with its options is present; after that no
/// accessor can fail.
public struct TCPView: ~Escapable {
    public let bytes: RawSpan

    /// The length of a header without options, in bytes.
    public static let minimumHeaderLength = 20

    /// Throws if the header is truncated, or the data offset is below 20 bytes or exceeds the segment.
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

    /// The source port.
    @inlinable public var sourcePort: UInt16 { bytes.bigEndian16(at: 0) }
    /// The destination port.
    @inlinable public var destinationPort: UInt16 { bytes.bigEndian16(at: 2) }
    /// The sequence number of the first data byte, or of the SYN if that flag is set.
    @inlinable public var sequenceNumber: UInt32 { bytes.bigEndian32(at: 4) }
    /// The next sequence number that the sender expects, if the ACK flag is set.
    @inlinable public var acknowledgmentNumber: UInt32 { bytes.bigEndian32(at: 8) }
    /// The length of the header with its options, 20 to 60 bytes.
    @inlinable public var headerLength: Int { Int(bytes.byte(at: 12) >> 4) &* 4 }
    @inlinable public var flags: TCPFlags { TCPFlags(rawValue: bytes.bigEndian16(at: 12)) }
    /// The receive window in bytes, before scaling.
    @inlinable public var window: UInt16 { bytes.bigEndian16(at: 14) }
    /// The checksum field.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 16) }
    /// The offset from the sequence number to the byte after urgent data, if the URG flag is set.
    @inlinable public var urgentPointer: UInt16 { bytes.bigEndian16(at: 18) }

    /// The options with padding; a multiple of 4 bytes.
    @inlinable public var options: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(Self.minimumHeaderLength..<headerLength) }
    }

    /// The data after the header.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(headerLength) }
    }

    /// Verifies the checksum for a pair of addresses; the bytes must be the whole segment.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        var sum = InternetChecksum()
        guard sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: bytes.byteCount)
        else { return .unchecked }
        sum.add(bytes)
        return sum.value == 0 ? .correct : .incorrect
    }

    /// Verifies the checksum of a captured segment: distinguishes one left to the network card from an incorrect one.
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
    /// The source port.
    public var sourcePort: UInt16
    /// The destination port.
    public var destinationPort: UInt16
    /// The sequence number of the first data byte, or of the SYN if that flag is set.
    public var sequenceNumber: UInt32
    /// The next sequence number that the sender expects, if the ACK flag is set.
    public var acknowledgmentNumber: UInt32
    /// The control bits.
    public var flags: TCPFlags
    /// The receive window in bytes, before scaling.
    public var window: UInt16
    /// The checksum to write; computed by `updateChecksum`, because it covers the addresses.
    public var checksum: UInt16
    /// The offset from the sequence number to the byte after urgent data, if the URG flag is set.
    public var urgentPointer: UInt16
    /// The options, in order.
    public var options: TCPOptions
    /// The data after the header.
    public var data: [UInt8]

    /// Creates a segment without checksum.
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

    /// Creates a segment with every field of a view, including the checksum.
    public init(_ view: borrowing TCPView) {
        self.init(
            sourcePort: view.sourcePort, destinationPort: view.destinationPort, sequenceNumber: view.sequenceNumber,
            acknowledgmentNumber: view.acknowledgmentNumber, flags: view.flags, window: view.window,
            options: TCPOptions(view.options), data: view.payload.copied())
        checksum = view.checksum
        urgentPointer = view.urgentPointer
    }

    /// The length of the header with its options, padded to a multiple of 4 bytes.
    public var headerLength: Int { TCPView.minimumHeaderLength + options.paddedByteCount }

    public var byteCount: Int { headerLength + data.count }

    /// Throws if the output is too small, or the options exceed 40 bytes.
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

    /// Computes the checksum for a pair of addresses of the same family.
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
