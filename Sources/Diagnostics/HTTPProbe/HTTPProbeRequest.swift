import SwiftNetCompression
import WireFormat

/// The bytes of a request, from a URL and the user's options.
struct HTTPProbeRequest {
    var method: HTTPMethod
    var target: String
    var version: HTTPVersion
    var fields: [HTTPField]
    var body: [UInt8]

    /// Creates the request of a configuration.
    init(_ configuration: HTTPProbeConfiguration, _ url: HTTPURL, method: HTTPMethod? = nil, body: [UInt8]? = nil) {
        let body = method == nil ? configuration.body : body
        self.method = method ?? configuration.method ?? (configuration.body == nil ? .get : .post)
        target = self.method == .connect ? url.hostAndPort : url.target
        version = configuration.version
        self.body = body ?? []
        var preset: [(String, String)] = [("Host", url.authority), ("User-Agent", configuration.userAgent)]
        if let user = url.user { preset.append(("Authorization", BasicCredentials.value(user, url.password))) }
        preset.append(("Accept", configuration.accept))
        if configuration.wantsCompression {
            preset.append(("Accept-Encoding", ContentDecoder.codings.joined(separator: ", ")))
        }
        var own = configuration.fields
        if let body {
            // The user's own Transfer-Encoding replaces the length (RFC 9112, section 6.1).
            if own.isChunked {
                self.body = HTTPChunkedBody(body, chunkSize: body.count).encoded()
            } else {
                preset.append(("Content-Length", "\(body.count)"))
            }
            if method == nil { preset.append(("Content-Type", configuration.contentType)) }
        }
        if let cookies = configuration.cookies {
            own.removeAll { Self.isSame($0.name, "Cookie") }
            if !cookies.isEmpty { own.append(("Cookie", cookies)) }
        }
        let kept = preset.filter { name, _ in !own.contains { $0.name.lowercased() == name.lowercased() } }
        fields = kept.map { HTTPField($0, $1) }
        for (name, value) in own {
            if let value { fields.append(HTTPField(name, value)) }
        }
    }

    /// Whether two field names are equal, ignoring case and a trailing space, which servers also ignore.
    static func isSame(_ left: String, _ right: String) -> Bool {
        func plain(_ name: String) -> String { SetCookie.trimmed(name).lowercased() }
        return plain(left) == plain(right)
    }

    /// The bytes of the head, as `HTTPHead.request` writes them; that also parses them.
    var head: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += "\(method) ".utf8
        bytes += target.utf8
        bytes += " \(version)\r\n".utf8
        for line in fields.flatMap(\.lines) {
            bytes += line.bytes
            bytes += "\r\n".utf8
        }
        bytes += "\r\n".utf8
        return bytes
    }

    /// Whether the body is sent only after `100 Continue` (RFC 9110, section 10.1.1).
    var expectsContinue: Bool {
        fields.contains { $0.isNamed("Expect") }
            && HTTPHead.request(method, target, fields: fields).list("Expect")
                .contains { $0.lowercased() == "100-continue" }
    }

    /// Returns a fetch of the request.
    func fetch(_ configuration: HTTPProbeConfiguration, _ url: HTTPURL) -> HTTPFetch {
        let head = head
        var fetch = HTTPFetch(url, configuration.overrides, method: method, bytes: head)
        if expectsContinue { fetch.heldBody = body } else { fetch.bytes += body }
        configuration.limit(&fetch)
        return fetch
    }
}

extension HTTPProbeConfiguration {
    /// The limits of the response.
    func limit(_ fetch: inout HTTPFetch) {
        fetch.timeout = timeout
        fetch.connectTimeout = connectTimeout
        fetch.http2 = http2
        fetch.demandsTrust = !trustsAnybody
        fetch.demandsStatusLine = true
        fetch.limits.body = bodyLimit
        fetch.keptBody = max(keptBody, HTMLTitle.searched)
        fetch.keptBytes = keptBytes
        fetch.hashesBody = hashesBodies
    }
}

extension [(name: String, value: String?)] {
    /// Whether a body is sent in chunks.
    package var isChunked: Bool {
        contains { field in
            HTTPProbeRequest.isSame(field.name, "Transfer-Encoding")
                && field.value?.split(separator: ",").last.map { SetCookie.trimmed($0).lowercased() } == "chunked"
        }
    }
}

/// Base64 (RFC 4648, section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let number = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for index in 0..<4 {
                let digit = Int(number >> (18 - 6 * UInt32(index)) & 63)
                text.append(index <= group.count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
