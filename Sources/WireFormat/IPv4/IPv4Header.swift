/// A view of an IPv4 header and its datagram (RFC 791, section 3.1).
///
/// It can be created only if the version is 4 and the whole header with its options is
/// present; after that no accessor can fail. The total length is not trusted:
/// `payload` never extends beyond the available bytes.
public struct IPv4View: ~Escapable {
    public let bytes: RawSpan

    /// The length of a header without options, in bytes.
    public static let minimumHeaderLength = 20
    /// The times to live with which a packet can leave a host (RFC 1122, section 3.2.1.7).
    public static let timesToLive: ClosedRange<UInt8> = 1...255

    /// Throws if the header is truncated, the version is not 4, or the
    /// header length is below 20 or exceeds the available bytes.
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

    /// The length of the header with its options, 20 to 60 bytes.
    @inlinable public var headerLength: Int { Int(bytes.byte(at: 0) & 0xF) &* 4 }
    /// Differentiated services field and ECN (RFC 2474, RFC 3168), formerly type of service.
    @inlinable public var typeOfService: UInt8 { bytes.byte(at: 1) }
    /// The length of header and data as stated in the header, in bytes.
    @inlinable public var totalLength: UInt16 { bytes.bigEndian16(at: 2) }
    /// The identification, the same in all fragments of a datagram.
    @inlinable public var identification: UInt16 { bytes.bigEndian16(at: 4) }
    /// The reserved bit, which must be zero.
    @inlinable public var reservedFlag: Bool { bytes.byte(at: 6) & 0x80 != 0 }
    /// The DF flag: routers must not fragment the datagram.
    @inlinable public var dontFragment: Bool { bytes.byte(at: 6) & 0x40 != 0 }
    /// The MF flag: more fragments follow.
    @inlinable public var moreFragments: Bool { bytes.byte(at: 6) & 0x20 != 0 }
    /// The fragment offset, in units of 8 bytes.
    @inlinable public var fragmentOffset: UInt16 { bytes.bigEndian16(at: 6) & 0x1FFF }
    /// The time to live, in hops.
    @inlinable public var timeToLive: UInt8 { bytes.byte(at: 8) }
    @inlinable public var `protocol`: IPProtocol { IPProtocol(rawValue: bytes.byte(at: 9)) }
    /// The header checksum field.
    @inlinable public var headerChecksum: UInt16 { bytes.bigEndian16(at: 10) }
    /// The source address.
    @inlinable public var source: IPv4Address { bytes.ipv4Address(at: 12) }
    /// The destination address, or the next address of a source route.
    @inlinable public var destination: IPv4Address { bytes.ipv4Address(at: 16) }

    /// The options with padding; a multiple of 4 bytes.
    @inlinable public var options: RawSpan {
        @_lifetime(copy self) get {
            bytes.extracting(Self.minimumHeaderLength..<headerLength)
        }
    }

    /// The length of header and data: the total length, or all bytes if it is 0, as
    /// in captures of packets before segmentation by the network card (TSO).
    @inlinable public var datagramLength: Int { totalLength == 0 ? bytes.byteCount : Int(totalLength) }

    /// The available data: up to the datagram's length or the end of the bytes, whichever is less.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Swift.max(datagramLength, headerLength), bytes.byteCount)
            return bytes.extracting(headerLength..<end)
        }
    }

    /// The final destination: the last address of an incomplete source route,
    /// otherwise the destination. It is the address in the
    /// pseudo-header of UDP and TCP (RFC 1122, section 3.2.1.8).
    public var finalDestination: IPv4Address {
        guard headerLength > Self.minimumHeaderLength else { return destination }
        var reader = OptionReader(options)
        while let (type, data) = reader.next() {
            guard type == 131 || type == 137, data.count >= 5 else { continue }
            let pointer = Int(options.byte(at: data.lowerBound))
            // The pointer counts from 1 at the option's type; beyond the length, the route is complete.
            if pointer &+ 3 <= data.count &+ 2 { return options.ipv4Address(at: data.upperBound &- 4) }
        }
        return destination
    }

    /// Whether fewer bytes are available than the total length states.
    @inlinable public var isTruncated: Bool { Int(totalLength) > bytes.byteCount }

    /// The result of verifying the header checksum.
    public var checksumState: ChecksumState {
        InternetChecksum.of(bytes.prefix(headerLength)) == 0 ? .correct : .incorrect
    }
}

/// An IPv4 header (RFC 791, section 3.1).
public struct IPv4Header: Hashable, Sendable, WireEncodable {
    /// Differentiated services field and ECN (RFC 2474, RFC 3168), formerly type of service.
    public var typeOfService: UInt8
    /// The length of header and data, in bytes.
    public var totalLength: UInt16
    /// The identification, the same in all fragments of a datagram.
    public var identification: UInt16
    /// The reserved bit, which must be zero.
    public var reservedFlag: Bool
    /// The DF flag: routers must not fragment the datagram.
    public var dontFragment: Bool
    /// The MF flag: more fragments follow.
    public var moreFragments: Bool
    /// The fragment offset, in units of 8 bytes, 0 to 8191.
    public var fragmentOffset: UInt16
    /// The time to live, in hops.
    public var timeToLive: UInt8
    /// The protocol of the payload.
    public var `protocol`: IPProtocol
    /// The checksum to write; nil to compute it.
    public var headerChecksum: UInt16?
    /// The source address.
    public var source: IPv4Address
    /// The destination address, or the next address of a source route.
    public var destination: IPv4Address
    /// The options, in order.
    public var options: IPv4Options

    /// Creates a header for `payloadLength` bytes of data. The total length is
    /// truncated to 16 bits: the caller has to check the payload's length.
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

    /// Creates a header with every field of a view, including the checksum.
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

    /// The three flags as a number: 4 for the reserved one, 2 for don't fragment, 1 for more fragments (RFC 791,
    /// section 3.1).
    public var flagBits: UInt8 { (reservedFlag ? 4 : 0) | (dontFragment ? 2 : 0) | (moreFragments ? 1 : 0) }

    /// The length of the header with its options, padded to a multiple of 4 bytes.
    public var byteCount: Int { IPv4View.minimumHeaderLength + options.paddedByteCount }

    /// Throws if the output is too small, or the options exceed 40 bytes.
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
        let flags = UInt16(flagBits) << 13
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
