/// Walks the extension headers of a packet in place, without an array (RFC 8200, section 4).
public struct IPv6ChainReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    /// Where the next header begins in the payload.
    public internal(set) var offset = 0
    /// What stands there: an extension header until `next` has walked them all, then the upper-layer protocol.
    public private(set) var nextHeader: IPProtocol
    /// The last address of a routing header that still has some to visit, in bytes of the payload.
    public private(set) var finalDestinationOffset: Int?
    /// A fragment header says that the bytes after it are not the first of their packet.
    public private(set) var isLaterFragment = false
    /// A fragment header stands in the chain and is no atomic one (RFC 6946).
    public private(set) var isFragment = false

    /// - Parameters:
    ///   - first: what the fixed header names.
    ///   - payload: the bytes after the fixed header.
    @_lifetime(copy payload)
    public init(first: IPProtocol, payload: RawSpan) {
        bytes = payload
        nextHeader = first
    }

    /// The next extension header: what it is and where it lies. Nil when what
    /// stands at `offset` is none, is not all there, or cannot be told because it is in another fragment.
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
            // Type 4 lists its segments backwards (RFC 8754, section 2), all others forwards.
            finalDestinationOffset = bytes.byte(at: start &+ 2) == 4 ? start &+ 8 : start &+ length &- 16
        }
        nextHeader = IPProtocol(rawValue: bytes.byte(at: start))
        offset = start &+ length
        return (header, start..<offset)
    }

    /// Bytes that the extension header at `offset` takes; 8, the least, when its length is not there.
    var neededLength: Int {
        guard nextHeader != .fragment, offset &+ 8 <= bytes.byteCount else { return 8 }
        let length = Int(bytes.byte(at: offset &+ 1))
        return nextHeader == .authenticationHeader ? (length &+ 2) &* 4 : (length &+ 1) &* 8
    }

    /// Whether an extension header is named that is not all there.
    public var isTruncated: Bool { nextHeader.isExtensionHeader && !isLaterFragment }
}

extension IPProtocol {
    /// Headers of IPv6 that say themselves what follows them (RFC 8200, section 4; RFC 4302).
    @inlinable public var isExtensionHeader: Bool {
        switch self {
        case .hopByHopOptions, .routing, .fragment, .destinationOptions, .authenticationHeader: true
        default: false
        }
    }
}
