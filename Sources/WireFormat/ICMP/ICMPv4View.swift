/// A view of an ICMPv4 message: its first 8 bytes and the rest (RFC 792).
public struct ICMPv4View: ~Escapable {
    public let bytes: RawSpan

    /// The length of type, code, checksum and the word that depends on the type, in bytes.
    public static let headerLength = 8

    /// Throws if there are fewer than 8 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.icmp, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @inlinable public var type: ICMPv4Type { ICMPv4Type(rawValue: bytes.byte(at: 0)) }
    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    @inlinable public var code: UInt8 { bytes.byte(at: 1) }
    /// The checksum field.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 2) }
    /// Echo, timestamp, address mask and information messages: the identifier.
    @inlinable public var identifier: UInt16 { bytes.bigEndian16(at: 4) }
    /// Echo, timestamp, address mask and information messages: the sequence number.
    @inlinable public var sequenceNumber: UInt16 { bytes.bigEndian16(at: 6) }
    /// The 4 bytes after the checksum.
    @inlinable public var restOfHeader: UInt32 { bytes.bigEndian32(at: 4) }
    /// Redirect: the gateway to use instead.
    @inlinable public var gateway: IPv4Address { bytes.ipv4Address(at: 4) }
    /// Fragmentation needed: the next-hop MTU, in bytes; 0 from routers before RFC 1191.
    @inlinable public var nextHopMTU: UInt16 { bytes.bigEndian16(at: 6) }
    /// Parameter problem: the offset of the byte in error.
    @inlinable public var pointer: UInt8 { bytes.byte(at: 4) }

    /// The bytes after the first 8: data, or the quoted datagram.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }

    /// The result of verifying the checksum; the bytes must be the whole message.
    public var checksumState: ChecksumState {
        InternetChecksum.of(bytes) == 0 ? .correct : .incorrect
    }
}
