import Testing
import WireFormat

@testable import Diagnostics

/// The URLs of proxies, and the choice of a proxy by curl's rules.
@Suite("proxy rules")
struct ProxyRulesTests {
    @Test(
        "the URL of a proxy",
        arguments: [
            ("192.0.2.1", "http://192.0.2.1:1080"), ("proxy.example:3128", "http://proxy.example:3128"),
            ("HTTP://Proxy.Example", "http://proxy.example:1080"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("http://proxy.example:3128/ignored?path", "http://proxy.example:3128"),
            ("socks://192.0.2.1", "socks4://192.0.2.1:1080"), ("socks4a://p.example", "socks4a://p.example:1080"),
            ("socks5://[2001:db8::1]", "socks5://[2001:db8::1]:1080"),
            ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
            ("socks5h://user:secret@p.example:9050", "socks5h://p.example:9050"),
            ("http://[fe80::1%25eth0]:80", "http://[fe80::1%25eth0]:80"), ("127.1:80", "http://127.0.0.1:80"),
        ])
    func urls(text: String, shown: String) throws {
        let proxy = try HTTPProxy(text)
        #expect("\(proxy)" == shown)
    }

    @Test("user and password are decoded; only the text without them is shown")
    func credentials() throws {
        let proxy = try HTTPProxy("http://a%40b:c%3Ad%25@p.example")
        #expect(proxy.user == "a@b" && proxy.password == "c:d%" && "\(proxy)" == "http://p.example:1080")
        #expect(proxy.basicCredentials == "Basic YUBiOmM6ZCU=")
        let nameless = try HTTPProxy("http://:pass@p.example")
        #expect(nameless.user == "" && nameless.password == "pass")
    }

    @Test(
        "texts that are no URL of a proxy",
        arguments: [
            ("ftp://p.example", "unsupported scheme ftp (expected http, https, socks4, socks4a, socks5, socks5h)"),
            ("http://", "the host is missing"), ("http://p.example:70000", "invalid port '70000'"),
            ("http://a%2@p.example", "invalid percent-encoding: a%2"), ("http://[::1", "invalid host '[::1'"),
        ])
    func invalid(text: String, message: String) {
        let problem = #expect(throws: HTTPProxy.Problem.self) { try HTTPProxy(text) }
        #expect(problem.map { "\($0)" } == message)
    }

    /// Options, environment, URL and the expected port of the proxy; 0 for none.
    @Test(
        "which proxy",
        arguments: [
            (nil, nil, [:], "http://a.example", 0),
            ("p:1", nil, [:], "http://a.example", 1), ("p:1", nil, [:], "https://a.example", 1),
            ("p:1", nil, ["http_proxy": "p:2"], "http://a.example", 1),
            ("", nil, ["http_proxy": "p:2"], "http://a.example", 0),
            (nil, nil, ["http_proxy": "p:2"], "http://a.example", 2),
            (nil, nil, ["http_proxy": "p:2"], "https://a.example", 0),
            (nil, nil, ["HTTP_PROXY": "p:2"], "http://a.example", 0),
            (nil, nil, ["https_proxy": "p:2", "HTTPS_PROXY": "p:3"], "https://a.example", 2),
            (nil, nil, ["HTTPS_PROXY": "p:3"], "https://a.example", 3),
            (nil, nil, ["https_proxy": "", "HTTPS_PROXY": "p:3"], "https://a.example", 3),
            (nil, nil, ["ALL_PROXY": "p:4"], "http://a.example", 4),
            (nil, nil, ["all_proxy": "p:5", "ALL_PROXY": "p:4"], "https://a.example", 5),
            (nil, nil, ["all_proxy": "p:5", "http_proxy": "p:2"], "http://a.example", 2),
            (nil, nil, ["http_proxy": "p:2", "no_proxy": "a.example"], "http://a.example", 0),
            (nil, nil, ["http_proxy": "p:2", "NO_PROXY": "a.example"], "http://a.example", 0),
            (nil, nil, ["http_proxy": "p:2", "no_proxy": "b.example", "NO_PROXY": "a.example"], "http://a.example", 2),
            (nil, "", ["http_proxy": "p:2", "no_proxy": "a.example"], "http://a.example", 2),
            (nil, "b.example", ["http_proxy": "p:2", "no_proxy": "a.example"], "http://a.example", 2),
            ("p:1", nil, ["no_proxy": "a.example"], "http://a.example", 0),
            ("p:1", "*", [:], "http://a.example", 0), ("p:1", nil, [:], "http+unix://%2Frun%2Fx/", 0),
        ] as [(String?, String?, [String: String], String, UInt16)])
    func choice(proxy: String?, noProxy: String?, environment: [String: String], url: String, port: UInt16) throws {
        let rules = try ProxyRules(proxy: proxy, noProxy: noProxy, environment: environment)
        let chosen = rules.proxy(for: try HTTPURL(url))
        #expect((chosen?.port ?? 0) == port)
    }

    @Test(
        "hosts without a proxy",
        arguments: [
            ("example.com", "example.com", true), ("example.com", "www.example.com", true),
            (".example.com", "example.com", true), (".example.com", "www.example.com", true),
            ("example.com", "nonexample.com", false), ("example.com.", "example.com", true),
            ("example.com", "example.com.", true), ("EXAMPLE.com", "www.Example.COM", true),
            ("a.test,example.com", "example.com", true), ("a.test example.com", "example.com", true),
            (" a.test ,, example.com ,", "example.com", true), ("*", "example.com", true),
            ("*,a.test", "example.com", false), ("*.com", "example.com", false), (".", "example.com", false),
            ("", "example.com", false), ("example.com:80", "example.com", false), ("com", "example.com", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.10", false),
            ("192.0.2.0/24", "192.0.2.7", true), ("192.0.2.0/24", "192.0.3.7", false),
            ("192.0.2.9/28", "192.0.2.15", true), ("192.0.2.9/28", "192.0.2.16", false),
            ("192.0.2.0/33", "192.0.2.0", false), ("192.0.2.7/", "192.0.2.7", true),
            ("192.0.2.0/", "192.0.2.7", false), ("192.0.2.7/0", "192.0.2.7", true),
            ("192.0.2.0/0", "192.0.2.7", false), ("192.0.2.7/x", "192.0.2.7", true),
            ("192.0.2.0/24x", "192.0.2.7", true), ("192.0.2.0/99999999999999999999", "192.0.2.0", false),
            ("2001:db8::1/", "[2001:db8::1]", true), ("2001:db8::/0", "[2001:db8::1]", false),
            ("2.7", "192.0.2.7", false), ("192.0.2.0/24", "a.192.0.2.0", false),
            ("2001:db8::1", "[2001:db8::1]", true), ("[2001:db8::1]", "[2001:db8::1]", true),
            ("2001:DB8:0::1", "[2001:db8::1]", true), ("2001:db8::/32", "[2001:db8:1::7]", true),
            ("2001:db8::/33", "[2001:db8:8000::7]", false), ("::ffff:192.0.2.1", "192.0.2.1", false),
        ])
    func exceptions(list: String, host: String, isExcepted: Bool) throws {
        let rules = try ProxyRules(proxy: "p:1", noProxy: list, environment: [:])
        for suffix in ["", ":8080"] {
            let url = try HTTPURL("http://\(host)\(suffix)/")
            let proxy = rules.proxy(for: url)
            #expect((proxy == nil) == isExcepted, "\(list) \(url)")
        }
    }

    @Test("the user of an option is for proxies whose URL has none; a password is never shown")
    func optionUser() throws {
        let url = try HTTPURL("http://a.example")
        let rules = try ProxyRules(
            proxy: "http://p", noProxy: nil, user: ("u", "p"), digestNonce: "c", environment: [:])
        let proxy = try #require(rules.proxy(for: url))
        #expect(proxy.user == "u" && proxy.password == "p" && proxy.digestNonce == "c")
        let own = try ProxyRules(proxy: "http://v:w@p", noProxy: nil, user: ("u", "p"), environment: [:])
        #expect(own.proxy(for: url)?.user == "v")
        let problem = #expect(throws: ProxyRules.Problem.self) {
            try ProxyRules(proxy: nil, noProxy: nil, environment: ["http_proxy": "gopher://u:secret@p"])
        }
        #expect(problem?.variable == "http_proxy" && problem?.text == "...@p")
        let message = problem.map { "\($0)" } ?? ""
        #expect(!message.utf8.contains("secret".utf8) && message.hasPrefix("invalid proxy '...@p': unsupported scheme"))
    }
}

extension Sequence<UInt8> {
    fileprivate func contains(_ text: some Collection<UInt8>) -> Bool {
        let all = Array(self)
        return all.indices.contains { all[$0...].starts(with: text) }
    }
}
