/// The contents of an ICMP error: a word that depends on the type, the quoted
/// datagram, and optional extensions (RFC 792; RFC 4443; RFC 4884).
public struct ICMPErrorBody: Hashable, Sendable {
    /// The 4 bytes after the checksum, which contain MTU, pointer, gateway or the length of RFC 4884.
    public var restOfHeader: UInt32
    /// The bytes after the first 8, as received.
    public var data: [UInt8]

    /// Creates a body.
    public init(restOfHeader: UInt32 = 0, data: [UInt8]) {
        self.restOfHeader = restOfHeader
        self.data = data
    }

    init(_ view: borrowing ICMPv4View) {
        self.init(restOfHeader: view.restOfHeader, data: view.payload.copied())
    }

    init(_ view: borrowing ICMPv6View) {
        self.init(restOfHeader: view.restOfHeader, data: view.payload.copied())
    }

    /// Creates an ICMPv4 body with a quote padded to at least 128 bytes, followed
    /// by extensions; the length field is set, in 32-bit words (RFC 4884, section 4.1).
    public init(v4Original original: [UInt8], restOfHeader: UInt32 = 0, extensions: ICMPExtensions) {
        let padded = max(128, (original.count + 3) & ~3)
        let length = UInt32(padded / 4) & 0xFF
        self.init(
            restOfHeader: restOfHeader & 0xFF00_FFFF | length << 16,
            data: original + [UInt8](repeating: 0, count: padded - original.count) + extensions.encoded())
    }

    /// Creates an ICMPv6 body with a quote padded to at least 128 bytes, followed
    /// by extensions; the length field is set, in 64-bit words (RFC 4884, section 4.4).
    public init(v6Original original: [UInt8], restOfHeader: UInt32 = 0, extensions: ICMPExtensions) {
        let padded = max(128, (original.count + 7) & ~7)
        let length = UInt32(padded / 8) & 0xFF
        self.init(
            restOfHeader: restOfHeader & 0x00FF_FFFF | length << 24,
            data: original + [UInt8](repeating: 0, count: padded - original.count) + extensions.encoded())
    }

    /// Fragmentation needed: the next-hop MTU, in bytes (RFC 1191, section 4).
    public var nextHopMTU: UInt16 { UInt16(truncatingIfNeeded: restOfHeader) }
    /// Redirect: the gateway to use instead.
    public var gateway: IPv4Address { IPv4Address(rawValue: restOfHeader) }
    /// ICMPv4 parameter problem: the offset of the byte in error.
    public var pointer: UInt8 { UInt8(truncatingIfNeeded: restOfHeader >> 24) }

    /// Returns the length of the quoted datagram with padding in an ICMPv4 error, in bytes.
    public func quoteLength(_ type: ICMPv4Type) -> Int {
        Self.quoteLength(data.rawBytes, words: type.quoteWords(restOfHeader), wordLength: 4)
    }

    /// Returns the length of the quoted packet with padding in an ICMPv6 error, in bytes.
    public func quoteLength(_ type: ICMPv6Type) -> Int {
        Self.quoteLength(data.rawBytes, words: type.quoteWords(restOfHeader), wordLength: 8)
    }

    /// Returns the extensions of an ICMPv4 error, if there are any that can be parsed.
    public func extensions(_ type: ICMPv4Type) -> ICMPExtensions? { extensions(at: quoteLength(type)) }
    /// Returns the extensions of an ICMPv6 error, if there are any that can be parsed.
    public func extensions(_ type: ICMPv6Type) -> ICMPExtensions? { extensions(at: quoteLength(type)) }

    /// Returns the length of the quote in the bytes after the first 8, according to the
    /// length field. If that is 0, the extensions of routers before RFC 4884 are
    /// at byte 128 (its section 5.5); without extensions, all bytes are the quote.
    static func quoteLength(_ data: RawSpan, words: Int, wordLength: Int) -> Int {
        if words > 0 { return min(words * wordLength, data.byteCount) }
        let hasOldExtensions =
            data.byteCount > 128 && ICMPExtensions(data.dropping(128), requireChecksum: true) != nil
        return hasOldExtensions ? 128 : data.byteCount
    }

    private func extensions(at offset: Int) -> ICMPExtensions? {
        offset < data.count ? ICMPExtensions(data.rawBytes.dropping(offset), requireChecksum: false) : nil
    }
}

extension ICMPv4Type {
    /// Returns the length of the quote in 32-bit words from the second word of an
    /// error; 0 for types without this field (RFC 4884, section 4).
    func quoteWords(_ restOfHeader: UInt32) -> Int {
        switch self {
        case .destinationUnreachable, .timeExceeded, .parameterProblem: Int(restOfHeader >> 16 & 0xFF)
        default: 0
        }
    }
}

extension ICMPv6Type {
    /// Returns the length of the quote in 64-bit words from the second word of an
    /// error; 0 for types without this field (RFC 4884, section 4).
    func quoteWords(_ restOfHeader: UInt32) -> Int {
        switch self {
        case .destinationUnreachable, .timeExceeded: Int(restOfHeader >> 24)
        default: 0
        }
    }
}
