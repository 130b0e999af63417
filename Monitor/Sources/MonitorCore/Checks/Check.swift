import SwiftNet

/// One thing that is watched: a host that is pinged, a port, or a URL.
public struct Check: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case ping, tcp, http
    }

    /// The name on the page, which is the target unless the configuration says otherwise.
    public var name: String
    public var kind: Kind
    /// An address, a name, `HOST:PORT` or a URL.
    public var target: String
    public var interval: Nanoseconds
    /// The time after which a probe counts as lost.
    public var timeout: Nanoseconds
    /// Labels for people and Prometheus.
    public var tags: [String: String] = [:]
    /// The name of the check that this one is behind: while that is down, this one has no events.
    public var behind: String?
    /// Until then the events of this check are kept and shown, and reported to no one.
    public var silentUntil: WallTime?
    public var settings = Settings()

    /// How probes are sent; checks with equal settings share a thread and its sockets.
    public struct Settings: Hashable, Sendable {
        public var family: IPAddress.Family?
        public var interface: String?
        /// The data of a ping, in bytes.
        public var size = 56
        /// The DSCP (RFC 2474) of pings, 0 to 63.
        public var codePoint: UInt8 = 0
        /// Whether a certificate that nothing vouches for is accepted.
        public var isInsecure = false
        /// The status codes that are right; nil for all below 400.
        public var statuses: ClosedRange<Int>?
        /// The text that the body must have, which may be secret: it is never shown.
        public var match: String?
        /// Header fields of requests, which may be secret: they are never shown.
        public var fields: [Field] = []
        /// The events of a certificate begin this long before its end.
        public var certificateMargin = Nanoseconds.seconds(14 * 86_400)

        public init() {}

        public struct Field: Hashable, Sendable {
            public var name: String
            public var value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }
    }

    public init(
        name: String? = nil, kind: Kind, target: String, interval: Nanoseconds? = nil, timeout: Nanoseconds? = nil
    ) {
        self.name = name ?? (kind == .tcp ? "tcp://" + target : target)
        self.kind = kind
        self.target = target
        self.interval = interval ?? Self.usualInterval(kind)
        self.timeout = timeout ?? Self.usualTimeout(kind, interval: self.interval)
    }

    public static func usualInterval(_ kind: Kind) -> Nanoseconds { kind == .ping ? .seconds(1) : .seconds(10) }

    public static func usualTimeout(_ kind: Kind, interval: Nanoseconds) -> Nanoseconds {
        kind == .ping ? min(interval, .seconds(5)) : min(interval, .seconds(10))
    }

    public static let intervals = Nanoseconds.milliseconds(100)...Nanoseconds.seconds(86_400)
    /// The most checks of one monitor.
    public static let limit = 100_000

    /// The check of a command-line argument: a URL, `tcp://HOST:PORT`, or a host to ping.
    public init(argument: String) throws(CheckProblem) {
        if let rest = Self.text(argument, after: "tcp://") {
            try Self.checkEndpoint(rest, argument)
            self.init(kind: .tcp, target: rest)
        } else if Self.text(argument, after: "http://") != nil || Self.text(argument, after: "https://") != nil {
            do { _ = try HTTPURL(argument) } catch { throw CheckProblem(subject: argument, reason: "\(error)") }
            self.init(kind: .http, target: argument)
        } else if let rest = Self.text(argument, after: "ping://") {
            self.init(kind: .ping, target: rest)
        } else if let colon = argument.firstIndex(of: ":"), argument[colon...].hasPrefix("://") {
            throw CheckProblem(subject: argument, reason: "has an unknown scheme (expected http, https, tcp or ping)")
        } else {
            self.init(kind: .ping, target: argument)
        }
    }

    private static func text(_ text: String, after prefix: String) -> String? {
        text.lowercased().hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    public static func checkEndpoint(_ text: String, _ subject: String) throws(CheckProblem) {
        guard Endpoint(text) != nil else {
            throw CheckProblem(subject: subject, reason: "is not HOST:PORT with a port from 1 to 65535")
        }
    }

    /// A host and a port; an IPv6 address is in brackets.
    public struct Endpoint: Hashable, Sendable {
        public var host: String
        public var port: UInt16

        public init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            var host = String(text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            self.host = host
            self.port = port
        }
    }
}

/// The reason why there is no check.
public struct CheckProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public var subject: String
    public var reason: String

    public init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }

    public var description: String { "\(subject): \(reason)" }
}
