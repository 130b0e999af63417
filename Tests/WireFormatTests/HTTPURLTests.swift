import Testing
import WireFormat

@Suite struct HTTPURLTests {
    /// Text, host and port as in the Host field, target; nil if the URL is invalid.
    private static let table: [(text: String, authority: String?, target: String, why: String)] = [
        ("http://example.test", "example.test", "/", "no path"),
        ("example.test/a?b#c", "example.test", "/a?b", "no scheme; the fragment is not sent"),
        ("HTTP://EXAMPLE.Test:80/", "example.test", "/", "case, and the default port"),
        ("https://example.test:443", "example.test", "/", "the default port of TLS"),
        ("https://example.test:80", "example.test:80", "/", "the default port of another scheme"),
        ("http://example.test:", "example.test", "/", "a colon alone (RFC 3986, section 3.2.3)"),
        ("http://[2001:DB8::1]:8080/x", "[2001:db8::1]:8080", "/x", "an IPv6 address"),
        ("http://[fe80::1%25eth0]/", "[fe80::1]", "/", "the zone is not sent (RFC 6874)"),
        ("2001:db8::1", "[2001:db8::1]", "/", "without brackets, as people type it"),
        ("http://192.0.2.1?q", "192.0.2.1", "/?q", "a query without a path"),
        ("http://127.1:8080/", "127.0.0.1:8080", "/", "a form of inet_aton(3)"),
        ("http://0x7f.1", "127.0.0.1", "/", "another"),
        ("http://2130706433/", "127.0.0.1", "/", "another"),
        ("http://u:p%40ss@example.test/", "example.test", "/", "user and password"),
        ("http://b\u{fc}cher.test/stra\u{df}e", "xn--bcher-kva.test", "/stra%C3%9Fe", "non-ASCII letters"),
        ("http://BU\u{308}CHER\u{3002}test/", "xn--bcher-kva.test", "/", "decomposed, another full stop"),
        ("http://example.test/a b\"<>", "example.test", "/a%20b%22%3C%3E", "bytes not allowed in a request line"),
        ("http://example.test/a%2Fb/../c", "example.test", "/a%2Fb/../c", "the rest of the path is not changed"),
        ("http+unix://%2Frun%2Fx.sock/v", "localhost", "/v", "a Unix socket"),
        ("", nil, "", "nothing"),
        ("http://", nil, "", "no host"),
        ("ftp://example.test", nil, "", "another scheme"),
        ("http://exa mple.test", nil, "", "a space in the host"),
        ("http://ex\u{FFFD}mple.test", nil, "", "what replaced bytes that are not UTF-8"),
        ("http://ex%FFmple.test", nil, "", "an encoded byte that is not UTF-8"),
        ("http://example.test:0", nil, "", "no port"),
        ("http://example.test:65536", nil, "", "too large a port"),
        ("http://example.test:8x", nil, "", "text after the port"),
        ("http://[2001:db8::1", nil, "", "no closing bracket"),
        ("http://[2001:db8::1]x", nil, "", "text after the bracket"),
        ("http://%zz/", nil, "", "no hexadecimal digits"),
        ("http://192.0.2.256/", nil, "", "an invalid address is not a name"),
        ("http://0x7f.1.1.1.1/", nil, "", "too many parts of an address"),
    ]

    @Test func texts() {
        for row in Self.table {
            let url = try? HTTPURL(row.text)
            #expect(url?.authority == row.authority, "\(row.text): \(row.why)")
            if let url { #expect(url.target == row.target, "\(row.text): \(row.why)") }
        }
    }

    @Test func addedQueries() throws {
        let rows: [(url: String, data: String, target: String)] = [
            ("a", "b=c", "/?b=c"), ("a/p?z=0", "b=c&d", "/p?z=0&b=c&d"), ("a/p#f", "b#c", "/p?b%23c"),
            ("a", "x HTTP/1.1\r\nHost: evil\r\n\r\nGET /x", "/?x%20HTTP/1.1%0D%0AHost:%20evil%0D%0A%0D%0AGET%20/x"),
            ("a", "\u{E9}\u{0}\u{7F}%41", "/?%C3%A9%00%7F%41"),
        ]
        for row in rows {
            var url = try HTTPURL(row.url)
            url.add(query: row.data.utf8)
            #expect(url.target == row.target, "\(row)")
        }
        var url = try HTTPURL("a")
        url.add(query: [0xFF])
        #expect(url.target == "/?%FF", "data need not be text")
    }

    @Test func userAndPassword() throws {
        let url = try HTTPURL("http://u:p%40ss:x@example.test/")
        #expect(url.user == "u")
        #expect(url.password == "p@ss:x")
        #expect("\(url)" == "http://example.test/", "a password is not printed")
    }

    /// RFC 3986, section 5.4: base, reference, result; without cases that HTTP URLs do not have.
    @Test func references() throws {
        let base = try HTTPURL("http://a/b/c/d;p?q")
        let examples: [(String, String)] = [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
            ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"), ("g#s", "http://a/b/c/g"), (";x", "http://a/b/c/;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../", "http://a/b/"), ("../g", "http://a/b/g"),
            ("../..", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
            ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"), ("g/../h", "http://a/b/c/h"), ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://x:8443/y", "https://x:8443/y"),
        ]
        for (reference, expected) in examples {
            #expect("\(try base.resolving(reference))" == expected, "\(reference)")
        }
        #expect(throws: HTTPURL.Problem.unknownScheme("javascript")) { try base.resolving("javascript:x") }
    }

    /// RFC 3492, section 7.1: (A) Arabic, (B) Chinese, (L) Japanese with digits, (S) only ASCII.
    @Test func punycode() {
        let samples: [([UInt32], String)] = [
            (
                [
                    0x0644, 0x064A, 0x0647, 0x0645, 0x0627, 0x0628, 0x062A, 0x0643, 0x0644, 0x0645, 0x0648, 0x0634,
                    0x0639, 0x0631, 0x0628, 0x064A, 0x061F,
                ], "egbpdaj6bu4bxfgehfvwxn"
            ),
            (
                [0x4ED6, 0x4EEC, 0x4E3A, 0x4EC0, 0x4E48, 0x4E0D, 0x8BF4, 0x4E2D, 0x6587], "ihqwcrb4cv8a8dqg056pqjye"
            ),
            ([0x33, 0x5E74, 0x0042, 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F], "3B-ww4c5e180e575a65lsy2b"),
            (Array("-> $1.00 <-".unicodeScalars.map(\.value)), "-> $1.00 <--"),
        ]
        for (points, expected) in samples { #expect(Punycode.encode(points) == expected) }
        #expect(Punycode.domain("M\u{fc}nchen\u{3002}example") == "xn--mnchen-3ya.example")
        #expect(Punycode.domain(String(repeating: "\u{fc}", count: 80)) == nil, "a label has 63 letters")
    }
}
