import WireFormat

/// The test requests, in the order in which they are sent.
///
/// Some are valid, most are invalid in one way: how a server rejects a request identifies it better than how it serves
/// one.
public enum HTTPFingerprintRequest: String, CaseIterable, Sendable {
    /// A valid request as any client sends it.
    case get
    /// A resource that does not exist.
    case missing
    /// The four classic requests: `HEAD / HTTP/1.0`, `DELETE / HTTP/1.0`, `GET / HTTP/3.0`, `GET / JUNK/1.0`.
    case head
    case delete
    case versionThree = "version-3"
    case junk
    /// HTTP/0.9: a request line without a version (RFC 1945, section 4.1).
    case simple
    case noHost = "no-host"
    case twoHosts = "two-hosts"
    case oddHost = "odd-host"
    case lowerMethod = "lower-method"
    case unknownMethod = "unknown-method"
    case longPath = "long-path"
    case longField = "long-field"
    case badPercent = "bad-percent"
    /// Lines that end with LF alone (RFC 9112, section 2.2).
    case bareLineFeed = "bare-lf"
    /// A field over two lines (RFC 9112, section 5.2).
    case folded
    case badLength = "bad-length"
    /// An expectation that no server supports (RFC 9110, section 10.1.1).
    case unknownExpectation = "unknown-expectation"
    case expectContinue = "expect-continue"
    case badRange = "bad-range"
    case badChunk = "bad-chunk"
    /// The client stops sending within its head.
    case earlyClose = "early-close"
    /// The first bytes of HTTP/2 (RFC 9113, section 3.4).
    case preface
    /// The target with scheme and host, as for a proxy (RFC 9112, section 3.2.2).
    case absolute

    /// The method, on which the framing of the response depends.
    var method: HTTPMethod {
        switch self {
        case .head: .head
        case .delete: .delete
        case .badLength, .badChunk, .expectContinue: .post
        default: .get
        }
    }

    /// Whether the server may wait for more data, so that the connection is watched for a while after the response.
    var watchesConnection: Bool {
        switch self {
        case .get, .missing, .head, .absolute, .unknownExpectation, .expectContinue, .badRange, .earlyClose: false
        default: true
        }
    }

    /// Returns the bytes of the request.
    /// - Parameters:
    ///   - url: the server, and the path of an existing resource.
    ///   - missing: the path of a resource that does not exist.
    ///   - isClassic: whether the four classic requests name `/` literally.
    func bytes(_ url: HTTPURL, missing: String, isClassic: Bool) -> [UInt8] {
        let (authority, path) = (url.authority, url.target)
        let host = "Host: \(authority)\r\n"
        let agent = "User-Agent: Mozilla/5.0 (compatible; swift-net)\r\nAccept: */*\r\n"
        let usual = host + agent
        let text: String =
            switch self {
            case .get: "GET \(path) HTTP/1.1\r\n\(usual)\r\n"
            case .missing: "GET \(missing) HTTP/1.1\r\n\(usual)\r\n"
            case .head: "HEAD \(isClassic ? "/" : path) HTTP/1.0\r\n\r\n"
            case .delete: "DELETE \(isClassic ? "/" : missing) HTTP/1.0\r\n\r\n"
            case .versionThree: "GET \(isClassic ? "/" : path) HTTP/3.0\r\n\r\n"
            case .junk: "GET \(isClassic ? "/" : path) JUNK/1.0\r\n\r\n"
            case .simple: "GET \(path)\r\n\r\n"
            case .noHost: "GET \(path) HTTP/1.1\r\n\(agent)\r\n"
            case .twoHosts: "GET \(path) HTTP/1.1\r\n\(host)\(usual)\r\n"
            case .oddHost: "GET \(path) HTTP/1.1\r\nHost: a b@c:x/\r\n\(agent)\r\n"
            case .lowerMethod: "get \(path) HTTP/1.1\r\n\(usual)\r\n"
            case .unknownMethod: "FROBNICATE \(path) HTTP/1.1\r\n\(usual)\r\n"
            case .longPath: "GET \(missing)\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\n\(usual)\r\n"
            case .longField:
                "GET \(path) HTTP/1.1\r\n\(usual)X-Long: \(String(repeating: "a", count: 20_000))\r\n\r\n"
            case .badPercent: "GET \(missing)%zz%1 HTTP/1.1\r\n\(usual)\r\n"
            case .bareLineFeed: "GET \(path) HTTP/1.1\nHost: \(authority)\nAccept: */*\n\n"
            case .folded: "GET \(path) HTTP/1.1\r\n\(usual)X-Folded: one,\r\n two\r\n\r\n"
            case .badLength: "POST \(path) HTTP/1.1\r\n\(usual)Content-Length: 1x\r\n\r\n"
            case .unknownExpectation: "GET \(path) HTTP/1.1\r\n\(usual)Expect: wonders\r\n\r\n"
            case .expectContinue:
                "POST \(path) HTTP/1.1\r\n\(usual)Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            case .badRange: "GET \(path) HTTP/1.1\r\n\(usual)Range: bytes=999999999-\r\n\r\n"
            case .badChunk: "POST \(path) HTTP/1.1\r\n\(usual)Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n"
            case .earlyClose: "GET \(path) HTTP/1.1\r\n\(host)"
            case .preface: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"
            case .absolute: "GET \(url.scheme.rawValue)://\(authority)\(path) HTTP/1.1\r\n\(usual)\r\n"
            }
        return Array(text.utf8)
    }

    /// The body that follows `100 Continue`.
    var heldBody: [UInt8] { self == .expectContinue ? Array("a=1".utf8) : [] }
}
