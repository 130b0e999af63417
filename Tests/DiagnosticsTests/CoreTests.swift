import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("statistics of round trips")
struct RoundTripStatisticsTests {
    @Test("known values")
    func known() {
        var statistics = RoundTripStatistics()
        for value in [2, 4, 4, 4, 5, 5, 7, 9] as [Int64] { statistics.add(.milliseconds(value)) }
        #expect(statistics.minimum == .milliseconds(2) && statistics.maximum == .milliseconds(9))
        #expect(statistics.average == .milliseconds(5))
        // The textbook example: a population standard deviation of 2.
        #expect(statistics.meanDeviation == .milliseconds(2))
        #expect(statistics.percentile(0.5) == .milliseconds(4))
        #expect(statistics.percentile(0.9) == .milliseconds(9))
        #expect(statistics.percentile(0.99) == .milliseconds(9))
        #expect(statistics.percentile(0.01) == .milliseconds(2))
    }

    @Test("jitter is RFC 3550's")
    func jitter() {
        var statistics = RoundTripStatistics()
        var expected = 0.0
        let values: [Int64] = [10_000_000, 12_000_000, 11_500_000, 30_000_000, 9_000_000]
        for (index, value) in values.enumerated() {
            statistics.add(Nanoseconds(value))
            if index > 0 { expected += (Double(abs(value - values[index - 1])) - expected) / 16 }
        }
        #expect(statistics.jitter.count == Int64(expected.rounded()))
    }

    @Test("exact to the nanosecond against sums in 128 bits", arguments: 0..<20)
    func againstModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var statistics = RoundTripStatistics()
        var values: [Int64] = []
        let top = [1_000, 1_000_000, 60_000_000_000].randomElement(using: &random) ?? 1_000
        for _ in 0..<Int.random(in: 1...2_000, using: &random) {
            let value = Int64.random(in: 0...Int64(top), using: &random)
            values.append(value)
            statistics.add(Nanoseconds(value))
        }
        let count = Int128(values.count)
        let sum = values.reduce(Int128(0)) { $0 + Int128($1) }
        #expect(statistics.average.count == Int64((sum + count / 2) / count), "seed \(seed)")
        // The variance as a sum of squared differences, times n squared.
        let spread = values.reduce(Int128(0)) { $0 + (Int128($1) * count - sum) * (Int128($1) * count - sum) / count }
        let deviation = (Double(spread) / Double(count) / Double(count)).squareRoot()
        #expect(abs(Double(statistics.meanDeviation.count) - deviation) <= max(1, deviation * 1e-9), "seed \(seed)")
        let sorted = values.map { ($0 + 500) / 1_000 }.sorted()
        for share in [0.01, 0.5, 0.9, 0.99, 1.0] {
            let rank = max(1, Int((share * Double(sorted.count)).rounded(.up)))
            #expect(statistics.percentile(share) == .microseconds(sorted[rank - 1]), "seed \(seed), \(share)")
        }
    }

    @Test("integer roots", arguments: [0, 1, 2, 3, 4, 15, 16, 17, 1 << 62, UInt128.max])
    func roots(value: UInt128) {
        let root = integerRoot(value)
        #expect(root <= value / max(root, 1))
        let (next, overflow) = (root + 1).multipliedReportingOverflow(by: root + 1)
        #expect(overflow || next > value)
    }
}

@Suite("Targets")
struct TargetTests {
    @Test("valid expressions")
    func valid() throws {
        let ipv4 = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        #expect(try TargetExpression("192.0.2.1") == .address(ipv4, zone: nil))
        #expect(try TargetExpression("fe80::1%eth0") == .address(try #require(IPAddress("fe80::1")), zone: "eth0"))
        #expect(
            try TargetExpression("192.0.2.0/30")
                == .ranges([.v4(IPv4Address(192, 0, 2, 0)) ... .v4(IPv4Address(192, 0, 2, 3))]))
        #expect(try TargetExpression("192.0.2.1-20") == .ranges([ipv4 ... .v4(IPv4Address(192, 0, 2, 20))]))
        #expect(try TargetExpression("192.0.2.1-192.0.3.2") == .ranges([ipv4 ... .v4(IPv4Address(192, 0, 3, 2))]))
        #expect(try TargetExpression("example-1.test") == .name("example-1.test"))
        #expect(
            try TargetExpression("2001:db8::/126")
                == .ranges([try #require(IPAddress("2001:db8::"))...(try #require(IPAddress("2001:db8::3")))]))
    }

    @Test(
        "invalid expressions",
        arguments: [
            ("", "empty"), ("192.0.2", "too few octets"), ("192.0.2.256", "octet too large"),
            ("192.0.2.01", "leading zero"),
            ("1", "a number alone"), ("192.0.2.0/33", "prefix too long"), ("192.0.2.0/", "no prefix"),
            ("192.0.2.0/-1", "negative prefix"),
            ("192.0.2.9-3", "backwards"), ("192.0.2.1-300", "end too large"), ("192.0.2.1-::1", "mixed families"),
            (":::1", "three colons"), ("2001:db8::1::2", "two gaps"), ("fe80::1%", "empty zone"),
            ("a/24", "a name with a prefix"),
        ])
    func invalid(text: String, reason: String) {
        #expect(throws: TargetExpression.Problem.self, "\(reason)") { try TargetExpression(text) }
    }
}

@Suite("PingProbeWindow")
struct PingProbeWindowTests {
    @Test("keeps the last 65,536 and finds them by sequence number")
    func window() {
        var window = PingProbeWindow()
        for number in 1...200_000 {
            _ = window.append()
            window[number].sentAt = Instant(nanoseconds: Int64(number))
        }
        #expect(window.newest == 200_000 && window.oldest == 200_000 - 65_535)
        for number in stride(from: window.oldest, through: window.newest, by: 997) {
            #expect(window.number(ofSequence: UInt16(truncatingIfNeeded: number)) == number)
            #expect(window[number].sentAt.nanoseconds == Int64(number))
        }
    }

    @Test("returns nil for a number that was never assigned")
    func unknown() {
        var window = PingProbeWindow()
        _ = window.append()
        #expect(window.number(ofSequence: 1) == 1)
        #expect(window.number(ofSequence: 2) == nil && window.number(ofSequence: 0) == nil)
    }
}
