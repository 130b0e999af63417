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

    /// The tests that identify most servers: each of these identified most of what those before it did not, in trials
    /// (`fingerprint-trial --tests`).
    private static let polite: Set<Self> = [.get, .junk, .longField, .badLength]
    /// The tests that add hardly anything to the others.
    private static let unusual: Set<Self> = [
        .simple, .twoHosts, .oddHost, .lowerMethod, .badPercent, .absolute,
    ]

    /// Returns the tests of an extent, in the order in which they are sent.
    package static func cases(_ extent: HTTPFingerprintConfiguration.Extent) -> [Self] {
        switch extent {
        case .polite: allCases.filter(polite.contains)
        case .usual: allCases.filter { !unusual.contains($0) }
        case .all: allCases
        }
    }
}
