/// How the length of a message's body is told (RFC 9112, section 6.3).
public enum HTTPBodyFraming: Hashable, Sendable {
    /// There is no body, whatever the fields say.
    case none
    /// So many bytes.
    case length(Int)
    case chunked
    /// Everything up to the end of the connection.
    case untilClose
    /// After a 2xx answer to CONNECT: what follows is the tunnel's.
    case tunnel
    /// The fields contradict each other or themselves: the end cannot be told.
    case invalid
}

extension HTTPHead {
    /// How the body of a response is framed.
    /// - Parameter method: of the request it answers.
    public func responseFraming(to method: HTTPMethod) -> HTTPBodyFraming {
        guard case .status(let line) = start else { return .invalid }
        let code = line.code ?? 200
        if method == .head || (100...199).contains(code) || code == 204 || code == 304 { return .none }
        if method == .connect, (200...299).contains(code) { return .tunnel }
        let codings = list("Transfer-Encoding")
        if let last = codings.last {
            return Array(last.utf8).equalsIgnoringCase("chunked") ? .chunked : .untilClose
        }
        return statedLength ?? .untilClose
    }

    /// How the body of a request is framed.
    public var requestFraming: HTTPBodyFraming {
        let codings = list("Transfer-Encoding")
        if let last = codings.last {
            return Array(last.utf8).equalsIgnoringCase("chunked") ? .chunked : .invalid
        }
        return statedLength ?? .none
    }

    /// By Content-Length; nil when there is none. Equal values count as one.
    private var statedLength: HTTPBodyFraming? {
        let lengths = Set(list("Content-Length"))
        guard let first = lengths.first else { return nil }
        guard lengths.count == 1, let length = Array(first.utf8).decimalNumber else { return .invalid }
        return .length(length)
    }

    /// Whether the connection can carry another message after this one (RFC 9112, section 9.3).
    public var keepsConnection: Bool {
        let options = list("Connection").map { $0.utf8.map(\.lowercased) }
        if options.contains(Array("close".utf8)) { return false }
        if let numbers = version?.numbers, numbers.major == 1, numbers.minor >= 1 { return true }
        return options.contains(Array("keep-alive".utf8))
    }
}
