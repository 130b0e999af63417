import Testing
import WireFormat
import WireFormatTestSupport

/// DNS messages (RFC 1035).
@Suite("DNS")
struct DNSTests {
    /// A reply from dnsmasq: an alias, two addresses, compressed names.
    private static let reply: [UInt8] =
        [
            0x12, 0x34, 0x85, 0x80, 0, 1, 0, 3, 0, 0, 0, 0, 5, 0x61, 0x6C, 0x69, 0x61, 0x73, 3, 0x6C, 0x61, 0x62, 4,
            0x74, 0x65, 0x73, 0x74, 0, 0, 1, 0, 1, 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 7, 4, 0x66, 0x6F, 0x75, 0x72,
            0xC0, 18, 0xC0, 44, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1, 0xC0, 44, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
            192, 0, 2, 2,
        ]

    @Test("a reply with an alias and compressed names")
    func alias() throws {
        let message = try Self.message(Self.reply)
        #expect(message.identification == 0x1234 && message.isResponse && message.responseCode == 0)
        #expect(!message.isTruncated && message.questions.map { "\($0.name)" } == ["alias.lab.test"])
        let name = try #require(DNSName("ALIAS.lab.test."))
        let found = try #require(message.resolved(name, type: DNSMessage.RecordType.ipv4))
        #expect("\(found.canonicalName)" == "four.lab.test")
        #expect(found.data == [.ipv4(IPv4Address(192, 0, 2, 1)), .ipv4(IPv4Address(192, 0, 2, 2))])
        #expect(message.answers.map(\.timeToLive) == [60, 60, 60])
        // Written without compression and parsed again, it is the same.
        #expect(try Self.message(message.encoded()) == message)
    }

    private static func message(_ bytes: [UInt8]) throws -> DNSMessage { try DNSMessage(bytes.rawBytes) }

    @Test("the character strings of a TXT record; a length that exceeds the data, and no data, are none")
    func text() {
        let long = [UInt8](repeating: 0x61, count: 255)
        let valid: [([UInt8], [[UInt8]])] = [
            ([2, 0x41, 0x42, 0, 1, 0x43], [[0x41, 0x42], [], [0x43]]), ([255] + long, [long]), ([0], [[]]),
        ]
        for (data, strings) in valid { #expect(DNSMessage.Record.Data.other(data).characterStrings == strings) }
        for data: [UInt8] in [[], [1], [2, 0x41], [1, 0x41, 255], [255] + long.dropLast()] {
            #expect(DNSMessage.Record.Data.other(data).characterStrings == nil, "\(data)")
        }
        #expect(DNSMessage.Record.Data.ipv4(IPv4Address(1, 0, 2, 1)).characterStrings == nil)
    }

    @Test("a message truncated anywhere is an error that names the field")
    func cut() {
        for length in 0..<Self.reply.count {
            let error = #expect(throws: ParseError.self) { try Self.message(Array(Self.reply[..<length])) }
            #expect(error?.layer == .dns)
        }
    }

    @Test("forward pointers and pointer loops are rejected")
    func pointers() {
        for target in [12, 13, 14, 32, 255] {
            let bytes: [UInt8] = [0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, UInt8(target), 0, 1, 0, 1]
            #expect(throws: ParseError.self) { try Self.message(bytes) }
        }
    }

    @Test("an alias loop is rejected, and a long chain is not")
    func circles() throws {
        func name(_ number: Int) throws -> DNSName { try #require(DNSName("n\(number)")) }
        var message = DNSMessage(identification: 1, flags: 0x8000)
        for number in 0..<20 {
            message.answers.append(
                .init(try name(number), type: 5, timeToLive: 1, data: .name(try name(number + 1))))
        }
        let end = try #require(message.resolved(name(0), type: 1))
        #expect("\(end.canonicalName)" == "n20" && end.data.isEmpty)
        message.answers.append(.init(try name(20), type: 5, timeToLive: 1, data: .name(try name(0))))
        #expect(try message.resolved(name(0), type: 1) == nil)
    }

    @Test("names in text: escapes, case and length")
    func names() throws {
        #expect(DNSName(labels: [[0x1B, 0x5B], Array("a.b\\".utf8)])?.description == #"\027[.a\.b\\"#)
        #expect(DNSName("")?.description == "." && DNSName("a..b") == nil && DNSName(".a") == nil)
        #expect(DNSName(String(repeating: "a", count: 64)) == nil)
        #expect(DNSName(String(repeating: "abc.", count: 63) + "a") != nil)
        #expect(DNSName(String(repeating: "abc.", count: 63) + "ab") == nil)
        #expect(try #require(DNSName("A.b")) == #require(DNSName("a.B.")))
        #expect(try #require(DNSName("A.b")).hashValue == #require(DNSName("a.B")).hashValue)
    }

    @Test("data that is invalid for its type is kept unchanged")
    func oddData() throws {
        let name = try #require(DNSName("a"))
        let message = DNSMessage(
            identification: 0, flags: 0x8000,
            answers: [
                .init(name, type: 1, timeToLive: 0, data: .other([1, 2, 3])),
                .init(name, type: 1, recordClass: 3, timeToLive: 0, data: .other([1, 2, 3, 4])),
                .init(name, type: 2, timeToLive: 0, data: .other([0xC0])),
            ])
        #expect(try Self.message(message.encoded()) == message)
        #expect(message.resolved(name, type: 1)?.data == [.other([1, 2, 3])])
    }

    @Test(
        "a message with a name that cannot be parsed is rejected",
        arguments: [UInt16(5), 12], [[0xC0], [1, 0x63, 0xC0, 0xFF], [1, 0x63, 0, 0], []] as [[UInt8]])
    func unreadableTarget(type: UInt16, data: [UInt8]) throws {
        let question = DNSMessage.Question(try #require(DNSName("")), type: 1)
        let answer = DNSMessage.Record(question.name, type: type, timeToLive: 9, data: .other(data))
        let message = DNSMessage(identification: 1, flags: 0x8000, questions: [question], answers: [answer])
        #expect(throws: ParseError.self) { try Self.message(message.encoded()) }
    }
}
