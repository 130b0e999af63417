import Testing
import WireFormat

@Suite("Forms of inet_aton(3)")
struct InetAtonTests {
    @Test(
        "valid addresses",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0", "0.0.0.0"),
            ("0x7f.1", "127.0.0.1"), ("0X7F.0x1", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"), ("1.1", "1.0.0.1"),
            ("192.0.513", "192.0.2.1"), ("192.513", "192.0.2.1"), ("0xc0000201", "192.0.2.1"),
            ("030000001001", "192.0.2.1"), ("00.00.00.00", "0.0.0.0"), ("4294967295", "255.255.255.255"),
            ("1.16777215", "1.255.255.255"), ("1.2.65535", "1.2.255.255"), ("1.2.3.255", "1.2.3.255"),
            ("0x00000000ff", "0.0.0.255"),
        ])
    func valid(text: String, address: String) {
        #expect(IPv4Address(inetAton: text)?.description == address)
        #expect(IPv4Address.isNumeric(text), "never a name")
    }

    @Test(
        "numbers that are neither addresses nor names",
        arguments: [
            "4294967296", "1.16777216", "1.2.65536", "1.2.3.256", "256.1", "1.2.3.4.5", "08", "0x7f.09", "1..2",
            "127.1.",
            ".1", "0x100000000", "99999999999999999999999999", "0xffffffffffffffffffffffff", ".",
        ])
    func numeric(text: String) {
        #expect(IPv4Address(inetAton: text) == nil)
        #expect(IPv4Address.isNumeric(text))
    }

    @Test(
        "names",
        arguments: [
            "0x", "0xg", "example.test", "1.example", "127.0.0.1.example", "-1", "+1", "1 ", " 1", "0x-1", "1e3", "::1",
            "٣",
        ])
    func names(text: String) {
        #expect(IPv4Address(inetAton: text) == nil)
        #expect(!IPv4Address.isNumeric(text))
    }

    @Test(
        "the strict form rejects all other forms", arguments: ["127.1", "0", "0x7f.0.0.1", "0177.0.0.1", "192.0.2.01"])
    func strict(text: String) {
        #expect(IPv4Address(text) == nil)
        #expect(IPv4Address(inetAton: text) != nil)
    }

    @Test("every address in every form", arguments: 0..<200)
    func forms(seed: UInt64) {
        var random = SystemRandomNumberGenerator()
        let value = UInt32.random(in: 0...UInt32.max, using: &random)
        let octets = (0..<4).map { value >> (24 - 8 * $0) & 0xFF }
        for count in 1...4 {
            let parts = octets.prefix(count - 1) + [count == 1 ? value : value & UInt32.max >> (8 * UInt32(count - 1))]
            let text = parts.map { part in
                switch Int.random(in: 0..<3, using: &random) {
                case 0: String(part)
                case 1: "0" + String(part, radix: 8)
                default: "0x" + String(part, radix: 16)
                }
            }.joined(separator: ".")
            #expect(IPv4Address(inetAton: text)?.rawValue == value, "\(text)")
        }
    }
}
