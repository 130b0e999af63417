import WireFormat

/// Receives the bodies of responses while they arrive, so that a body of any length needs no memory.
public protocol HTTPBodySink: AnyObject {
    /// Takes a piece of a decoded body; the bytes are valid during the call.
    /// - Parameters:
    ///   - delivery: the response to which the body belongs.
    ///   - head: the head of the response; nil if it has none (HTTP/0.9).
    /// - Returns: whether the rest is wanted; if not, the fetch fails with `stopped`.
    func take(_ bytes: RawSpan, of delivery: HTTPBodyDelivery, after head: HTTPHead?) -> Bool
}

/// The request whose response has a body for the sink of the engine, and which of its bodies the sink gets.
public final class HTTPBodyDelivery: Sendable {
    /// The URL as given.
    public let url: HTTPURL
    /// The number of the URL in the run, from 0.
    public let number: Int
    /// The number of attempts before: the body of a later attempt replaces that of an earlier one.
    public let attempt: Int
    /// The heads of the redirects before the response.
    public let redirects: [HTTPHead]
    let rules: Rules

    /// Which bodies are dropped or withheld.
    struct Rules {
        /// Whether the body of a redirect is dropped, because it is followed.
        var followsRedirects = false
        /// Whether the body of a response with a status of 400 or more is dropped.
        var refusesErrors = false
        /// Whether a body in an unknown content coding is dropped, as by curl --compressed.
        var requiresDecoding = false
        /// The statuses after which the request may be repeated.
        var repeatedStatuses: [Int] = []
    }

    init(url: HTTPURL, number: Int, attempt: Int, redirects: [HTTPHead], _ rules: Rules) {
        self.url = url
        self.number = number
        self.attempt = attempt
        self.redirects = redirects
        self.rules = rules
    }

    /// The treatment of the pieces of a body.
    enum Handling {
        /// They go to the sink.
        case passed
        /// They are kept until the response is known to be the last one, or too many.
        case withheld
        case dropped
    }

    /// Returns the treatment of the body of a response.
    /// - Parameter demandsStatusLine: whether a response without a status line is not HTTP.
    func handling(of head: HTTPHead?, demandsStatusLine: Bool) -> Handling {
        guard let head, let status = head.statusCode else { return demandsStatusLine ? .dropped : .passed }
        let isRedirect = HTTPHead.redirectStatuses.contains(status) && head["Location"] != nil
        if rules.followsRedirects, isRedirect { return .dropped }
        if rules.refusesErrors, status >= 400 { return .dropped }
        return rules.repeatedStatuses.contains(status) ? .withheld : .passed
    }
}

extension HTTPHead {
    /// The statuses with which a Location field is followed (RFC 9110, section 15.4; Fetch, section 2.2.6).
    static let redirectStatuses = [300, 301, 302, 303, 307, 308]
}

/// Passes the decoded body of one response to a sink.
struct HTTPBodyRelay {
    private let delivery: HTTPBodyDelivery
    private let sink: any HTTPBodySink
    private let demandsStatusLine: Bool
    private var head: HTTPHead?
    private var handling: HTTPBodyDelivery.Handling?
    /// The bytes that were not passed on, because the response may not be the last one.
    private(set) var withheld: [UInt8] = []
    /// Whether the sink wants no more.
    private(set) var isStopped = false

    /// The number of bytes to withhold: pages of errors are shorter.
    private static let mostWithheld = 64 << 10

    init(_ delivery: HTTPBodyDelivery, to sink: any HTTPBodySink, demandsStatusLine: Bool) {
        self.delivery = delivery
        self.sink = sink
        self.demandsStatusLine = demandsStatusLine
    }

    var requiresDecoding: Bool { delivery.rules.requiresDecoding }

    mutating func begin(_ head: HTTPHead) { self.head = head }

    /// Drops the whole body.
    mutating func drop() { handling = .dropped }

    mutating func take(_ bytes: RawSpan) {
        guard !isStopped, bytes.byteCount > 0 else { return }
        let handling = handling ?? delivery.handling(of: head, demandsStatusLine: demandsStatusLine)
        self.handling = handling
        switch handling {
        case .dropped: break
        case .passed: pass(bytes)
        case .withheld:
            withheld += bytes.copied()
            guard withheld.count > Self.mostWithheld else { return }
            self.handling = .passed
            let first = withheld
            withheld = []
            pass(first.rawBytes)
        }
    }

    private mutating func pass(_ bytes: RawSpan) {
        if !sink.take(bytes, of: delivery, after: head) { isStopped = true }
    }
}
