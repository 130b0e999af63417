import LinuxProcess
import SwiftNet
import Testing

@testable import swift_net

/// The encoding of rows as lines of JSON.
@Suite struct JSONRowTests {
    /// 2026-01-31 12:00:00.000001 UTC.
    private static let wall: Int64 = 1_769_860_800_000_001_000
    private static let time = "\"time\":\"2026-01-31T12:00:00.000001Z\"}\n"

    private func line(_ row: some JSONRow, type: String = "row") -> String {
        let writer = JSONWriter()
        // The buffer has been used before.
        writer.encode("other", row, wall: 0)
        writer.encode(type, row, wall: Self.wall)
        return writer.text.text()
    }

    private struct Text: JSONRow {
        var text: String
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("\"\\", "\\\"\\\\"), ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\u{0}\u{1B}[0m\u{7F}", "\\u0000\\u001b[0m\\u007f"), ("\u{80}\u{9F}\u{A0}é", "\\u0080\\u009f\u{A0}é"),
        ("日本 🧪/", "日本 🧪/"), ("e\u{301}\u{2028}", "e\u{301}\u{2028}"),
    ])
    func strings(_ text: String, _ expected: String) {
        #expect(line(Text(text: text)) == "{\"type\":\"row\",\"text\":\"\(expected)\"," + Self.time)
    }

    private struct Empty: JSONRow {}

    @Test func typeAndTimeAlways() {
        #expect(line(Empty(), type: "a\"b") == "{\"type\":\"a\\\"b\"," + Self.time)
    }

    private enum State: String, Encodable {
        case open, closed
    }

    private struct Port: JSONRow {
        var zebra: String
        var addr: IPAddress
        var bodySha256: String
        var pathMTU: Int?
        var alpha: Int64
        var state: State
        var isOld: Bool
        var p50: Double
        var renamed: Int8

        enum CodingKeys: String, CodingKey {
            case zebra, addr, bodySha256, pathMTU, alpha, state, isOld, p50
            case renamed = "sha_3"
        }
    }

    @Test func orderAndNames() {
        let row = Port(
            zebra: "z", addr: .v4(IPv4Address(192, 0, 2, 1)), bodySha256: "00", pathMTU: 1_500, alpha: .min,
            state: .closed, isOld: false, p50: 0.25, renamed: -3)
        #expect(
            line(row) == "{\"type\":\"row\",\"zebra\":\"z\",\"addr\":\"192.0.2.1\",\"body_sha256\":\"00\","
                + "\"path_mtu\":1500,\"alpha\":-9223372036854775808,\"state\":\"closed\",\"is_old\":false,\"p50\":0.25,"
                + "\"sha_3\":-3," + Self.time)
    }

    private struct Optionals: JSONRow {
        var absent: Int?
        @Null var name: String? = nil
        @Null var rttMs: Nanoseconds? = nil
        @IfTrue var late = false
        @IfTrue var duplicate = false
        var infinite = Double.infinity
    }

    @Test func absentNullAndTrue() {
        #expect(
            line(Optionals()) == "{\"type\":\"row\",\"name\":null,\"rtt_ms\":null,\"infinite\":null," + Self.time)
        let row = Optionals(absent: 0, name: "n", rttMs: .microseconds(42), late: true, infinite: 1.5)
        #expect(
            line(row)
                == "{\"type\":\"row\",\"absent\":0,\"name\":\"n\",\"rtt_ms\":0.042,\"late\":true,\"infinite\":1.5,"
                + Self.time)
    }

    private struct Nested: JSONRow {
        struct Inner: Encodable {
            var max: UInt64
            var list: [Int?]
        }

        struct Nothing: Encodable {}

        struct Common: Encodable {
            var target: String
            @IfTrue var late = false
        }

        @Inlined var common: Common
        @Inlined var more: Common?
        var inner: Inner
        var absent: Inner?
        @Null var none: Inner? = nil
        var nothing = Nothing()
        var rows: [Inner]
        var empty: [String] = []
        var pairs = [["Server", "nginx"], []]
        var members: OrderedMembers<[String]>
        var last = 1
    }

    @Test func nesting() {
        let inner = Nested.Inner(max: .max, list: [1, nil])
        let row = Nested(
            common: .init(target: "h", late: true), more: nil, inner: inner, rows: [inner, inner],
            members: OrderedMembers([("z", ["1"]), ("a", [])]))
        let text = "{\"max\":18446744073709551615,\"list\":[1,null]}"
        #expect(
            line(row)
                == "{\"type\":\"row\",\"target\":\"h\",\"late\":true,\"inner\":\(text),\"none\":null,\"nothing\":{},"
                + "\"rows\":[\(text),\(text)],\"empty\":[],\"pairs\":[[\"Server\",\"nginx\"],[]],"
                + "\"members\":{\"z\":[\"1\"],\"a\":[]},\"last\":1," + Self.time)
    }

    private struct Interval: JSONRow {
        var elapsedMs: Nanoseconds
    }

    @Test(arguments: [
        (0, "0.0"), (499, "0.0"), (500, "0.001"), (42_000, "0.042"), (42_499, "0.042"), (42_500, "0.043"),
        (3_000_000, "3.0"), (1_500_000, "1.5"), (1_250_000, "1.25"), (999_999_500, "1000.0"),
        (2_003_000_000, "2003.0"), (-42_000, "-0.042"), (Int64.max, "9223372036854.776"),
    ])
    func milliseconds(_ nanoseconds: Int64, _ expected: String) {
        let row = Interval(elapsedMs: Nanoseconds(nanoseconds))
        #expect(line(row) == "{\"type\":\"row\",\"elapsed_ms\":\(expected)," + Self.time)
        #expect(Milliseconds.json(Nanoseconds(nanoseconds)) == expected)
    }

    private struct Scalars: JSONRow {
        var ipv4: IPv4Address
        var ipv6: IPv6Address
        var mac: MACAddress
        var loss: [Percentage]
    }

    @Test func scalars() throws {
        let row = Scalars(
            ipv4: IPv4Address(198, 51, 100, 7), ipv6: try #require(IPv6Address("2001:DB8:0:0:1:0:0:1")),
            mac: try #require(MACAddress("02:00:00:00:AB:01")), loss: [Percentage(2, of: 3), Percentage(0, of: 0)])
        #expect(
            line(row) == "{\"type\":\"row\",\"ipv4\":\"198.51.100.7\",\"ipv6\":\"2001:db8::1:0:0:1\","
                + "\"mac\":\"02:00:00:00:ab:01\",\"loss\":[66.7,0.0]," + Self.time)
    }

    private struct Start: JSONRow {
        var start: Instant
    }

    @Test func instants() {
        let text = line(Start(start: SystemClock.now))
        let year = CivilTime(secondsSince1970: SystemClock.wall / 1_000_000_000).year
        #expect(text.hasPrefix("{\"type\":\"row\",\"start\":\"\(year)-"))
        #expect(
            text.utf8.count == "{\"type\":\"row\",\"start\":\"2026-01-31T12:00:00.000001Z\",".utf8.count
                + Self.time.utf8.count)
    }
}
