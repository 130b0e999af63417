/// A view of the 4-byte header of packets captured on a BSD loopback interface: an
/// address family (tcpdump group, LINKTYPE_NULL and LINKTYPE_LOOP).
public struct NullLoopbackView: ~Escapable {
    public let bytes: RawSpan

    /// The length of the header, in bytes.
    public static let headerLength = 4

    /// Throws if there are fewer than 4 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.loopback, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The address family in the byte order in which it is a small number:
    /// LINKTYPE_NULL uses that of the capturing system, LINKTYPE_LOOP network byte order.
    @inlinable public var family: UInt32 {
        let value = bytes.bigEndian32(at: 0)
        return value & 0xFFFF_0000 == 0 ? value : value.byteSwapped
    }

    /// The EtherType. 2 is IPv4 everywhere; IPv6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD and 30 on
    /// macOS.
    @inlinable public var etherType: EtherType? {
        switch family {
        case 2: .ipv4
        case 10, 24, 28, 30: .ipv6
        default: nil
        }
    }

    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }
}

/// The header of a packet captured on a loopback interface.
public struct NullLoopback: Hashable, Sendable, WireEncodable {
    /// The 4 bytes as a number in network byte order.
    public var rawValue: UInt32

    /// - Parameter family: 2 for IPv4; 10, 24, 28 or 30 for IPv6, depending on the system.
    public init(family: UInt32, isLittleEndian: Bool = false) {
        rawValue = isLittleEndian ? family.byteSwapped : family
    }

    public init(_ view: borrowing NullLoopbackView) {
        rawValue = view.bytes.bigEndian32(at: 0)
    }

    public var byteCount: Int { NullLoopbackView.headerLength }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setBigEndian32(rawValue, at: offset)
    }
}
