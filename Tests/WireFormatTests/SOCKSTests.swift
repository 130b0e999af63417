import Testing
import WireFormat

/// The messages of SOCKS 4, 4a and 5 (RFC 1928, RFC 1929).
@Suite("SOCKS")
struct SOCKSTests {
    private static let name = SOCKSAddress.name(Array("example.net".utf8))
    private static let nameBytes = Array("example.net".utf8)

    /// Checks the bytes of a message, and that it is complete with its last byte and not before, whatever follows.
    private static func check<Message: SOCKSMessage>(_ message: Message?, _ bytes: [UInt8]) throws {
        let message = try #require(message)
        #expect(message.encoded() == bytes && message.byteCount == bytes.count)
        for length in 0...bytes.count + 2 {
            let text = Array((bytes + [0x48, 0x54]).prefix(length))
            let parsed = try Message(text.rawBytes)
            #expect(parsed == (length < bytes.count ? nil : message), "\(length) bytes of \(bytes)")
        }
    }

    @Test("SOCKS 4 and 4a")
    func version4() throws {
        let address = IPv4Address(192, 0, 2, 7)
        try Self.check(SOCKS4Request(.ipv4(address), port: 80), [4, 1, 0, 80, 192, 0, 2, 7, 0])
        try Self.check(
            SOCKS4Request(.ipv4(address), port: 0x1F90, user: [0x66, 0x6F]),
            [4, 1, 0x1F, 0x90, 192, 0, 2, 7, 0x66, 0x6F, 0])
        try Self.check(
            SOCKS4Request(Self.name, port: 443, user: [0x75]),
            [4, 1, 1, 187, 0, 0, 0, 1, 0x75, 0] + Self.nameBytes + [0])
        try Self.check(SOCKS4Reply(code: 90), [0, 90, 0, 0, 0, 0, 0, 0])
        try Self.check(SOCKS4Reply(code: 91, address: address, port: 80), [0, 91, 0, 80, 192, 0, 2, 7])
        #expect(SOCKS4Request(.ipv6(.loopback), port: 80) == nil)
        #expect(SOCKS4Request(.name([0x61, 0]), port: 80) == nil)
        #expect(SOCKS4Request(Self.name, port: 80, user: [UInt8](repeating: 0x61, count: 256)) == nil)
    }

    @Test("SOCKS 5")
    func version5() throws {
        try Self.check(SOCKS5Greeting(methods: [0]), [5, 1, 0])
        try Self.check(SOCKS5Greeting(methods: [0, 2]), [5, 2, 0, 2])
        try Self.check(SOCKS5Selection(method: 255), [5, 255])
        try Self.check(SOCKS5Credentials(user: [0x75], password: [0x70, 0x71]), [1, 1, 0x75, 2, 0x70, 0x71])
        try Self.check(SOCKS5Credentials(user: [], password: []), [1, 0, 0])
        try Self.check(SOCKS5CredentialsReply(status: 1), [1, 1])
        try Self.check(SOCKS5Message(code: 1, Self.name, port: 443), [5, 1, 0, 3, 11] + Self.nameBytes + [1, 187])
        try Self.check(
            SOCKS5Message(code: 1, .ipv4(IPv4Address(192, 0, 2, 7)), port: 80), [5, 1, 0, 1, 192, 0, 2, 7, 0, 80])
        try Self.check(
            SOCKS5Message(code: 0, .ipv6(.loopback), port: 80),
            [5, 0, 0, 4] + [UInt8](repeating: 0, count: 15) + [1, 0, 80])
        let long = [UInt8](repeating: 0x61, count: 256)
        #expect(SOCKS5Message(code: 1, .name(long), port: 80) == nil)
        #expect(
            SOCKS5Credentials(user: long, password: []) == nil && SOCKS5Credentials(user: [], password: long) == nil)
        #expect(SOCKS5Greeting(methods: long).methods.count == 255)
    }

    @Test("an invalid field is rejected with its first byte")
    func invalid() {
        func error(_ bytes: [UInt8], _ parse: (RawSpan) throws(ParseError) -> Bool) -> String? {
            do throws(ParseError) {
                _ = try parse(bytes.rawBytes)
                return nil
            } catch {
                return "\(error)"
            }
        }
        let http = Array("HTTP".utf8)
        #expect(
            error(http) { bytes throws(ParseError) in try SOCKS5Selection(bytes) != nil }
                == "socks: version at offset 0 is 72, which is not allowed")
        #expect(
            error([4]) { bytes throws(ParseError) in try SOCKS4Reply(bytes) != nil }
                == "socks: version at offset 0 is 4, which is not allowed")
        #expect(
            error([5, 0, 0, 2]) { bytes throws(ParseError) in try SOCKS5Message(bytes) != nil }
                == "socks: addressType at offset 3 is 2, which is not allowed")
        let endless: [UInt8] = [4, 1, 0, 80, 192, 0, 2, 7] + [UInt8](repeating: 0x61, count: 256)
        #expect(
            error(endless) { bytes throws(ParseError) in try SOCKS4Request(bytes) != nil }
                == "socks: userID at offset 263 is 97, which is not allowed")
    }

    @Test("the meaning of replies")
    func meaning() throws {
        #expect(SOCKS4Reply(code: 90).isGranted && !SOCKS4Reply(code: 91).isGranted)
        #expect(SOCKS4Reply(code: 93).meaning == "request rejected: identd reports a different user ID")
        #expect(SOCKS4Reply(code: 7).meaning == "unknown reply 7")
        let reply = try #require(SOCKS5Message(code: 4, .ipv4(.unspecified), port: 0))
        #expect(reply.meaning == "host unreachable")
    }
}
