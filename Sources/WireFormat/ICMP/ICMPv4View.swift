/// The first eight bytes of an ICMPv4 message, and what follows (RFC 792).
public struct ICMPv4View: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of type, code, checksum and the word that depends on the type.
    public static let headerLength = 8

    /// Throws when fewer than 8 bytes are there.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.icmp, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @inlinable public var type: ICMPv4Type { ICMPv4Type(rawValue: bytes.byte(at: 0)) }
    /// What the message says within its type (RFC 792; RFC 4443, section 2.1).
    @inlinable public var code: UInt8 { bytes.byte(at: 1) }
    /// The checksum as it stands in the bytes.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 2) }
    /// Echo, timestamp, address mask and information messages: whose message it is.
    @inlinable public var identifier: UInt16 { bytes.bigEndian16(at: 4) }
    /// Echo, timestamp, address mask and information messages.
    @inlinable public var sequenceNumber: UInt16 { bytes.bigEndian16(at: 6) }
    /// The four bytes after the checksum as they stand.
    @inlinable public var restOfHeader: UInt32 { bytes.bigEndian32(at: 4) }
    /// Redirect: the gateway to use instead.
    @inlinable public var gateway: IPv4Address { bytes.ipv4Address(at: 4) }
    /// Fragmentation needed: the next hop's MTU in bytes, 0 from routers before RFC 1191.
    @inlinable public var nextHopMTU: UInt16 { bytes.bigEndian16(at: 6) }
    /// Parameter problem: offset of the byte in error.
    @inlinable public var pointer: UInt8 { bytes.byte(at: 4) }

    /// What follows the first eight bytes: data, or the quoted datagram.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }

    /// Whether the checksum is right, the bytes being the whole message.
    public var checksumState: ChecksumState {
        InternetChecksum.of(bytes) == 0 ? .correct : .incorrect
    }
}
