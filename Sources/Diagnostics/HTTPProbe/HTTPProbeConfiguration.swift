import PacketEngine
import WireFormat

/// The requests of `http-probe` to each URL.
public struct HTTPProbeConfiguration: Sendable {
    public var method: HTTPMethod?
    public var version = HTTPVersion.http11
    /// Whether requests are sent by HTTP/2; with TLS it must be among the application protocols.
    public var http2 = HTTP2Use.negotiated
    /// The user's fields, in order. They replace default fields of the same name; nil removes one.
    public var fields: [(name: String, value: String?)] = []
    public var body: [UInt8]?
    /// Data that is added to the query of the URLs; bytes not allowed in a query are percent-encoded.
    public var addedQuery: [UInt8]?
    /// The media type of the body.
    public var contentType = "application/x-www-form-urlencoded"
    /// The media types that the client accepts.
    public var accept = "*/*"
    /// The user name and password of URLs that have none.
    public var user: (name: String, password: String)?
    /// The cookies of the first request, to which those of the responses are added; nil to send and keep none beyond a
    /// redirect chain.
    public var cookieJar: CookieJar?
    /// Which requests are repeated.
    public var retry = RetryRule()
    /// The bytes of a raw request, which replaces all other settings of the request.
    public var raw: [UInt8]?
    public var userAgent = "swift-net"
    /// Whether to accept compressed content.
    public var wantsCompression = false
    /// The maximum number of redirects to follow, in `redirectCounts`.
    public var redirects = 0
    /// Whether credentials follow redirects to other origins.
    public var trustsRedirects = false
    /// Seconds since 1970-01-01 00:00 UTC at instant 0, for the expiry of cookies; nil if unknown.
    public var wallClock: Int64?
    /// Whether to test the allowed methods.
    public var examinesMethods = false
    /// The maximum time to watch an idle connection, in `keepAlivePatiences`; nil to skip the keep-alive test.
    public var keepAlivePatience: Nanoseconds?
    /// Whether to look for intermediaries.
    public var examinesIntermediaries = false
    /// Whether to query the HTTPS records of the host of the URL (RFC 9460).
    public var queriesHTTPSRecords = false
    /// Whether to accept untrusted certificates.
    public var trustsAnybody = false
    /// Whether a status of 400 or above is a failure.
    public var refusesErrors = false
    /// Whether http is tried before https for URLs without a scheme.
    public var triesHTTPFirst = false
    /// The endpoints that override those of URLs.
    public var overrides = EndpointOverrides()
    /// The number of requests to each URL, 0 for no limit, and the interval between their starts.
    public var count = 1
    public var interval = Nanoseconds.seconds(1)
    /// The number of requests at the same time to each URL; each series of requests has its own connection.
    public var parallel = 1
    /// Whether the requests share a connection as long as it stays open.
    public var sharesConnection = false
    /// The time limit for the connection, with name lookup, proxy and TLS handshake; nil for that of the response.
    public var connectTimeout: Nanoseconds?
    /// A certificate that expires within this time is a failure; nil to accept any that is valid.
    public var expiryMargin: Nanoseconds?
    /// The time limit for a complete response.
    public var timeout = Nanoseconds.seconds(10)
    /// The maximum number of body bytes to read, in `bodyLimits`, and to keep.
    public var bodyLimit = 64 << 20
    public var keptBody = 0
    /// Whether the decoded bodies of the responses go to the sink of the engine.
    public var deliversBodies = false
    public var keptBytes = 0
    /// Whether the bodies are hashed (`HTTPBody.sha256`).
    public var hashesBodies = true
    /// Random bits for the names of resources that do not exist.
    public var seed: UInt64

    /// The current Cookie field of a redirect chain, instead of the one in `fields`; nil to keep that one.
    var cookies: String?

    public init(seed: UInt64) { self.seed = seed }

    /// The numbers of requests at the same time to a URL.
    public static let parallels = 1...1_000
    /// The limits of redirects, and the usual one of a request that follows them.
    public static let redirectCounts = 0...1_000
    public static let usualRedirects = 10
    /// The times for which an idle connection can be watched.
    public static let keepAlivePatiences = Nanoseconds.zero...Nanoseconds.seconds(3_600)
    /// The limits of bodies, in bytes.
    public static let bodyLimits = 0...1 << 40
    /// The longest time within which a certificate can be required to last: 10 years.
    public static let longestExpiryMargin = Nanoseconds.seconds(3_650 * 86_400)
    /// The minimum time limit for a response.
    public static let leastTimeout = Nanoseconds.milliseconds(1)

    /// The part of the request that cannot be sent in one line, and would begin another line or request; nil if there is
    /// none.
    var unsendablePart: String? {
        if let method, !method.isSendable { return "the method" }
        if !HTTPField.isSendable(userAgent) { return "the user agent" }
        if !HTTPField.isSendable(contentType + accept) { return "a media type" }
        let field = fields.first {
            $0.name.isEmpty || !HTTPField.isSendable($0.name) || !HTTPField.isSendable($0.value ?? "")
        }
        return field.map { _ in "a header field" }
    }

    /// Throws if the method, the user agent or a field has characters that cannot be sent.
    package func check() throws(UnsendableRequest) {
        if let part = unsendablePart { throw UnsendableRequest(part: part) }
    }
}

/// A request with a part that cannot be sent in one line.
package struct UnsendableRequest: Error, CustomStringConvertible {
    var part: String

    package var description: String { "\(part) has characters that cannot be sent" }
}
