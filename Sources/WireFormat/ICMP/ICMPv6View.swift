/// The first eight bytes of an ICMPv6 message, and what follows (RFC 4443).
public struct ICMPv6View: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of type, code, checksum and the word that depends on the type.
    public static let headerLength = 8

    /// Throws when fewer than 8 bytes are there.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.icmpv6, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @inlinable public var type: ICMPv6Type { ICMPv6Type(rawValue: bytes.byte(at: 0)) }
    /// What the message says within its type (RFC 792; RFC 4443, section 2.1).
    @inlinable public var code: UInt8 { bytes.byte(at: 1) }
    /// The checksum as it stands in the bytes.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 2) }
    /// Echo messages: whose message it is.
    @inlinable public var identifier: UInt16 { bytes.bigEndian16(at: 4) }
    /// Echo messages.
    @inlinable public var sequenceNumber: UInt16 { bytes.bigEndian16(at: 6) }
    /// The four bytes after the checksum as they stand: the MTU of packet too
    /// big, the pointer of parameter problem.
    @inlinable public var restOfHeader: UInt32 { bytes.bigEndian32(at: 4) }

    /// What follows the first eight bytes.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }

    /// Whether the checksum is right for this pair of addresses; unchecked when one is not of IPv6.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        guard case .v6(let source) = source, case .v6(let destination) = destination else { return .unchecked }
        return checksumState(source: source, destination: destination)
    }

    /// Whether the checksum is right for this pair of addresses, the bytes being the whole message.
    public func checksumState(source: IPv6Address, destination: IPv6Address) -> ChecksumState {
        var sum = InternetChecksum()
        sum.addPseudoHeader(source: source, destination: destination, protocol: .icmpv6, length: bytes.byteCount)
        sum.add(bytes)
        return sum.value == 0 ? .correct : .incorrect
    }
}
