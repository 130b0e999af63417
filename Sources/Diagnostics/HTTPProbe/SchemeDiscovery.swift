import WireFormat

/// A request with a scheme that is not that of the server, after which the other one is tried.
public struct HTTPSchemeTry: Sendable {
    /// The URL of the request, with this scheme.
    public var url: HTTPURL
    public var outcome: HTTPOutcome
    /// Whether the response to a request without TLS shows that the port requires TLS.
    public var isTLSPort: Bool
}

/// The discovery of the scheme of a URL that has none.
enum SchemeDiscovery {
    /// The number of body bytes in which `tlsPortPhrases` are looked for.
    static let keptBody = 4_096

    /// What nginx, Apache httpd, Go's net/http and Tomcat send with status 400 if a request without TLS meets TLS.
    private static let tlsPortPhrases = [
        "The plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port",
        "Client sent an HTTP request to an HTTPS server", "This combination of host and port requires TLS",
    ].map { Array($0.utf8) }

    /// Returns the scheme to try first: https, unless the port is 80, the user asked for http, or only the endpoint of
    /// http is one that the user set.
    static func first(_ url: HTTPURL, _ configuration: HTTPProbeConfiguration) -> HTTPURL.Scheme {
        let overrides = configuration.overrides
        if configuration.triesHTTPFirst || url.explicitPort == 80 || overrides.localSocket != nil { return .http }
        if case .name = overrides.origin(of: url.with(.http)).endpoint { return .https }
        if case .name = overrides.origin(of: url.with(.https)).endpoint { return .http }
        return .https
    }

    /// Returns the try with the other scheme that follows a first one; nil if its outcome is final.
    static func next(
        after outcome: HTTPOutcome, _ url: HTTPURL, _ overrides: EndpointOverrides
    ) -> (url: HTTPURL, tried: HTTPSchemeTry)? {
        if url.scheme == .http, showsTLSPort(outcome) {
            var other = url.with(.https)
            other.explicitPort = url.port
            return (other, HTTPSchemeTry(url: url, outcome: outcome, isTLSPort: true))
        }
        guard let failure = outcome.failure, !outcome.hasResponse else { return nil }
        let other = url.with(url.scheme == .https ? .http : .https)
        let endpoint = overrides.origin(of: url).endpoint
        let otherEndpoint = overrides.origin(of: other).endpoint
        let isUseful =
            switch failure {
            case .name, .timeout(.name): !endpoint.hasName(of: otherEndpoint)
            case .connection: endpoint != otherEndpoint
            // A server that sent an alert, or a certificate that is not trusted, uses TLS.
            case .secure(let failure): failure.isForeign
            case .timeout(.connect), .timeout(.secure), .closed(.secure), .reset(.secure): true
            case .closed(.answer), .reset(.answer): url.scheme == .http
            default: false
            }
        return isUseful ? (other, HTTPSchemeTry(url: url, outcome: outcome, isTLSPort: false)) : nil
    }

    private static func showsTLSPort(_ outcome: HTTPOutcome) -> Bool {
        // The record of an alert (RFC 8446, section 5.1).
        if case .notHTTP(let bytes) = outcome.failure { return bytes.starts(with: [0x15, 0x03]) }
        guard outcome.status == 400 else { return false }
        let body = outcome.body.kept.prefix(keptBody)
        return tlsPortPhrases.contains { phrase in
            body.indices.contains { body[$0...].starts(with: phrase) }
        }
    }
}

extension HTTPURL {
    fileprivate func with(_ scheme: Scheme) -> HTTPURL {
        var url = self
        url.scheme = scheme
        return url
    }
}

extension HTTPOrigin.Endpoint {
    /// Whether both are host names, and the same one.
    fileprivate func hasName(of other: Self) -> Bool {
        guard case .name(let name, _) = self, case .name(let otherName, _) = other else { return false }
        return name == otherName
    }
}
