import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("Octet lists")
struct OctetListTests {
    private static func ranges(_ text: String) throws -> [String] {
        guard case .ranges(let ranges) = try TargetExpression(text) else { return [] }
        return ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    }

    @Test(
        "texts and ranges",
        arguments: [
            ("192.0.2.1,5,7-9", ["192.0.2.1", "192.0.2.5", "192.0.2.7-192.0.2.9"]),
            ("192.0.2.*", ["192.0.2.0-192.0.2.255"]), ("192.0.2.-", ["192.0.2.0-192.0.2.255"]),
            ("192.0.2.250-", ["192.0.2.250-192.0.2.255"]), ("192.0.2.-3", ["192.0.2.0-192.0.2.3"]),
            ("192.0.2-3.1,5", ["192.0.2.1", "192.0.2.5", "192.0.3.1", "192.0.3.5"]),
            ("192.0.2-3.*", ["192.0.2.0-192.0.3.255"]), ("*.*.*.*", ["0.0.0.0-255.255.255.255"]),
            ("192.0.2.5,1,4-5,2", ["192.0.2.1-192.0.2.2", "192.0.2.4-192.0.2.5"]),
            ("198.51.100.0-255", ["198.51.100.0-198.51.100.255"]),
            ("10,12.1.*.*", ["10.1.0.0-10.1.255.255", "12.1.0.0-12.1.255.255"]),
        ])
    func texts(text: String, expected: [String]) throws {
        let ranges = try Self.ranges(text)
        #expect(ranges == expected)
    }

    @Test(
        "invalid lists",
        arguments: [
            ("192.0.2.1,", "'' is not an octet or a range of octets (0 to 255)"),
            ("192.0.2.1-300", "'1-300' is not an octet or a range of octets (0 to 255)"),
            ("192.0.2.1,05", "'05' is not an octet or a range of octets (0 to 255)"),
            ("192.0.2.1-2-3", "'1-2-3' is not an octet or a range of octets (0 to 255)"),
            ("192.0.2.1*", "'1*' is not an octet or a range of octets (0 to 255)"),
            ("192.0.2.9-3", "the range '9-3' ends below its start"), ("192.0.2,3", "3 octets, not 4"),
            ("192.0.2.1.*", "5 octets, not 4"), ("*", "1 octets, not 4"),
            ("*.*.*.1,3", "more than 65536 separate ranges"),
            ("192.0.2-3.0/24", "not a network (ADDRESS/LENGTH)"),
            ("web*", "not a host name (',' and '*' are for IPv4 octet lists)"),
            ("192.0.2.1%eth0", "a zone (%INTERFACE) is for an IPv6 address"),
            ("127.1", "an abbreviation of 127.0.0.1, accepted only for a single target"),
            ("0x7f.1", "an abbreviation of 127.0.0.1, accepted only for a single target"),
            ("0x7f.1.1.1.1", "not an address"), ("[127.1]", "not an address"), ("[192.0.2.1]", "not an address"),
            ("[2001:db8::1", "not an address"), ("[2001:db8::/64]", "not an address"),
        ])
    func refusals(text: String, reason: String) {
        #expect(throws: TargetExpression.Problem.self) { try TargetExpression(text) }
        do {
            _ = try TargetExpression(text)
        } catch {
            #expect("\(error)" == reason)
        }
    }

    @Test("names with digits and dashes stay names", arguments: ["192-0-2-1", "1-2.example", "0x"])
    func names(text: String) throws {
        let target = try TargetExpression(text)
        #expect(target == .name(text))
    }

    @Test("a single target may have any form of inet_aton(3)", arguments: ["127.1", "0177.1", "2130706433", "0x7f.1"])
    func onlyTarget(text: String) throws {
        let target = try TargetExpression(text, isOnlyTarget: true)
        #expect(target == .address(.v4(.loopback), zone: nil))
    }

    @Test("the addresses of octet lists equal those of four nested loops", arguments: 0..<40)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var text: [String] = []
        var octets: [Set<UInt32>] = []
        for _ in 0..<4 {
            var parts: [String] = []
            var values: Set<UInt32> = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let first = UInt32.random(in: 0...255, using: &random)
                let last = min(255, first + UInt32.random(in: 0...3, using: &random))
                parts.append(first == last ? "\(first)" : "\(first)-\(last)")
                values.formUnion(first...last)
            }
            text.append(parts.joined(separator: ","))
            octets.append(values)
        }
        let all = octets.reduce([UInt32(0)]) { sums, values in
            sums.flatMap { sum in values.map { sum << 8 | $0 } }
        }.sorted()
        let ranges = try OctetLists(text.joined(separator: ".")).ranges()
        let addresses = ranges.flatMap { range in
            (range.lowerBound.number...range.upperBound.number).map { UInt32($0) }
        }
        #expect(addresses == all, "seed \(seed)")
    }
}

@Suite("Target lists")
struct TargetListTests {
    @Test(
        "targets of a line",
        arguments: [
            ("192.0.2.1,5,7-9", ["192.0.2.1,5,7-9"]), ("a,b c\td", ["a", "b", "c", "d"]), ("", []), ("  # c", []),
            ("a#b", ["a"]), ("192.0.2.1,192.0.2.2,4", ["192.0.2.1", "192.0.2.2,4"]), (",a,,b,", ["a", "b"]),
            ("192.0.2.1, 5", ["192.0.2.1", "5"]), ("fe80::1%eth0,::1", ["fe80::1%eth0", "::1"]),
            ("192.0.2.0/24,host-1,192.0.2-3.*,1-", ["192.0.2.0/24", "host-1", "192.0.2-3.*,1-"]),
        ])
    func targets(line: String, expected: [String]) {
        #expect(TargetList.targets(ofLine: line) == expected)
    }

    @Test(
        "URLs of a line",
        arguments: [
            ("http://a/x,y#z  http://b # c", ["http://a/x,y#z", "http://b"]), ("#http://a", []), (" \t", []),
        ])
    func urls(line: String, expected: [String]) {
        #expect(TargetList.urls(ofLine: line) == expected)
    }
}
