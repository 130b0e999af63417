/// What an ICMP error carries: a word that depends on the type, the datagram
/// it complains about, and perhaps extensions (RFC 792; RFC 4443; RFC 4884).
public struct ICMPErrorBody: Hashable, Sendable {
    /// The four bytes after the checksum: MTU, pointer, gateway and RFC 4884's length live here.
    public var restOfHeader: UInt32
    /// Everything after the first eight bytes, as it came.
    public var data: [UInt8]

    /// A body of these parts.
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

    /// An ICMPv4 body whose quote is padded to at least 128 bytes and followed
    /// by extensions, its length field set in 32-bit words (RFC 4884, section 4.1).
    public init(v4Original original: [UInt8], restOfHeader: UInt32 = 0, extensions: ICMPExtensions) {
        let padded = max(128, (original.count + 3) & ~3)
        let length = UInt32(padded / 4) & 0xFF
        self.init(
            restOfHeader: restOfHeader & 0xFF00_FFFF | length << 16,
            data: original + [UInt8](repeating: 0, count: padded - original.count) + extensions.encoded())
    }

    /// An ICMPv6 body whose quote is padded to at least 128 bytes and followed
    /// by extensions, its length field set in 64-bit words (RFC 4884, section 4.4).
    public init(v6Original original: [UInt8], restOfHeader: UInt32 = 0, extensions: ICMPExtensions) {
        let padded = max(128, (original.count + 7) & ~7)
        let length = UInt32(padded / 8) & 0xFF
        self.init(
            restOfHeader: restOfHeader & 0x00FF_FFFF | length << 24,
            data: original + [UInt8](repeating: 0, count: padded - original.count) + extensions.encoded())
    }

    /// Fragmentation needed: the next hop's MTU in bytes (RFC 1191, section 4).
    public var nextHopMTU: UInt16 { UInt16(truncatingIfNeeded: restOfHeader) }
    /// Redirect: the gateway to use instead.
    public var gateway: IPv4Address { IPv4Address(rawValue: restOfHeader) }
    /// ICMPv4 parameter problem: offset of the byte in error.
    public var pointer: UInt8 { UInt8(truncatingIfNeeded: restOfHeader >> 24) }

    /// Bytes of the quoted datagram, padding included, in an ICMPv4 error of this type.
    public func quoteLength(_ type: ICMPv4Type) -> Int {
        Self.quoteLength(data.rawBytes, words: type.quoteWords(restOfHeader), wordLength: 4)
    }

    /// Bytes of the quoted packet, padding included, in an ICMPv6 error of this type.
    public func quoteLength(_ type: ICMPv6Type) -> Int {
        Self.quoteLength(data.rawBytes, words: type.quoteWords(restOfHeader), wordLength: 8)
    }

    /// The extensions of an ICMPv4 error, if there are any that can be read.
    public func extensions(_ type: ICMPv4Type) -> ICMPExtensions? { extensions(at: quoteLength(type)) }
    /// The extensions of an ICMPv6 error, if there are any that can be read.
    public func extensions(_ type: ICMPv6Type) -> ICMPExtensions? { extensions(at: quoteLength(type)) }

    /// Bytes of the quote in what follows an error's first eight bytes: the
    /// length as written; where it is 0, routers from before RFC 4884 put the
    /// extensions at byte 128 (its section 5.5), and everything is quote otherwise.
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
    /// The length of the quote in 32-bit words as an error of this type says it
    /// in its second word; 0 for types that have something else there (RFC 4884, section 4).
    func quoteWords(_ restOfHeader: UInt32) -> Int {
        switch self {
        case .destinationUnreachable, .timeExceeded, .parameterProblem: Int(restOfHeader >> 16 & 0xFF)
        default: 0
        }
    }
}

extension ICMPv6Type {
    /// The length of the quote in 64-bit words as an error of this type says it
    /// in its second word; 0 for types that have something else there (RFC 4884, section 4).
    func quoteWords(_ restOfHeader: UInt32) -> Int {
        switch self {
        case .destinationUnreachable, .timeExceeded: Int(restOfHeader >> 24)
        default: 0
        }
    }
}
