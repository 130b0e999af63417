/// How the length of a message body is determined (RFC 9112, section 6.3).
public enum HTTPBodyFraming: Hashable, Sendable {
    /// There is no body, independent of the fields.
    case none
    /// A length in bytes.
    case length(Int)
    case chunked
    /// The body ends when the connection is closed.
    case untilClose
    /// The body ends with its HTTP/2 stream (RFC 9113, section 8.1).
    case stream
    /// After a 2xx response to CONNECT: the following bytes belong to the tunnel.
    case tunnel
    /// The fields are contradictory or invalid, so the length is unknown.
    case invalid
}

extension HTTPHead {
    /// Returns the framing of a response body.
    /// - Parameter method: the method of the request.
    public func responseFraming(to method: HTTPMethod) -> HTTPBodyFraming {
        guard case .status(let line) = start else { return .invalid }
        let code = line.code ?? 200
        if method == .connect, (200...299).contains(code) { return .tunnel }
        if method == .head || (100...199).contains(code) || code == 204 || code == 304 { return .none }
        let codings = list("Transfer-Encoding")
        if let last = codings.last {
            return Array(last.utf8).equalsIgnoringCase("chunked") ? .chunked : .untilClose
        }
        return statedLength ?? (version == .http2 ? .stream : .untilClose)
    }

    /// The framing of a request body.
    public var requestFraming: HTTPBodyFraming {
        let codings = list("Transfer-Encoding")
        if let last = codings.last {
            return Array(last.utf8).equalsIgnoringCase("chunked") ? .chunked : .invalid
        }
        return statedLength ?? .none
    }

    /// The length by Content-Length; nil if there is none. Equal repeated values are accepted.
    private var statedLength: HTTPBodyFraming? {
        let lengths = Set(list("Content-Length"))
        guard let first = lengths.first else { return nil }
        guard lengths.count == 1, let length = Array(first.utf8).decimalNumber else { return .invalid }
        return .length(length)
    }

    /// Whether the connection persists after this message (RFC 9112, section 9.3).
    public var keepsConnection: Bool {
        if version == .http2 { return true }
        let options = list("Connection").map { $0.utf8.map(\.lowercased) }
        if options.contains(Array("close".utf8)) { return false }
        if let numbers = version?.numbers, numbers.major == 1, numbers.minor >= 1 { return true }
        return options.contains(Array("keep-alive".utf8))
    }
}
