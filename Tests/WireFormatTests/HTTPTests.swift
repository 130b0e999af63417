import Testing
import WireFormat

@Suite("HTTP/1")
struct HTTPTests {
    private func head(_ text: String) -> HTTPHead {
        let bytes = Array(text.utf8)
        let head = HTTPHead(bytes.rawBytes)
        #expect(head.encoded() == Array(bytes.prefix(head.byteCount)), "\(text)")
        return head
    }

    @Test("a valid request has no problems")
    func request() {
        let head = head("GET /a?b=c HTTP/1.1\r\nHost: example.net\r\nACCEPT:*/*\r\n\r\nbody")
        guard case .request(let line) = head.start else {
            Issue.record("no request")
            return
        }
        #expect(line.method == Array("GET".utf8) && line.target == Array("/a?b=c".utf8) && line.version == .http11)
        #expect(head.problems().isEmpty && head["accept"] == "*/*" && head.fields[1].name == "ACCEPT")
        #expect(head.requestFraming == .none && head.keepsConnection)
        let made = HTTPHead.request(.get, "/a?b=c", fields: [HTTPField("Host", "example.net")])
        #expect(made.encoded() == Array("GET /a?b=c HTTP/1.1\r\nHost: example.net\r\n\r\n".utf8))
    }

    @Test("a response and its fields")
    func response() {
        let head = head(
            "HTTP/1.0 404 Not Found\r\nConnection: Keep-Alive\r\nVary: a, \"b,c\", d\r\nvary: e\r\nContent-Length: 5\r\n\r\n"
        )
        guard case .status(let line) = head.start else {
            Issue.record("no response")
            return
        }
        #expect(line.code == 404 && line.reason == Array("Not Found".utf8) && line.version == .http10)
        #expect(head.list("Vary") == ["a", "\"b,c\"", "d", "e"] && head.keepsConnection && head.problems().isEmpty)
        #expect(head.responseFraming(to: .get) == .length(5) && head.responseFraming(to: .head) == .none)
    }

    @Test(
        "violations of the standard",
        arguments: [
            ("get / HTTP/1.1\r\nHost: a\r\n\r\n", []),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", [.oddWhitespaceInStartLine]),
            ("GET /\r\n\r\n", [.missingVersion]), ("GET\r\n\r\n", [.missingTarget, .missingVersion]),
            ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", [.invalidMethod]),
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", [.whitespaceInTarget]),
            ("GET / HTTP/3.0\r\n\r\n", [.unknownMajorVersion(3)]),
            ("GET / HTTP/1.1\r\n\r\n", [.missingHost]),
            ("GET / HTTP/1.0\n\n", [.bareLineFeed]), ("\r\nGET / HTTP/1.0\r\n\r\n", [.emptyLineBeforeStart]),
            ("GET / HTTP/1.0\r\n", [.unfinishedHead]), ("GET / HTTP/1.0\r\nno colon\r\n\r\n", [.missingColon(line: 2)]),
            ("GET / HTTP/1.0\r\n: x\r\n\r\n", [.emptyFieldName(line: 2)]),
            ("GET / HTTP/1.0\r\nA : x\r\n\r\n", [.whitespaceBeforeColon(name: "A")]),
            ("GET / HTTP/1.0\r\nA B: x\r\n\r\n", [.invalidFieldName(name: "A B")]),
            ("GET / HTTP/1.0\r\nA: x\r\n y\r\n\r\n", [.obsoleteFolding(name: "A")]),
            ("GET / HTTP/1.0\r\n A: x\r\n\r\n", [.whitespaceBeforeFirstField]),
            ("GET / HTTP/1.0\r\nA: x\u{1}\r\n\r\n", [.controlCharacter]),
            ("GET / HTTP/1.0\r\nA: x\ry\r\n\r\n", [.bareCarriageReturn]),
            ("HTTP/1.1 200 OK\r\n\r\n", []), ("HTTP/1.1 200\r\n\r\n", [.oddWhitespaceInStartLine]),
            ("HTTP/1.1 200 \r\n\r\n", []),
            ("HTTP/1.1 20 OK\r\n\r\n", [.invalidStatusCode]), ("HTTP/1.1 999 OK\r\n\r\n", [.statusCodeOutOfRange(999)]),
            ("HTTP/11 200 OK\r\n\r\n", [.malformedVersion(Array("HTTP/11".utf8))]),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", [.invalidContentLength("x")]),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", []),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                [.repeatedField(name: "Content-Length")]
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                [.contentLengthWithTransferEncoding]
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", [.chunkedIsNotLast]),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", [.transferEncodingInHTTP10]),
            ("HTTP/1.1 200 OK\r\nExpires: 0\r\n\r\n", [.invalidDate(name: "Expires", value: "0", .number)]),
            (
                "HTTP/1.1 200 OK\r\nDate: a\r\nDate: b\r\n\r\n",
                [
                    .repeatedField(name: "Date"), .invalidDate(name: "Date", value: "a", .unknownForm),
                    .invalidDate(name: "Date", value: "b", .unknownForm),
                ]
            ),
            (
                "HTTP/1.1 200 OK\r\nCache-Control: max-age=x\r\n\r\n",
                [.invalidDirective("max-age is not a number of seconds: x")]
            ),
        ] as [(String, [HTTPProblem])])
    func problems(text: String, problems: [HTTPProblem]) {
        #expect(head(text).problems() == problems, "\(text)")
        for problem in problems { #expect(problem.section.hasPrefix("RFC 9") && !problem.description.isEmpty) }
    }

    @Test("body framing (RFC 9112, section 6.3)")
    func framing() {
        func response(_ line: String, _ fields: String = "") -> HTTPHead { head("HTTP/1.1 \(line)\r\n\(fields)\r\n") }
        #expect(response("204 x", "Content-Length: 5\r\n").responseFraming(to: .get) == .none)
        #expect(
            response("304 x").responseFraming(to: .get) == .none && response("100 x").responseFraming(to: .get) == .none
        )
        #expect(
            response("200 x").responseFraming(to: .connect) == .tunnel
                && response("200 x").responseFraming(to: .get) == .untilClose)
        #expect(
            response("200 x", "Transfer-Encoding: gzip, Chunked\r\nContent-Length: 5\r\n").responseFraming(to: .get)
                == .chunked)
        #expect(response("200 x", "Transfer-Encoding: gzip\r\n").responseFraming(to: .get) == .untilClose)
        #expect(response("200 x", "Content-Length: 5\r\nContent-Length: 6\r\n").responseFraming(to: .get) == .invalid)
        #expect(response("200 x", "Content-Length: -1\r\n").responseFraming(to: .get) == .invalid)
        #expect(response("204 x", "").responseFraming(to: .connect) == .tunnel)
        #expect(head("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n").requestFraming == .invalid)
        #expect(
            !response("200 x", "Connection: foo, CLOSE\r\n").keepsConnection
                && !head("HTTP/1.0 200 x\r\n\r\n").keepsConnection)
    }

    // RFC 9110, section 5.6.7 shows the same time in the three formats.
    @Test(
        "the three date formats",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", HTTPDate.Form.fixed), ("Sunday, 06-Nov-94 08:49:37 GMT", .rfc850),
            ("Sun Nov  6 08:49:37 1994", .asctime),
        ])
    func dates(text: String, form: HTTPDate.Form) throws {
        let date = try HTTPDate(Array(text.utf8), currentYear: 2026)
        #expect(date.secondsSince1970 == 784_111_777 && date.form == form && date.written(as: form) == text)
        #expect(date.description == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test(
        "problems of invalid dates",
        arguments: [
            ("", .empty), ("0", .number), ("-1", .number), ("never", .unknownForm),
            ("Sun, 6 Nov 1994 08:49:37 GMT", .invalidDay("6")),
            ("Sun, 06 Nov 94 08:49:37 GMT", .invalidYear("94")),
            ("Sun, 06 nov 1994 08:49:37 GMT", .unknownMonth("nov")),
            ("Sun, 06 Nov 1994 8:49:37 GMT", .invalidTime("8:49:37")),
            ("Sun, 06 Nov 1994 08:49:37 UTC", .notGMT("UTC")),
            ("Sun, 06 Nov 1994 08:49:37 +0000", .notGMT("+0000")), ("Sun, 06 Nov 1994 08:49:37", .notGMT("")),
            ("Mon, 06 Nov 1994 08:49:37 GMT", .wrongWeekday(written: "Mon", correct: "Sun")),
            ("Sun, 31 Feb 1994 08:49:37 GMT", .nonexistent), ("Sun, 06 Nov 1994 24:49:37 GMT", .nonexistent),
            ("Son, 06 Nov 1994 08:49:37 GMT", .unknownWeekday("Son")),
            ("Sun, 06 Nov 1994 08:49:37 GMT x", .trailingText("x")),
            ("Sun,  06 Nov 1994 08:49:37 GMT", .unknownForm), ("1994-11-06T08:49:37Z", .unknownForm),
            ("Sun Nov 6 08:49:37 1994", .unknownForm), ("Sun Nov  6 08:49:37 1994 GMT", .trailingText("GMT")),
        ] as [(String, HTTPDate.Problem)])
    func wrongDates(text: String, problem: HTTPDate.Problem) {
        #expect(HTTPDate.problem(Array(text.utf8), currentYear: 2026) == problem, "\(text)")
    }

    @Test("two-digit years more than 50 years ahead are in the past (RFC 9110, section 5.6.7)")
    func centuries() throws {
        let near = try HTTPDate(Array("Sunday, 06-Nov-94 08:49:37 GMT".utf8), currentYear: 2026)
        #expect(near.time.year == 1994)
        // Without the current year, the weekday determines the century.
        #expect(try HTTPDate(Array("Sunday, 06-Nov-94 08:49:37 GMT".utf8)).time.year == 1994)
        #expect(try HTTPDate(Array("Saturday, 06-Nov-94 08:49:37 GMT".utf8)).time.year == 2094)
        // 2076-11-06 is a Friday.
        #expect(try HTTPDate(Array("Friday, 06-Nov-76 08:49:37 GMT".utf8), currentYear: 2026).time.year == 2076)
        #expect(
            HTTPDate.problem(Array("Friday, 06-Nov-77 08:49:37 GMT".utf8), currentYear: 2026)
                == .wrongWeekday(written: "Friday", correct: "Sunday"))
    }

    @Test("every time is parsed back from its three formats", arguments: 0..<200)
    func dateRoundTrip(seed: UInt64) throws {
        var random = Seeded(seed)
        let moment = Int64.random(in: 0...4_000_000_000, using: &random)
        for form in [HTTPDate.Form.fixed, .asctime, .rfc850] {
            let text = HTTPDate(secondsSince1970: moment).written(as: form)
            let year = HTTPDate(secondsSince1970: moment).time.year
            #expect(
                try HTTPDate(Array(text.utf8), currentYear: year).secondsSince1970 == moment, "seed \(seed): \(text)")
        }
    }

    @Test("the calendar: known days, and back", arguments: 0..<100)
    func calendar(seed: UInt64) {
        #expect(CivilTime(secondsSince1970: 0) == CivilTime(year: 1970, month: 1, day: 1))
        #expect(CivilTime(secondsSince1970: 951_782_400) == CivilTime(year: 2000, month: 2, day: 29))
        #expect(
            CivilTime(secondsSince1970: -1)
                == CivilTime(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59))
        #expect(
            CivilTime(year: 2026, month: 11, day: 25).weekday == 3
                && CivilTime(year: 1969, month: 12, day: 31).weekday == 3)
        var random = Seeded(seed)
        let moment = Int64.random(in: -100_000_000_000...100_000_000_000, using: &random)
        let time = CivilTime(secondsSince1970: moment)
        #expect(time.secondsSince1970 == moment && time.isValid, "seed \(seed)")
    }

    @Test("cache directives (RFC 9111, section 5.2)")
    func cacheControl() {
        let control = CacheControl(
            Array("Public, MAX-AGE=60 , private=\"a, \\\"b\", x=y, s-maxage=99999999999999999999".utf8))
        #expect(control.isPublic && control.maximumAge == 60 && control.isPrivate && control.problems.isEmpty)
        #expect(control.directives[2].argument == "a, \"b" && control.directives[2].isQuoted)
        // Larger values become 2^31 (section 1.2.2).
        #expect(control.sharedMaximumAge == 1 << 31 && control.directives[3].name == "x")
        let wrong = CacheControl(Array("max-age, max-age=-1, a b, =c, q=\"x, no-store".utf8))
        #expect(
            wrong.problems == [
                "max-age has no number of seconds", "max-age is not a number of seconds: -1",
                "'a b' is not a directive",
                "'=c' is not a directive", "q has no closing quote", "max-age is repeated",
            ])
        #expect(!wrong.forbidsStoring && CacheControl(Array("no-store".utf8)).forbidsStoring)
    }

    @Test("chunks (RFC 9112, section 7.1)")
    func chunks() {
        let text = Array("5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\nnext".utf8)
        let body = HTTPChunkedBody(text.rawBytes)
        #expect(body.data == Array("hello world".utf8) && body.isComplete && body.problems.isEmpty)
        #expect(body.chunks[0].extensions == Array(";a=b".utf8) && body.trailers.map(\.value) == ["x"])
        #expect(body.byteCount == text.count - 4 && body.encoded() == Array(text.dropLast(4)))
        #expect(HTTPChunkedBody([], chunkSize: 4).encoded() == Array("0\r\n\r\n".utf8))
    }

    @Test(
        "invalid chunks",
        arguments: [
            ("5\nhello\n0\n\n", "hello", true, [.bareLineFeed, .bareLineFeed, .bareLineFeed]),
            ("5 \r\nhello\r\n0\r\n\r\n", "hello", true, [.whitespaceAfterChunkSize]),
            ("5\r\nhelloXX\r\n0\r\n\r\n", "hello", true, [.missingChunkEnd]),
            ("x\r\nhello", "", false, [.invalidChunkSize]),
            ("5\r\nhel", "hel", false, [.unfinishedBody]), ("5", "", false, [.unfinishedBody]),
            ("", "", false, [.unfinishedBody]),
            ("0\r\n", "", false, [.unfinishedBody]), ("80000001\r\nx", "", false, [.chunkTooLarge]),
            ("ffffffffffffffffff\r\nx", "", false, [.chunkTooLarge]),
        ] as [(String, String, Bool, [HTTPProblem])])
    func oddChunks(text: String, data: String, isComplete: Bool, problems: [HTTPProblem]) {
        let body = HTTPChunkedBody(Array(text.utf8).rawBytes)
        #expect(body.data == Array(data.utf8) && body.isComplete == isComplete && body.problems == problems, "\(text)")
        #expect(body.encoded() == Array(text.utf8))
    }

    @Test("chunks of any size give the data", arguments: 0..<50)
    func chunkRoundTrip(seed: UInt64) {
        var random = Seeded(seed)
        let data = random.bytes(0...200)
        let made = HTTPChunkedBody(data, chunkSize: Int.random(in: 1...64, using: &random)).encoded()
        let body = HTTPChunkedBody(made.rawBytes)
        #expect(body.data == data && body.isComplete && body.problems.isEmpty && body.encoded() == made, "seed \(seed)")
    }

    @Test("segment data recognized as HTTP, and other data")
    func recognition() {
        for text in [
            "GET / HTTP/1.1", "HTTP/1.1 200 OK", "DELETE / HTTP/1.0", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1",
        ] {
            let isRecognized = HTTPStartLine.isRecognized(in: Array(text.utf8).rawBytes)
            #expect(isRecognized, "\(text)")
        }
        for text in ["GET", "GETX / HTTP/1.1", "HTTPS stuff", "DELETED /", "\u{16}\u{3}\u{1}aaaaaaaaa", ""] {
            let isRecognized = HTTPStartLine.isRecognized(in: Array(text.utf8).rawBytes)
            #expect(!isRecognized, "\(text)")
        }
    }

    @Test("of a head that the recipient did not read to its end, the complete lines are examined")
    func cutHeads() {
        for (text, problems) in [
            ("HTTP/1.1 200 OK\r", []), ("HTTP/1.1 200 OK\r\nA: b\r", []), ("HTTP/1.1 200 OK\r\nA", []),
            ("HTTP/1.1 200 OK\r\nA\r\nB", [HTTPProblem.missingColon(line: 2)]),
            ("HTTP/1.1 600 x\r\nB", [.statusCodeOutOfRange(600)]),
        ] {
            let head = HTTPHead(Array(text.utf8).rawBytes)
            #expect(head.problems(isCut: true) == problems, "\(text)")
            #expect(head.problems().contains(.unfinishedHead), "\(text)")
        }
    }
}
