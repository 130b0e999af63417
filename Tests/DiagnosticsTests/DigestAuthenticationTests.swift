import Testing
import WireFormat

@testable import Diagnostics

/// Challenges (RFC 9110, section 11.6.1) and the answers of Digest (RFC 7616).
@Suite("Digest authentication")
struct DigestAuthenticationTests {
    private static func challenges(_ values: String...) -> [HTTPChallenge] {
        let fields = values.map { HTTPField("WWW-Authenticate", $0) }
        return HTTPChallenge.list("www-authenticate", in: .response(401, "Unauthorized", fields: fields))
    }

    @Test("challenges in one field and in several")
    func parsing() {
        // The examples of RFC 9110 and RFC 7235.
        let mixed = Self.challenges(
            #"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
            "Negotiate a87421000492aa8==",
            "NTLM", #", Digest , nonce = "x,y" ,, QOP=auth"#)
        #expect(mixed.map(\.scheme) == ["Basic", "Newauth", "Negotiate", "NTLM", "Digest"])
        #expect(mixed[1].parameters == ["realm": "apps", "type": "1", "title": #"Login to "apps""#])
        #expect(mixed[2].parameters.isEmpty && mixed[4].parameters == ["nonce": "x,y", "qop": "auth"])
        #expect(Self.challenges("", "=x", #"realm="a""#, #""Digest""#, "\u{1}").isEmpty)
        #expect(Self.challenges(#"Digest realm="unclosed"#).first?.parameters == ["realm": "unclosed"])
    }

    /// Returns the parameters of the credentials for a challenge.
    private static func answer(
        _ challenge: String, user: String = "Mufasa", password: String = "Circle of Life",
        nonce: String = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", target: String = "/dir/index.html",
        count: Int = 1
    ) -> [String: String]? {
        var digest = DigestAuthentication(user: user, password: password, clientNonce: nonce)
        guard digest.take(Self.challenges(challenge)).isSupported else { return nil }
        var credentials: String?
        for _ in 0..<count { credentials = digest.credentials(method: "GET", target: target) }
        return credentials.flatMap { Self.challenges($0).first?.parameters }
    }

    @Test("the examples of RFC 7616 and RFC 2617")
    func vectors() {
        let quality = #"qop="auth, auth-int", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
        let challenge =
            #"Digest realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "# + quality
        let md5 = Self.answer(challenge + ", algorithm=MD5")
        #expect(md5?["response"] == "8ca523f5e9506fed4657c9700eebdbec" && md5?["nc"] == "00000001")
        #expect(md5?["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS" && md5?["qop"] == "auth")
        let sha = Self.answer(challenge + ", algorithm=SHA-256")
        #expect(sha?["response"] == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
        let old = Self.answer(
            #"Digest realm="testrealm@host.com", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
            password: "Circle Of Life", nonce: "0a4f113b")
        #expect(old?["response"] == "6629fae49393a05397450978507c4ef1" && old?["algorithm"] == nil)
    }

    /// Computed with Python's hashlib.
    @Test("sessions, no quality of protection, a hidden user name, the count of requests")
    func variants() {
        let challenge = #"Digest realm="r", nonce="n""#
        func response(_ more: String, count: Int = 1) -> String? {
            Self.answer(challenge + more, user: "u", password: "p", nonce: "c", target: "/", count: count)?["response"]
        }
        #expect(response("") == "f23121ca97143c6b358da620220c83b4")
        #expect(response(", qop=auth, algorithm=MD5-sess") == "6e4aac8b22e97762f88ccd0d5ccf5b1d")
        #expect(
            response(", qop=auth, algorithm=SHA-256-sess")
                == "ea348c3992b38a8ab656b8bcd3589ab596820515773c2a4605013c6216e0f070")
        #expect(response(", qop=auth", count: 2) == "f1202435231f48ff4a8404e67cf5613f")
        let hidden = Self.answer(challenge + ", qop=auth, userhash=true", user: "u", password: "p", nonce: "c")
        #expect(hidden?["username"] == "ba84be203fdfc7d34e054a76d285d0c9" && hidden?["userhash"] == "true")
    }

    @Test("challenges that are not supported, and a stale one")
    func unsupported() {
        for text in [
            #"Basic realm="r""#, #"Digest realm="r""#, #"Digest nonce="n""#,
            #"Digest realm="r", nonce="n", algorithm=SHA-512-256"#, #"Digest realm="r", nonce="n", qop="auth-int""#,
        ] {
            #expect(Self.answer(text) == nil, "\(text)")
        }
        var digest = DigestAuthentication(user: "u", password: "p", clientNonce: "c")
        #expect(digest.credentials(method: "GET", target: "/") == nil)
        // The first supported challenge is taken.
        let taken = digest.take(
            Self.challenges(#"Digest realm="a", nonce="1", algorithm=X"#, #"Digest realm="b", nonce="2", stale=TRUE"#))
        #expect(taken == (true, true))
        let credentials = digest.credentials(method: "GET", target: "/") ?? ""
        #expect(credentials.hasPrefix(#"Digest username="u", realm="b", nonce="2", uri="/""#))
    }

    @Test("quotes and backslashes are escaped")
    func quoting() {
        let parameters = Self.answer(#"Digest realm="a\"b\\", nonce="n""#, user: #"x"y\"#)
        #expect(parameters?["realm"] == #"a"b\"# && parameters?["username"] == #"x"y\"#)
    }
}
