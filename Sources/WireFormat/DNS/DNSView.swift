/// A view of a DNS message: its header, and its sections, which may be truncated or malformed (RFC 1035, section 4).
///
/// `DNSMessage` requires that questions and answers are valid.
public struct DNSView: ~Escapable {
    /// The length of the header, in bytes.
    public static let headerLength = 12

    /// The message, starting with its header.
    public let bytes: RawSpan

    /// Checks that the header is complete.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.dns, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The identification, the same in a query and its response.
    public var identification: UInt16 { bytes.bigEndian16(at: 0) }
    /// The second 16 bits of the header, as in `DNSMessage`.
    public var flags: UInt16 { bytes.bigEndian16(at: 2) }
    /// Whether this is a response.
    public var isResponse: Bool { flags & 0x8000 != 0 }
    /// The operation (OPCODE): 0 for a query.
    public var operation: UInt8 { UInt8(flags >> 11 & 0xF) }
    /// The response code (RCODE), without the bits in an OPT record.
    public var responseCode: UInt8 { UInt8(flags & 0xF) }
    /// The stated number of questions.
    public var questionCount: Int { Int(bytes.bigEndian16(at: 4)) }
    /// The stated number of answers.
    public var answerCount: Int { Int(bytes.bigEndian16(at: 6)) }
    /// The stated number of authority records.
    public var authorityCount: Int { Int(bytes.bigEndian16(at: 8)) }
    /// The stated number of additional records.
    public var additionalCount: Int { Int(bytes.bigEndian16(at: 10)) }

    /// Whether a datagram or segment with these ports carries messages.
    public static func isCarried(from source: UInt16?, to destination: UInt16?) -> Bool {
        source == DNSMessage.serverPort || destination == DNSMessage.serverPort
    }

    /// Returns the length of the message at the start of a TCP segment's data, without the two bytes before it that state
    /// it (RFC 1035, section 4.2.2); nil unless the segment has the whole message.
    public static func messageLength(inStream bytes: RawSpan) -> Int? {
        guard bytes.byteCount >= 2 + headerLength else { return nil }
        let length = Int(bytes.bigEndian16(at: 0))
        return (headerLength...bytes.byteCount - 2).contains(length) ? length : nil
    }
}

/// Reads the entries of a message's sections, in order, until one is truncated or malformed.
struct DNSEntryReader: ~Escapable {
    let bytes: RawSpan
    /// The offset of the next entry.
    private(set) var offset = DNSView.headerLength

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Reads a question; nil if it is truncated or malformed.
    mutating func question() -> DNSMessage.Question? {
        guard let (name, end) = DNSName.parse(bytes, at: offset), end + 4 <= bytes.byteCount else { return nil }
        offset = end + 4
        return .init(name, type: bytes.bigEndian16(at: end), recordClass: bytes.bigEndian16(at: end + 2))
    }

    /// Reads a record, whose data is not examined; nil if it is truncated or its name is malformed.
    mutating func record() -> DNSRecordHead? {
        guard let (name, start) = DNSName.parse(bytes, at: offset), start + 10 <= bytes.byteCount else { return nil }
        let data = start + 10
        let end = data + Int(bytes.bigEndian16(at: start + 8))
        guard end <= bytes.byteCount else { return nil }
        offset = end
        return DNSRecordHead(
            name: name, type: bytes.bigEndian16(at: start), recordClass: bytes.bigEndian16(at: start + 2),
            timeToLive: bytes.bigEndian32(at: start + 4), data: data..<end)
    }
}

/// The fields of a record before its data, and the range of the data in the message.
struct DNSRecordHead {
    var name: DNSName
    var type: UInt16
    var recordClass: UInt16
    var timeToLive: UInt32
    var data: Range<Int>
}
