/// Reads the extension headers of a packet one by one, without an array (RFC 8200, section 4).
public struct IPv6ChainReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    /// The offset of the next header in the payload.
    public internal(set) var offset = 0
    /// The type of the next header: an extension header until all were read, then the upper-layer protocol.
    public private(set) var nextHeader: IPProtocol
    /// The offset of the last address of an incomplete routing header in the payload, in bytes.
    public private(set) var finalDestinationOffset: Int?
    /// Whether a fragment header shows that this is not the first fragment.
    public private(set) var isLaterFragment = false
    /// Whether there is a fragment header other than that of an atomic fragment (RFC 6946).
    public private(set) var isFragment = false

    /// - Parameters:
    ///   - first: the next header of the fixed header.
    ///   - payload: the bytes after the fixed header.
    @_lifetime(copy payload)
    public init(first: IPProtocol, payload: RawSpan) {
        bytes = payload
        nextHeader = first
    }

    /// Returns the type and range of the next extension header. Nil if the next header
    /// is not an extension header, is truncated, or is in another fragment.
    @_lifetime(self: copy self)
    public mutating func next() -> (header: IPProtocol, range: Range<Int>)? {
        guard nextHeader.isExtensionHeader, !isLaterFragment else { return nil }
        let start = offset
        guard start &+ 8 <= bytes.byteCount else { return nil }
        let header = nextHeader
        let length = neededLength
        guard start &+ length <= bytes.byteCount else { return nil }
        if header == .fragment {
            let bits = bytes.bigEndian16(at: start &+ 2)
            isFragment = isFragment || bits & 0xFFF9 != 0
            isLaterFragment = bits >> 3 != 0
        } else if header == .routing, bytes.byte(at: start &+ 3) > 0, length >= 24 {
            // Type 4 lists its segments in reverse order (RFC 8754, section 2), all others in order.
            finalDestinationOffset = bytes.byte(at: start &+ 2) == 4 ? start &+ 8 : start &+ length &- 16
        }
        nextHeader = IPProtocol(rawValue: bytes.byte(at: start))
        offset = start &+ length
        return (header, start..<offset)
    }

    /// The length of the extension header at `offset`; 8, the minimum, if its length is not available.
    var neededLength: Int {
        guard nextHeader != .fragment, offset &+ 8 <= bytes.byteCount else { return 8 }
        let length = Int(bytes.byte(at: offset &+ 1))
        return nextHeader == .authenticationHeader ? (length &+ 2) &* 4 : (length &+ 1) &* 8
    }

    /// Whether an extension header is truncated.
    public var isTruncated: Bool { nextHeader.isExtensionHeader && !isLaterFragment }
}

extension IPProtocol {
    /// Whether this is an extension header with a Next Header field (RFC 8200, section 4; RFC 4302).
    @inlinable public var isExtensionHeader: Bool {
        switch self {
        case .hopByHopOptions, .routing, .fragment, .destinationOptions, .authenticationHeader: true
        default: false
        }
    }
}
