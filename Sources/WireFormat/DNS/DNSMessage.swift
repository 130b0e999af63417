/// A DNS message: its header, questions and answers (RFC 1035, section 4).
///
/// Authority and additional records are ignored.
public struct DNSMessage: Hashable, Sendable {
    /// The record types (IANA DNS parameters).
    public enum RecordType {
        /// A, an IPv4 address (RFC 1035).
        public static let ipv4: UInt16 = 1
        /// CNAME, the canonical name of an alias (RFC 1035).
        public static let canonicalName: UInt16 = 5
        /// PTR, the name of an address (RFC 1035).
        public static let pointer: UInt16 = 12
        /// TXT, text (RFC 1035).
        public static let text: UInt16 = 16
        /// AAAA, an IPv6 address (RFC 3596).
        public static let ipv6: UInt16 = 28
        /// SVCB, an endpoint of a service (RFC 9460); see `ServiceBinding`.
        public static let serviceBinding: UInt16 = 64
        /// HTTPS, an endpoint of an https origin (RFC 9460); see `ServiceBinding`.
        public static let https: UInt16 = 65
    }

    /// The class of the Internet (IN).
    public static let internetClass: UInt16 = 1

    /// The UDP and TCP port of a name server (section 4.2).
    public static let serverPort: UInt16 = 53

    /// A question (section 4.1.2).
    public struct Question: Hashable, Sendable {
        /// The queried name.
        public var name: DNSName
        /// The queried record type.
        public var type: UInt16
        /// The queried class.
        public var recordClass: UInt16

        /// Creates a question.
        public init(_ name: DNSName, type: UInt16, recordClass: UInt16 = DNSMessage.internetClass) {
            self.name = name
            self.type = type
            self.recordClass = recordClass
        }
    }

    /// A resource record (section 4.1.3).
    public struct Record: Hashable, Sendable {
        /// The record's data, by its type.
        public enum Data: Hashable, Sendable {
            /// The address in an A record.
            case ipv4(IPv4Address)
            /// The address in an AAAA record.
            case ipv6(IPv6Address)
            /// The name in a CNAME or PTR record.
            case name(DNSName)
            /// Another type, or data that is invalid for its type. Never a name: a compressed name refers to other
            /// parts of the message, so a message with a name that cannot be parsed is rejected.
            case other([UInt8])
        }

        /// The name that owns the record.
        public var name: DNSName
        /// The record's type.
        public var type: UInt16
        /// The record's class.
        public var recordClass: UInt16
        /// The time for which the record may be cached, in seconds.
        public var timeToLive: UInt32
        /// The record's data.
        public var data: Data

        /// Creates a record.
        public init(_ name: DNSName, type: UInt16, recordClass: UInt16 = 1, timeToLive: UInt32, data: Data) {
            self.name = name
            self.type = type
            self.recordClass = recordClass
            self.timeToLive = timeToLive
            self.data = data
        }
    }

    /// The identification, the same in a query and its response.
    public var identification: UInt16
    /// The second 16 bits of the header: QR, opcode, AA, TC, RD, RA and the response code.
    public var flags: UInt16
    /// The questions.
    public var questions: [Question]
    /// The answers.
    public var answers: [Record]

    /// Whether this is a response.
    public var isResponse: Bool { flags & 0x8000 != 0 }
    /// Whether the message was truncated.
    public var isTruncated: Bool { flags & 0x0200 != 0 }
    /// 0 for no error, 2 for server failure, 3 for a nonexistent name, 5 for refused (section 4.1.1).
    public var responseCode: UInt8 { UInt8(flags & 0xF) }

    /// Creates a message.
    public init(identification: UInt16, flags: UInt16, questions: [Question] = [], answers: [Record] = []) {
        self.identification = identification
        self.flags = flags
        self.questions = questions
        self.answers = answers
    }

    /// Parses a message up to the end of its answers.
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= 12 else { throw .truncatedHeader(.dns, needed: 12, available: bytes.byteCount) }
        self.init(identification: bytes.bigEndian16(at: 0), flags: bytes.bigEndian16(at: 2))
        var offset = 12
        for _ in 0..<bytes.bigEndian16(at: 4) {
            guard let (name, end) = DNSName.parse(bytes, at: offset), end + 4 <= bytes.byteCount else {
                throw Self.truncated("question", offset, bytes)
            }
            questions.append(
                Question(name, type: bytes.bigEndian16(at: end), recordClass: bytes.bigEndian16(at: end + 2)))
            offset = end + 4
        }
        for _ in 0..<bytes.bigEndian16(at: 6) {
            guard let (record, end) = Self.record(bytes, at: offset) else {
                throw Self.truncated("answer", offset, bytes)
            }
            answers.append(record)
            offset = end
        }
    }

    private static func record(_ bytes: RawSpan, at offset: Int) -> (record: Record, end: Int)? {
        guard let (name, start) = DNSName.parse(bytes, at: offset), start + 10 <= bytes.byteCount else { return nil }
        let (type, recordClass) = (bytes.bigEndian16(at: start), bytes.bigEndian16(at: start + 2))
        let length = Int(bytes.bigEndian16(at: start + 8))
        let data = start + 10
        guard data + length <= bytes.byteCount else { return nil }
        var value = Record.Data.other(bytes.extracting(data..<data + length).copied())
        if recordClass == internetClass {
            switch (type, length) {
            case (RecordType.ipv4, 4): value = .ipv4(bytes.ipv4Address(at: data))
            case (RecordType.ipv6, 16): value = .ipv6(bytes.ipv6Address(at: data))
            case (RecordType.canonicalName, _), (RecordType.pointer, _):
                guard let (target, end) = DNSName.parse(bytes, at: data), end == data + length else { return nil }
                value = .name(target)
            default: break
            }
        }
        let record = Record(
            name, type: type, recordClass: recordClass, timeToLive: bytes.bigEndian32(at: start + 4), data: value)
        return (record, data + length)
    }

    private static func truncated(_ field: String, _ offset: Int, _ bytes: RawSpan) -> ParseError {
        ParseError(
            layer: .dns, field: field, offset: offset,
            reason: .truncated(needed: offset + 5, available: bytes.byteCount))
    }

    /// Returns the encoded message, without name compression.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }
        for value in [identification, flags, UInt16(clamping: questions.count), UInt16(clamping: answers.count), 0, 0] {
            append(value)
        }
        for question in questions {
            question.name.write(into: &bytes)
            append(question.type)
            append(question.recordClass)
        }
        for record in answers {
            record.name.write(into: &bytes)
            append(record.type)
            append(record.recordClass)
            append(UInt16(record.timeToLive >> 16))
            append(UInt16(record.timeToLive & 0xFFFF))
            var data: [UInt8] = []
            switch record.data {
            case .ipv4(let address): data = IPAddress.v4(address).networkBytes
            case .ipv6(let address): data = IPAddress.v6(address).networkBytes
            case .name(let name): name.write(into: &data)
            case .other(let other): data = other
            }
            append(UInt16(clamping: data.count))
            bytes += data
        }
        return bytes
    }
}

extension DNSMessage.Record.Data {
    /// The character strings of a TXT record (RFC 1035, section 3.3.14); nil for the data of other types, and if a
    /// string exceeds the data.
    public var characterStrings: [[UInt8]]? {
        guard case .other(let bytes) = self, !bytes.isEmpty else { return nil }
        var strings: [[UInt8]] = []
        var rest = bytes[...]
        while let length = rest.popFirst() {
            guard rest.count >= length else { return nil }
            strings.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return strings
    }
}

extension DNSMessage {
    /// Follows the aliases of a name in the answers, and returns the canonical name and its records.
    /// - Parameter type: the wanted record type.
    /// - Returns: nil if the aliases form a loop, or are more than 32.
    public func resolved(_ name: DNSName, type: UInt16) -> (canonicalName: DNSName, data: [Record.Data])? {
        var current = name
        for _ in 0...32 {
            let own = answers.filter { $0.recordClass == Self.internetClass && $0.name == current }
            let data = own.filter { $0.type == type }.map(\.data)
            guard data.isEmpty, type != RecordType.canonicalName,
                case .name(let target)? = own.first(where: { $0.type == RecordType.canonicalName })?.data
            else { return (own.first?.name ?? current, data) }
            current = target
        }
        return nil
    }
}
