import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Redirect chains: which fields and cookies are sent where, and when a chain is a loop.
@Suite("redirects of a probe")
struct HTTPProbeRedirectTests {
    /// The result of a chain.
    private struct Chain {
        /// The requests as sent, heads and bodies.
        var requests: [String] = []
        var hops: [RedirectHop] = []
        var answer: HTTPProbeResponse?

        /// Returns the value of a field of a request; nil if it is missing.
        func field(_ name: String, of index: Int) -> String? {
            requests.indices.contains(index) ? HTTPHead(Array(requests[index].utf8).rawBytes)[name] : nil
        }
    }

    /// Follows a chain with given responses; the last one is repeated.
    private func follow(
        _ url: String, _ answers: [String], apart: Nanoseconds = .milliseconds(1),
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> Chain {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.redirects = 10
        change(&configuration)
        var plan = HTTPProbePlan(try HTTPURL(url), configuration, number: 0)
        var chain = Chain()
        var now = Instant(nanoseconds: 5_000_000_000)
        var result = HTTPResult.began
        for _ in 0..<100 {
            let step = plan.next(after: result, at: now) { event in
                switch event {
                case .redirect(let hop): chain.hops.append(hop)
                case .answer(let answer): chain.answer = answer
                case .exchange, .scheme, .retry: break
                }
            }
            guard case .fetch(let fetch) = step else { return chain }
            chain.requests.append(String(decoding: fetch.bytes + fetch.heldBody, as: UTF8.self))
            var outcome = HTTPOutcome(fetch: fetch, timings: HTTPTimings(start: now))
            let text = answers[min(chain.requests.count, answers.count) - 1]
            outcome.head = HTTPHead(Array("HTTP/1.1 \(text)\r\n\r\n".utf8).rawBytes)
            outcome.ending = .left
            result = .fetched(outcome)
            now = now + apart
        }
        Issue.record("the chain does not end")
        return chain
    }

    private static func to(_ location: String, _ more: String = "", status: Int = 302) -> String {
        "\(status) Found\r\nLocation: \(location)" + (more.isEmpty ? "" : "\r\n\(more)")
    }

    private static let secrets: [(name: String, value: String?)] = [
        ("authorization", "Bearer t"), ("Cookie", "a=1"), ("Proxy-Authorization", "Basic p"), ("Host", "inner"),
        ("X-Kept", "yes"),
    ]

    // MARK: Credentials

    @Test(
        "another scheme, host or port does not receive the fields given for the first",
        arguments: [
            ("http://one.example/", "http://two.example/"), ("http://one.example/", "http://one.example:8080/"),
            ("https://one.example/", "http://one.example/"), ("http://one.example:443/", "https://one.example/"),
            ("https://one.example/", "http://one.example:443/"), ("http://one.example/", "//one.example:81/"),
            ("http://192.0.2.1/", "http://192.0.2.2/"), ("http://[2001:db8::1]/", "http://[2001:db8::2]/"),
            ("http://one.example/", "http://sub.one.example/"),
        ])
    func crossOrigin(from first: String, to second: String) throws {
        for status in [301, 302, 303, 307, 308] {
            let chain = try follow(first, [Self.to(second, status: status), "200 OK"]) { $0.fields = Self.secrets }
            #expect(chain.requests.count == 2)
            #expect(chain.field("Authorization", of: 0) == "Bearer t" && chain.field("Host", of: 0) == "inner")
            for name in ["Authorization", "Cookie", "Proxy-Authorization"] {
                #expect(chain.field(name, of: 1) == nil, "\(name) \(status)")
            }
            #expect(chain.field("Host", of: 1) == (try HTTPURL(first).resolving(second)).authority)
            #expect(chain.field("X-Kept", of: 1) == "yes")
            let dropped = ["Authorization", "Cookie", "Proxy-Authorization", "Host"]
            #expect(chain.hops.map(\.dropped) == [dropped])
            #expect(chain.answer?.redirects.map(\.dropped) == [dropped])
        }
    }

    @Test("the same origin receives them, with or without its port")
    func sameOrigin() throws {
        for location in ["/b", "http://one.example:80/b", "//ONE.example/b", "?q"] {
            let chain = try follow("http://one.example/a", [Self.to(location), "200 OK"]) { $0.fields = Self.secrets }
            #expect(chain.field("Authorization", of: 1) == "Bearer t" && chain.field("Cookie", of: 1) == "a=1")
            #expect(chain.field("Host", of: 1) == "inner")
            #expect(chain.hops.map(\.dropped) == [[]])
        }
    }

    @Test("a chain that returns does not receive them again")
    func comingBack() throws {
        let chain = try follow(
            "http://u:p@one.example/", [Self.to("http://two.example/"), Self.to("http://one.example/b"), "200 OK"]
        ) { $0.fields = [("Cookie", "a=1")] }
        #expect(chain.requests.count == 3)
        #expect(chain.field("Cookie", of: 2) == nil && chain.field("Authorization", of: 2) == nil)
        #expect(chain.hops.map(\.dropped) == [["Authorization", "Cookie"], []])
    }

    @Test("user and password of the URL are credentials; those in Location belong to the new URL")
    func userInfo() throws {
        let away = try follow("http://u:p@one.example/", [Self.to("http://two.example/"), "200 OK"])
        #expect(away.field("Authorization", of: 0) == "Basic dTpw" && away.field("Authorization", of: 1) == nil)
        #expect(away.hops.first?.dropped == ["Authorization"])
        let here = try follow("http://u:p@one.example/", [Self.to("/b"), "200 OK"])
        #expect(here.field("Authorization", of: 1) == "Basic dTpw" && here.hops.first?.dropped == [])
        let other = try follow("http://one.example/", [Self.to("http://x:y@two.example/"), "200 OK"]) {
            $0.fields = [("Authorization", "Bearer t")]
        }
        #expect(other.field("Authorization", of: 1) == "Basic eDp5")
    }

    @Test("--location-trusted sends them everywhere")
    func trusted() throws {
        let chain = try follow("http://u:p@one.example/", [Self.to("http://two.example/"), "200 OK"]) {
            $0.trustsRedirects = true
            $0.fields = Self.secrets.filter { $0.name != "authorization" }
        }
        #expect(chain.field("Authorization", of: 1) == "Basic dTpw" && chain.field("Cookie", of: 1) == "a=1")
        #expect(chain.field("Host", of: 1) == "inner" && chain.field("Proxy-Authorization", of: 1) == "Basic p")
        #expect(chain.hops.map(\.dropped) == [[]])
    }

    @Test("additional tests of the last server do not send them either")
    func examinations() throws {
        let chain = try follow("http://one.example/", [Self.to("http://two.example/"), "200 OK"]) {
            $0.fields = Self.secrets
            $0.examinesMethods = true
            $0.examinesIntermediaries = true
            $0.keepAlivePatience = .seconds(1)
        }
        #expect(chain.requests.count > 5)
        for index in chain.requests.indices.dropFirst() {
            #expect(chain.field("Authorization", of: index) == nil && chain.field("Cookie", of: index) == nil)
            #expect(chain.field("Host", of: index) != "inner", "\(chain.requests[index])")
        }
    }

    // MARK: Cookies

    /// The Cookie field of the second request if the first response sets a cookie.
    private func cookie(
        _ url: String, _ set: String, to location: String, given: String? = nil
    ) throws -> String? {
        let chain = try follow(url, [Self.to(location, "Set-Cookie: \(set)"), "200 OK"]) {
            if let given { $0.fields = [("Cookie", given)] }
            $0.wallClock = 1_700_000_000
        }
        #expect(chain.requests.count == 2)
        return chain.field("Cookie", of: 1)
    }

    @Test("cookies are sent as RFC 6265 requires")
    func cookieScope() throws {
        let rows: [(url: String, set: String, location: String, sent: String?)] = [
            ("http://one.example/", "a=1", "/b", "a=1"),
            ("http://one.example/", "a=", "/b", "a="),
            ("http://one.example/", "=1", "/b", nil),
            // Host-only: neither subdomains nor siblings.
            ("http://one.example/", "a=1", "http://sub.one.example/", nil),
            ("http://one.example/", "a=1; Domain=one.example", "http://sub.one.example/", "a=1"),
            ("http://one.example/", "a=1; Domain=.ONE.example", "http://sub.one.example/", "a=1"),
            ("http://one.example/", "a=1; Domain=", "http://sub.one.example/", nil),
            ("http://sub.one.example/", "a=1; Domain=one.example", "http://one.example/", "a=1"),
            ("http://one.example/", "a=1; Domain=two.example", "/b", nil),
            ("http://one.example/", "a=1; Domain=ne.example", "/b", nil),
            ("http://one.example/", "a=1; Domain=example", "http://two.example/", nil),
            ("http://one.example/", "a=1; Domain=sub.one.example", "http://sub.one.example/", nil),
            // Addresses have no parent domains.
            ("http://192.0.2.1/", "a=1; Domain=0.2.1", "http://192.0.2.1/b", nil),
            ("http://192.0.2.1/", "a=1; Domain=192.0.2.1", "http://192.0.2.1/b", "a=1"),
            ("http://[2001:db8::1]/", "a=1", "/b", "a=1"),
            // Cookies do not depend on ports.
            ("http://one.example/", "a=1", "http://one.example:8080/", "a=1"),
            ("http://one.example/x/y", "a=1", "/x/z", "a=1"),
            ("http://one.example/x/y", "a=1", "/", nil),
            ("http://one.example/x/y", "a=1", "/xx/", nil),
            ("http://one.example/x/y", "a=1; Path=/", "/", "a=1"),
            ("http://one.example/", "a=1; Path=/x", "/x?q", "a=1"),
            ("http://one.example/", "a=1; Path=/x", "/xy", nil),
            ("http://one.example/x/y", "a=1; Path=relative", "/x/z", "a=1"),
            ("https://one.example/", "a=1; Secure", "http://one.example/", nil),
            ("https://one.example/", "a=1; Secure", "https://one.example:444/", "a=1"),
            ("http://one.example/", "a=1; HttpOnly; SameSite=Strict", "/b", "a=1"),
            ("http://one.example/", "a=1; Max-Age=0", "/b", nil),
            ("http://one.example/", "a=1; Max-Age=-1", "/b", nil),
            ("http://one.example/", "a=1; Max-Age=9", "/b", "a=1"),
            ("http://one.example/", "a=1; Max-Age=99999999999999999999", "/b", "a=1"),
            ("http://one.example/", "a=1; Max-Age=x", "/b", "a=1"),
            ("http://one.example/", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/b", nil),
            ("http://one.example/", "a=1; Expires=Thu, 01-Jan-70 00:00:00 GMT", "/b", nil),
            ("http://one.example/", "a=1; Expires=Wed, 01 Jan 2070 00:00:00 GMT", "/b", "a=1"),
            ("http://one.example/", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9", "/b", "a=1"),
            ("http://one.example/", "a=1; Expires=never", "/b", "a=1"),
            ("http://one.example/", "a=\u{1}", "/b", nil),
        ]
        for row in rows {
            let sent = try cookie(row.url, row.set, to: row.location)
            #expect(sent == row.sent, "\(row): \(sent ?? "none")")
        }
        let aging = try follow(
            "http://one.example/", [Self.to("/b", "Set-Cookie: a=1; Max-Age=2"), Self.to("/c"), "200 OK"],
            apart: .seconds(3))
        #expect(aging.field("Cookie", of: 1) == "a=1" && aging.field("Cookie", of: 2) == nil)
    }

    @Test("the chain's cookies replace the user's of the same name")
    func givenCookies() throws {
        #expect(try cookie("http://one.example/", "a=2", to: "/b", given: "a=1; z=3") == "z=3; a=2")
        #expect(try cookie("http://one.example/", "a=; Max-Age=0", to: "/b", given: "a=1; z=3") == "z=3")
        #expect(try cookie("http://one.example/", "a=; Max-Age=0", to: "/b", given: "a=1") == nil)
        #expect(try cookie("http://one.example/", "a=2; Path=/c", to: "/b", given: "a=1") == "a=1")
        // Removed by the user: `-H Cookie:`.
        let chain = try follow("http://one.example/", [Self.to("/b", "Set-Cookie: a=1"), "200 OK"]) {
            $0.fields = [("Cookie", nil)]
        }
        #expect(chain.field("Cookie", of: 1) == nil)
    }

    @Test("longer paths come first, then older cookies; a new chain begins without any")
    func cookieOrder() throws {
        let sets = "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/x\r\nSet-Cookie: c=3\r\nSet-Cookie: a=4"
        let chain = try follow("http://one.example/", [Self.to("/x/y", sets), "200 OK"])
        #expect(chain.field("Cookie", of: 1) == "b=2; a=4; c=3")
    }

    @Test("no number of cookies, and no length of one, is too large")
    func cookieBounds() throws {
        let many = (0..<9_000).map { "Set-Cookie: c\($0)=1" }.joined(separator: "\r\n")
        let chain = try follow("http://one.example/", [Self.to("/b", many), "200 OK"])
        #expect(chain.field("Cookie", of: 1)?.split(separator: ";").count == 50)
        let long = "Set-Cookie: a=" + String(repeating: "x", count: 4_096)
        #expect(try follow("http://one.example/", [Self.to("/b", long), "200 OK"]).field("Cookie", of: 1) == nil)
    }

    // MARK: Loops

    @Test("a redirect to the same URL is followed: the next response may differ")
    func sameURL() throws {
        let plain = try follow("http://one.example/a", [Self.to("/a"), "200 OK"])
        #expect(plain.answer?.outcome.failure == nil && plain.answer?.outcome.status == 200)
        let counting = try follow(
            "http://one.example/a",
            (1...5).map { Self.to("/a", "Set-Cookie: n=\($0)") } + ["200 OK"])
        #expect(counting.answer?.outcome.status == 200 && counting.hops.count == 5)
        #expect(counting.field("Cookie", of: 5) == "n=5")
        let detour = try follow(
            "http://one.example/a", [Self.to("/login"), Self.to("/a", "Set-Cookie: s=1; Path=/"), "200 OK"])
        #expect(detour.answer?.outcome.status == 200 && detour.field("Cookie", of: 2) == "s=1")
    }

    @Test("a server cannot choose a Unix domain socket of this system")
    func localSockets() throws {
        for status in [301, 302, 303, 307, 308] {
            let chain = try follow(
                "http://a.example/",
                [Self.to("http+unix://%2Frun%2Fx.sock/containers/create", status: status), "200 OK"])
            #expect(chain.requests.count == 1 && chain.hops.isEmpty)
            #expect(chain.answer?.outcome.failure == .redirect("a redirect to a Unix domain socket is not followed"))
        }
        let own = try follow("http+unix://%2Frun%2Fx.sock/a", [Self.to("/b"), "200 OK"])
        #expect(own.requests.count == 2 && own.answer?.outcome.failure == nil)
    }

    @Test("the same request with the same cookies twice is a loop")
    func loops() throws {
        for answers in [
            [Self.to("/a")], [Self.to("/b"), Self.to("/a"), Self.to("/b"), Self.to("/a"), Self.to("/b")],
            [Self.to("/a", "Set-Cookie: n=1")],
        ] {
            let chain = try follow("http://one.example/a", answers)
            guard case .redirect(let reason)? = chain.answer?.outcome.failure else {
                Issue.record("\(answers): \(chain.requests)")
                continue
            }
            #expect(
                reason == "redirect loop: the same request with the same cookies a third time"
                    && chain.requests.count <= 4, "\(reason) \(chain.requests)")
        }
        // A server that changes each request is stopped by the limit.
        let endless = try follow(
            "http://one.example/0", (1...20).map { Self.to("/\($0)") }
        ) { $0.redirects = 7 }
        #expect(endless.answer?.outcome.failure == .redirect("more than 7 redirects"))
        #expect(endless.requests.count == 8 && endless.hops.count == 7)
    }

    @Test("a chain whose last step fails has reported every step before it")
    func steps() throws {
        let chain = try follow(
            "http://one.example/a", [Self.to("/b"), Self.to("http://two.example/c"), Self.to("gopher://x/")])
        #expect(chain.hops.map { "\($0.url)" } == ["http://one.example/a", "http://one.example/b"])
        #expect(chain.hops.map(\.location) == ["/b", "http://two.example/c"])
        #expect(chain.answer?.outcome.failure != nil)
    }
}
