import PacketEngine
import WireFormat

/// What `http-probe` asks of each URL.
public struct HTTPProbeConfiguration: Sendable {
    public var method: HTTPMethod?
    public var version = HTTPVersion.http11
    /// Fields of the user's, in their order: they replace ours of the same name; nil takes one away.
    public var fields: [(name: String, value: String?)] = []
    public var body: [UInt8]?
    /// Everything that is sent, typed by hand; nothing of the rest matters then.
    public var raw: [UInt8]?
    public var userAgent = "swift-net"
    /// Asks for coded content.
    public var wantsCompression = false
    /// Redirects that are followed.
    public var redirects = 0
    /// Credentials are sent wherever redirects lead, not only to the origin that they were given for.
    public var trustsRedirects = false
    /// Seconds since 1970-01-01 00:00 UTC at the instant 0, by which cookies expire; nil when they are not known.
    public var wallClock: Int64?
    /// Finds out which methods are allowed.
    public var examinesMethods = false
    /// Finds out how long a connection stays, looking at an idle one at the longest so long; nil to leave it.
    public var keepAlivePatience: Nanoseconds?
    /// Asks for what stands between us and the server.
    public var examinesIntermediaries = false
    /// Certificates that are not to be believed are believed.
    public var trustsAnybody = false
    /// A status of 400 and above is a failure.
    public var refusesErrors = false
    /// Where URLs lead.
    public var places = EndpointOverrides()
    /// Requests to each URL, and from the start of one to the start of the next.
    public var count = 1
    public var interval = Nanoseconds.seconds(1)
    /// The requests share a connection as long as it stays.
    public var sharesConnection = false
    /// For a whole answer.
    public var timeout = Nanoseconds.seconds(10)
    /// Of a body that are read, and kept.
    public var bodyLimit = 64 << 20
    public var keptBody = 0
    public var keptBytes = 0
    /// Random bits: names of what cannot exist are made of them.
    public var seed: UInt64

    /// The Cookie field that a chain of redirects has come to, instead of the one in `fields`; nil to leave that one.
    var cookies: String?

    public init(seed: UInt64) { self.seed = seed }
}
