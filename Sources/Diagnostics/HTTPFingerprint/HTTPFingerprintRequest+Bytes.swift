import WireFormat

/// The header fields of the requests of `http-fingerprint`.
struct HTTPFingerprintFields: Sendable {
    typealias Field = (name: String, value: String)

    /// The value of Host, if it is not that of the URL.
    var host: String?
    /// The fields of most requests.
    private(set) var common: [Field] = [
        ("User-Agent", "Mozilla/5.0 (compatible; swift-net)"), ("Accept", "*/*"),
    ]
    /// The user's fields, which every request with a head has.
    private(set) var own: [Field] = []

    /// - Parameters:
    ///   - fields: those of the user; the value nil removes a field.
    ///   - user: the credentials to send, unless the fields have some.
    init(_ fields: [(name: String, value: String?)] = [], user: (name: String, password: String)? = nil) {
        if let user, !fields.contains(where: { $0.name.lowercased() == "authorization" }) {
            own.append(("Authorization", BasicCredentials.value(user.name, user.password)))
        }
        for field in fields {
            if field.name.lowercased() == "host" {
                host = field.value
            } else if let index = common.firstIndex(where: { $0.name.lowercased() == field.name.lowercased() }) {
                if let value = field.value { common[index].value = value } else { common.remove(at: index) }
            } else if let value = field.value {
                own.append((field.name, value))
            }
        }
    }
}

extension [HTTPFingerprintFields.Field] {
    fileprivate var lines: String { map { "\($0.name): \($0.value)\r\n" }.joined() }
}

extension HTTPFingerprintRequest {
    /// Returns the bytes of the request.
    /// - Parameters:
    ///   - url: the server, and the path of an existing resource.
    ///   - missing: the path of a resource that does not exist.
    ///   - isClassic: whether the four classic requests name `/` literally.
    func bytes(
        _ url: HTTPURL, missing: String, isClassic: Bool, fields: HTTPFingerprintFields = HTTPFingerprintFields()
    ) -> [UInt8] {
        let path = url.target
        let authority = fields.host ?? url.authority
        let host = "Host: \(authority)\r\n"
        let own = fields.own.lines
        let agent = fields.common.lines + own
        let usual = host + agent
        let text: String =
            switch self {
            case .get: "GET \(path) HTTP/1.1\r\n\(usual)\r\n"
            case .missing: "GET \(missing) HTTP/1.1\r\n\(usual)\r\n"
            case .head: "HEAD \(isClassic ? "/" : path) HTTP/1.0\r\n\(own)\r\n"
            case .delete: "DELETE \(isClassic ? "/" : missing) HTTP/1.0\r\n\(own)\r\n"
            case .versionThree: "GET \(isClassic ? "/" : path) HTTP/3.0\r\n\(own)\r\n"
            case .junk: "GET \(isClassic ? "/" : path) JUNK/1.0\r\n\(own)\r\n"
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
            case .bareLineFeed:
                "GET \(path) HTTP/1.1\nHost: \(authority)\nAccept: */*\n"
                    + fields.own.map { "\($0.name): \($0.value)\n" }.joined() + "\n"
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
            case .absolute: "GET \(url.scheme.rawValue)://\(url.authority)\(path) HTTP/1.1\r\n\(usual)\r\n"
            }
        return Array(text.utf8)
    }

    /// The body that follows `100 Continue`.
    var heldBody: [UInt8] { self == .expectContinue ? Array("a=1".utf8) : [] }
}
