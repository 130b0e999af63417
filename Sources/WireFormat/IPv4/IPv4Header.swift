/// An IPv4 header over a datagram's bytes (RFC 791, section 3.1).
///
/// Made only when the version is 4 and the whole header, options included, is
/// there; after that no accessor can fail. The total length is a stranger's
/// word: `payload` never goes beyond the bytes that are there.
public struct IPv4View: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of a header without options.
    public static let minimumHeaderLength = 20

    /// Throws when the header is truncated, the version is not 4, or the
    /// header length is below 20 or beyond the bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.minimumHeaderLength else {
            throw .truncatedHeader(.ipv4, needed: Self.minimumHeaderLength, available: bytes.byteCount)
        }
        let first = bytes.byte(at: 0)
        guard first >> 4 == 4 else {
            throw ParseError(layer: .ipv4, field: "version", offset: 0, reason: .invalid(value: UInt64(first >> 4)))
        }
        let headerLength = Int(first & 0xF) &* 4
        guard headerLength >= Self.minimumHeaderLength else {
            throw ParseError(
                layer: .ipv4, field: "headerLength", offset: 0, reason: .invalid(value: UInt64(headerLength)))
        }
        guard bytes.byteCount >= headerLength else {
            throw .truncatedHeader(.ipv4, needed: headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// Bytes of the header with its options, 20 to 60.
    @inlinable public var headerLength: Int { Int(bytes.byte(at: 0) & 0xF) &* 4 }
    /// Differentiated services field and ECN (RFC 2474, RFC 3168), formerly type of service.
    @inlinable public var typeOfService: UInt8 { bytes.byte(at: 1) }
    /// Bytes of header and data, as the header says.
    @inlinable public var totalLength: UInt16 { bytes.bigEndian16(at: 2) }
    /// What the fragments of one datagram have in common.
    @inlinable public var identification: UInt16 { bytes.bigEndian16(at: 4) }
    /// The reserved bit, which must be zero.
    @inlinable public var reservedFlag: Bool { bytes.byte(at: 6) & 0x80 != 0 }
    /// Whether routers must not cut it.
    @inlinable public var dontFragment: Bool { bytes.byte(at: 6) & 0x40 != 0 }
    /// Whether a fragment follows this one.
    @inlinable public var moreFragments: Bool { bytes.byte(at: 6) & 0x20 != 0 }
    /// Offset of this fragment's data in the datagram's, in units of 8 bytes.
    @inlinable public var fragmentOffset: UInt16 { bytes.bigEndian16(at: 6) & 0x1FFF }
    /// Routers that it may still pass.
    @inlinable public var timeToLive: UInt8 { bytes.byte(at: 8) }
    @inlinable public var `protocol`: IPProtocol { IPProtocol(rawValue: bytes.byte(at: 9)) }
    /// The checksum over the header as it stands there.
    @inlinable public var headerChecksum: UInt16 { bytes.bigEndian16(at: 10) }
    /// Where the datagram comes from.
    @inlinable public var source: IPv4Address { bytes.ipv4Address(at: 12) }
    /// Where the datagram goes, or goes next on a source route.
    @inlinable public var destination: IPv4Address { bytes.ipv4Address(at: 16) }

    /// The options, padding included; a multiple of 4 bytes.
    @inlinable public var options: RawSpan {
        @_lifetime(copy self) get {
            bytes.extracting(Self.minimumHeaderLength..<headerLength)
        }
    }

    /// Bytes of header and data: the total length, or all where it is 0, as it
    /// is in captures of packets that the card was to cut (segmentation offload).
    @inlinable public var datagramLength: Int { totalLength == 0 ? bytes.byteCount : Int(totalLength) }

    /// The data that is there: up to the datagram's length, or to the end of the bytes when that comes first.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Swift.max(datagramLength, headerLength), bytes.byteCount)
            return bytes.extracting(headerLength..<end)
        }
    }

    /// Where the datagram goes in the end: the last address of a source route
    /// that still has some before it, and the destination otherwise. The
    /// checksums of UDP and TCP cover this one (RFC 1122, section 3.2.1.8).
    public var finalDestination: IPv4Address {
        guard headerLength > Self.minimumHeaderLength else { return destination }
        var reader = OptionReader(options)
        while let (type, data) = reader.next() {
            guard type == 131 || type == 137, data.count >= 5 else { continue }
            let pointer = Int(options.byte(at: data.lowerBound))
            // Counted from 1 at the option's type: beyond the length nothing is left to visit.
            if pointer &+ 3 <= data.count &+ 2 { return options.ipv4Address(at: data.upperBound &- 4) }
        }
        return destination
    }

    /// True when fewer bytes are there than the total length says.
    @inlinable public var isTruncated: Bool { Int(totalLength) > bytes.byteCount }

    /// Whether the header's checksum is right. It covers the header alone, which is always there.
    public var checksumState: ChecksumState {
        InternetChecksum.of(bytes.prefix(headerLength)) == 0 ? .correct : .incorrect
    }
}

/// An IPv4 header (RFC 791, section 3.1).
public struct IPv4Header: Hashable, Sendable, WireEncodable {
    /// Differentiated services field and ECN (RFC 2474, RFC 3168), formerly type of service.
    public var typeOfService: UInt8
    /// Bytes of header and data.
    public var totalLength: UInt16
    /// What the fragments of one datagram have in common.
    public var identification: UInt16
    /// The reserved bit, which must be zero.
    public var reservedFlag: Bool
    /// Whether routers must not cut it.
    public var dontFragment: Bool
    /// Whether a fragment follows this one.
    public var moreFragments: Bool
    /// Offset of this fragment's data in the datagram's, in units of 8 bytes, 0 to 8191.
    public var fragmentOffset: UInt16
    /// Routers that it may still pass.
    public var timeToLive: UInt8
    /// What the datagram carries.
    public var `protocol`: IPProtocol
    /// The checksum to write; nil to compute it.
    public var headerChecksum: UInt16?
    /// Where the datagram comes from.
    public var source: IPv4Address
    /// Where the datagram goes, or goes next on a source route.
    public var destination: IPv4Address
    /// The options, in their order.
    public var options: IPv4Options

    /// A header for `payloadLength` bytes of data. The total length is
    /// truncated to 16 bits: check the payload's size first.
    public init(
        source: IPv4Address, destination: IPv4Address, protocol: IPProtocol, payloadLength: Int,
        timeToLive: UInt8 = 64, typeOfService: UInt8 = 0, identification: UInt16 = 0, dontFragment: Bool = false,
        options: IPv4Options = IPv4Options()
    ) {
        self.typeOfService = typeOfService
        self.totalLength = UInt16(
            truncatingIfNeeded: IPv4View.minimumHeaderLength + options.paddedByteCount + payloadLength)
        self.identification = identification
        self.reservedFlag = false
        self.dontFragment = dontFragment
        self.moreFragments = false
        self.fragmentOffset = 0
        self.timeToLive = timeToLive
        self.protocol = `protocol`
        self.headerChecksum = nil
        self.source = source
        self.destination = destination
        self.options = options
    }

    /// Every field as it stands in the bytes, the checksum too.
    public init(_ view: borrowing IPv4View) {
        typeOfService = view.typeOfService
        totalLength = view.totalLength
        identification = view.identification
        reservedFlag = view.reservedFlag
        dontFragment = view.dontFragment
        moreFragments = view.moreFragments
        fragmentOffset = view.fragmentOffset
        timeToLive = view.timeToLive
        `protocol` = view.protocol
        headerChecksum = view.headerChecksum
        source = view.source
        destination = view.destination
        options = IPv4Options(view.options)
    }

    /// Bytes of the header with its options, padded to a multiple of 4.
    public var byteCount: Int { IPv4View.minimumHeaderLength + options.paddedByteCount }

    /// Throws when the output is too small, or the options take more than 40 bytes.
    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        guard options.paddedByteCount <= IPv4Options.maximumByteCount else {
            throw CapacityError(needed: options.paddedByteCount, available: IPv4Options.maximumByteCount)
        }
        bytes.setByte(4 << 4 | UInt8(byteCount / 4), at: offset)
        bytes.setByte(typeOfService, at: offset + 1)
        bytes.setBigEndian16(totalLength, at: offset + 2)
        bytes.setBigEndian16(identification, at: offset + 4)
        let flags: UInt16 = (reservedFlag ? 0x8000 : 0) | (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0)
        bytes.setBigEndian16(flags | fragmentOffset & 0x1FFF, at: offset + 6)
        bytes.setByte(timeToLive, at: offset + 8)
        bytes.setByte(`protocol`.rawValue, at: offset + 9)
        bytes.setBigEndian16(headerChecksum ?? 0, at: offset + 10)
        bytes.setIPv4Address(source, at: offset + 12)
        bytes.setIPv4Address(destination, at: offset + 16)
        try options.write(into: &bytes, at: offset + IPv4View.minimumHeaderLength)
        if headerChecksum == nil {
            let checksum = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + byteCount))
            bytes.setBigEndian16(checksum, at: offset + 10)
        }
    }
}
