import Testing
import WireFormat
import WireFormatTestSupport

@Suite struct HTTPResponseReaderTests {
    private struct Read: Equatable {
        var status: String?
        var interim = 0
        var body: [UInt8] = []
        var trailers: [String] = []
        var isComplete = false
        var problems: [HTTPProblem] = []
        var taken = 0
    }

    /// Passes a response to the reader in pieces that end at `cuts`, then its end.
    private static func read(
        _ bytes: [UInt8], cuts: [Int] = [], method: HTTPMethod = .get, limits: HTTPResponseReader.Limits = .init(),
        ends: Bool = true
    ) -> Read {
        var reader = HTTPResponseReader(method: method, limits: limits)
        var result = Read()
        var start = 0
        for cut in cuts.sorted() + [bytes.count] where cut >= start {
            let piece = Array(bytes[start..<cut])
            result.taken += reader.take(piece.rawBytes) { _, data in result.body += data.copied() }
            start = cut
        }
        if ends { reader.end() }
        result.status = reader.head?.startLine.text
        result.interim = reader.interim.count
        result.trailers = reader.trailers.map(\.name)
        result.isComplete = reader.isComplete
        result.problems = reader.problems
        return result
    }

    private static func read(_ text: String, method: HTTPMethod = .get) -> Read {
        read(Array(text.utf8), method: method)
    }

    private static let samples = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 No\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\nrest",
        "\r\nHTTP/1.1 200\nContent-Length:3\n\nabc",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "<html>no head</html>",
        "HT",
    ]

    @Test func framings() {
        let length = Self.read(Self.samples[0])
        #expect(length.body == Array("hello".utf8))
        #expect(length.isComplete && length.taken == Self.samples[0].utf8.count - 19)
        let interim = Self.read(Self.samples[1])
        #expect(interim.interim == 2 && interim.status == "HTTP/1.0 200 OK" && interim.isComplete)
        #expect(interim.body == Array("until the end".utf8))
        let chunked = Self.read(Self.samples[2])
        #expect(chunked.body == Array("hello world".utf8) && chunked.trailers == ["X-Sum"] && chunked.isComplete)
        #expect(chunked.problems.isEmpty)
        #expect(Self.read(Self.samples[3]).body == Array("abc".utf8))
        #expect(Self.read(Self.samples[6]).body.isEmpty, "204 has no body (RFC 9112, section 6.3)")
        let head = Self.read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method: .head)
        #expect(head.isComplete && head.body.isEmpty)
        #expect(Self.read("HTTP/1.1 200 OK\r\n\r\nx", method: .connect).taken == 19)
    }

    @Test func problems() {
        #expect(Self.read(Self.samples[4]).problems == [.noStatusLine])
        #expect(Self.read(Self.samples[4]).body == Array(Self.samples[4].utf8))
        #expect(Self.read(Self.samples[5]).problems == [.chunkTooLarge])
        #expect(Self.read(Self.samples[8]).problems == [.noStatusLine])
        let short = Self.read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        #expect(!short.isComplete && short.problems == [.unfinishedBody])
        let unfinished = Self.read("HTTP/1.1 200 OK\r\nX: ")
        #expect(!unfinished.isComplete && unfinished.status == "HTTP/1.1 200 OK")
    }

    @Test func limits() {
        var limits = HTTPResponseReader.Limits()
        limits.head = 100
        limits.interimResponses = 3
        limits.body = 4
        let endless = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 1_000)
        let long = Self.read(Array(endless.utf8), limits: limits)
        #expect(long.problems == [.headTooLong(limit: 100)] && long.taken == 101)
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9)
        #expect(Self.read(Array(interim.utf8), limits: limits).problems == [.endlessInterimResponses(3)])
        let body = Self.read(Array("HTTP/1.1 200 OK\r\n\r\nabcdefgh".utf8), limits: limits)
        #expect(body.body.count == 4 && body.problems == [.bodyTooLong(limit: 4)] && !body.isComplete)
        let line = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "x", count: 200)
        #expect(Self.read(Array(line.utf8), limits: limits).problems == [.chunkLineTooLong(limit: 100)])
        let trailers =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "X: y\r\n", count: 50)
        #expect(Self.read(Array(trailers.utf8), limits: limits).problems == [.trailersTooLong(limit: 100)])
    }

    /// The result does not depend on how a response is split into pieces.
    @Test func cuts() {
        var random = SystemRandomNumberGenerator()
        for sample in Self.samples {
            let bytes = Array(sample.utf8)
            let whole = Self.read(bytes)
            for cut in 0...bytes.count {
                #expect(Self.read(bytes, cuts: [cut]) == whole, "\(sample) cut at \(cut)")
            }
            for _ in 0..<50 {
                let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }
                #expect(Self.read(bytes, cuts: cuts) == whole, "\(sample) cut at \(cuts)")
            }
        }
    }

    @Test("a response without a valid length is rejected (RFC 9112, section 6.3)")
    func invalidLengths() {
        let rows: [(fields: String, text: String?)] = [
            ("Content-Length: -5\r\n", "Content-Length is not a number: -5"),
            ("Content-Length: 99999999999999999999\r\n", "Content-Length is too large: 99999999999999999999"),
            ("Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length has different values"),
            ("Content-Length: 1, 1\r\nContent-Length: 1\r\n", nil),
        ]
        for (fields, text) in rows {
            var reader = HTTPResponseReader(method: .get)
            let bytes = Array("HTTP/1.1 200 OK\r\n\(fields)\r\nx".utf8)
            _ = reader.take(bytes.rawBytes) { _, _ in }
            #expect(reader.isFinished && reader.isComplete == (text == nil), "\(fields)")
            let problems = reader.head?.problems().filter(\.isFatal) ?? []
            #expect(problems.first?.description == text && problems.count <= 1, "\(fields)")
        }
    }
}
