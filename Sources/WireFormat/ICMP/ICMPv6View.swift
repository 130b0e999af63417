/// A view of an ICMPv6 message: its first 8 bytes and the rest (RFC 4443).
public struct ICMPv6View: ~Escapable {
    public let bytes: RawSpan

    /// The length of type, code, checksum and the word that depends on the type, in bytes.
    public static let headerLength = 8

    /// Throws if there are fewer than 8 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.icmpv6, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @inlinable public var type: ICMPv6Type { ICMPv6Type(rawValue: bytes.byte(at: 0)) }
    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    @inlinable public var code: UInt8 { bytes.byte(at: 1) }
    /// The checksum field.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 2) }
    /// Echo messages: the identifier.
    @inlinable public var identifier: UInt16 { bytes.bigEndian16(at: 4) }
    /// Echo messages: the sequence number.
    @inlinable public var sequenceNumber: UInt16 { bytes.bigEndian16(at: 6) }
    /// The 4 bytes after the checksum: the MTU of packet too
    /// big, the pointer of parameter problem.
    @inlinable public var restOfHeader: UInt32 { bytes.bigEndian32(at: 4) }

    /// The bytes after the first 8.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }

    /// Verifies the checksum for a pair of addresses; unchecked if one is not IPv6.
    public func checksumState(source: IPAddress, destination: IPAddress) -> ChecksumState {
        guard case .v6(let source) = source, case .v6(let destination) = destination else { return .unchecked }
        return checksumState(source: source, destination: destination)
    }

    /// Verifies the checksum for a pair of addresses; the bytes must be the whole message.
    public func checksumState(source: IPv6Address, destination: IPv6Address) -> ChecksumState {
        var sum = InternetChecksum()
        sum.addPseudoHeader(source: source, destination: destination, protocol: .icmpv6, length: bytes.byteCount)
        sum.add(bytes)
        return sum.value == 0 ? .correct : .incorrect
    }
}
