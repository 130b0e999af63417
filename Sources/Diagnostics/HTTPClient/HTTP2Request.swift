import WireFormat

/// The fields and the body of an HTTP/2 request (RFC 9113, section 8.3.1).
struct HTTP2Request {
    var fields: [HTTPField]
    var body: [UInt8]

    /// Fields of HTTP/1 connections, which are not sent (section 8.2.2).
    private static let connectionFields: Set<String> = [
        "connection", "host", "http2-settings", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    /// Converts the HTTP/1 bytes of a request.
    init(_ fetch: HTTPFetch) {
        let head = HTTPHead(fetch.bytes.rawBytes)
        let sent = Array(fetch.bytes.dropFirst(head.byteCount))
        body = head.requestFraming == .chunked ? HTTPChunkedBody(sent.rawBytes).chunks.flatMap(\.data) : sent
        var target: [UInt8] = []
        if case .request(let line) = head.start { target = line.target }
        fields = [Self.field(":method", Array(fetch.method.name.utf8))]
        if fetch.method == .connect {
            fields.append(Self.field(":authority", target))
        } else {
            fields.append(Self.field(":scheme", Array((fetch.origin.secureName == nil ? "http" : "https").utf8)))
            let host = head["Host"].map { Array($0.utf8) } ?? []
            if !host.isEmpty { fields.append(Self.field(":authority", host)) }
            fields.append(Self.field(":path", target))
        }
        let dropped = Self.connectionFields.union(head.list("Connection").map { $0.lowercased() })
        for field in head.fields {
            let name = field.name.lowercased()
            guard !dropped.contains(name), name != "te" || field.value.lowercased() == "trailers" else { continue }
            fields.append(Self.field(name, field.valueBytes))
        }
    }

    private static func field(_ name: String, _ value: [UInt8]) -> HTTPField {
        HTTPField(name: Array(name.utf8), value: value)
    }
}
