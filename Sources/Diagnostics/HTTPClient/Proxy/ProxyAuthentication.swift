import WireFormat

/// The credentials that a client sends to one HTTP proxy, on all its connections (RFC 9110, section 11.7).
final class ProxyAuthentication {
    let proxy: HTTPProxy
    private var digest: DigestAuthentication?
    /// The number of challenges to the current request.
    private var challengeCount = 0

    init(_ proxy: HTTPProxy) {
        self.proxy = proxy
        if let nonce = proxy.digestNonce, let user = proxy.user {
            digest = DigestAuthentication(user: user, password: proxy.password ?? "", clientNonce: nonce)
        }
    }

    /// Begins another request: it may be challenged anew.
    func beginRequest() { challengeCount = 0 }

    /// Returns the Proxy-Authorization field of the next request; nil if there is none.
    func field(method: HTTPMethod, target: String) -> HTTPField? {
        let credentials =
            proxy.digestNonce == nil
            ? proxy.basicCredentials : digest?.credentials(method: "\(method)", target: target)
        return credentials.map { HTTPField("Proxy-Authorization", $0) }
    }

    /// Takes the challenge of a 407 response.
    /// - Returns: whether to repeat the request. A request is sent at most 3 times, the third time only if the proxy
    ///   declares its second nonce expired.
    func take(_ head: HTTPHead) -> Bool {
        guard let answer = digest?.take(HTTPChallenge.list("Proxy-Authenticate", in: head)), answer.isSupported else {
            return false
        }
        challengeCount += 1
        return challengeCount == 1 || challengeCount == 2 && answer.isStale
    }
}
