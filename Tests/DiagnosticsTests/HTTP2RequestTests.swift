import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Requests of HTTP/1 as fields of HTTP/2.
@Suite struct HTTP2RequestTests {
    private func request(_ text: String, isSecure: Bool = true) -> HTTP2Request {
        let origin = HTTPOrigin(endpoint: .name("web.example", port: 443), secureName: isSecure ? "web.example" : nil)
        let method = HTTPMethod(String(text.prefix { $0 != " " }))
        return HTTP2Request(HTTPFetch(origin: origin, method: method, bytes: Array(text.utf8)))
    }

    private func lines(_ request: HTTP2Request) -> [String] { request.fields.map { "\($0.name): \($0.value)" } }

    @Test func namesAreInLowerCaseAndHostIsTheAuthority() {
        let request = request(
            "POST /a?b HTTP/1.1\r\nHost: web.example:8443\r\nUser-Agent: x\r\nContent-Length: 5\r\n\r\nhello")
        #expect(
            lines(request) == [
                ":method: POST", ":scheme: https", ":authority: web.example:8443", ":path: /a?b", "user-agent: x",
                "content-length: 5",
            ])
        #expect(request.body == Array("hello".utf8))
    }

    @Test func fieldsOfTheConnectionAreNotSent() {
        let request = request(
            """
            GET / HTTP/1.1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nUpgrade: h2c\r\nTE: gzip\r\n\
            te: trailers\r\nX: \tüa  \r\n\r\n
            """, isSecure: false)
        #expect(lines(request) == [":method: GET", ":scheme: http", ":path: /", "te: trailers", "x: üa"])
        #expect(request.body.isEmpty)
    }

    @Test func chunksAreData() {
        let request = request("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(lines(request) == [":method: PUT", ":scheme: https", ":path: /"])
        #expect(request.body == Array("abcde".utf8))
    }

    @Test func connectHasNoPath() {
        let request = request("CONNECT web.example:443 HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(lines(request) == [":method: CONNECT", ":authority: web.example:443"])
    }

    @Test func aResponseIsReadWithoutText() {
        var reader = HTTPResponseReader(method: .get)
        let field = HTTPField(name: Array("a:b".utf8), value: Array("c\nd".utf8))
        reader.take(HTTPHead(http2Status: 103, fields: []))
        reader.take(HTTPHead(http2Status: 200, fields: [field]))
        #expect(reader.interim.count == 1 && reader.framing == .stream && !reader.isFinished)
        #expect(reader.head?.keepsConnection == true && reader.head?.version?.number == "2")
        #expect(reader.head?.problems() == [.invalidFieldName(name: "a:b"), .controlCharacter])
        var body: [UInt8] = []
        let piece: [UInt8] = [1, 2]
        #expect(reader.take(piece.rawBytes) { body += $1.copied() } == 2)
        reader.endStream(trailers: [field])
        #expect(reader.isComplete && body == piece && reader.trailers == [field])
    }

    @Test func aStreamThatIsResetIsNotComplete() {
        var reader = HTTPResponseReader(method: .get)
        reader.take(HTTPHead(http2Status: 200, fields: [HTTPField("Content-Length", "0")]))
        #expect(reader.framing == .length(0) && !reader.isFinished)
        reader.end()
        #expect(!reader.isComplete && reader.problems == [.unfinishedBody])
    }
}
