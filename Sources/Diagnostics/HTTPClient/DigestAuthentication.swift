import SwiftNetTLS
import WireFormat

/// The Digest authentication of a client, for a server or a proxy (RFC 7616).
///
/// Algorithms: MD5 and SHA-256, each also with `-sess`. Quality of protection: `auth`, or none as in RFC 2069.
struct DigestAuthentication: Sendable {
    let user: String
    let password: String
    /// A random text, which a server cannot choose.
    let clientNonce: String

    private var challenge: HTTPChallenge?
    /// The number of requests sent with the current nonce.
    private var count: UInt32 = 0

    init(user: String, password: String, clientNonce: String) {
        (self.user, self.password, self.clientNonce) = (user, password, clientNonce)
    }

    /// Takes the first challenge that is supported.
    /// - Returns: whether there is one; and whether it only replaces an expired nonce, so that the credentials may be
    ///   right although the server rejected the last request.
    mutating func take(_ challenges: [HTTPChallenge]) -> (isSupported: Bool, isStale: Bool) {
        guard let next = challenges.first(where: { $0.scheme.lowercased() == "digest" && Self.supports($0) }) else {
            return (false, false)
        }
        challenge = next
        count = 0
        return (true, next.parameters["stale"]?.lowercased() == "true")
    }

    private static func supports(_ challenge: HTTPChallenge) -> Bool {
        challenge.parameters["nonce"] != nil && challenge.parameters["realm"] != nil && algorithm(challenge) != nil
            && (challenge.parameters["qop"] == nil || hasAuth(challenge))
    }

    private static func algorithm(_ challenge: HTTPChallenge) -> (digest: MessageDigest, isSession: Bool)? {
        switch challenge.parameters["algorithm"]?.lowercased() {
        case nil, "md5": (.md5, false)
        case "md5-sess": (.md5, true)
        case "sha-256": (.sha256, false)
        case "sha-256-sess": (.sha256, true)
        default: nil
        }
    }

    /// Whether the quality `auth` is offered; `auth-int` would need a hash of the body.
    private static func hasAuth(_ challenge: HTTPChallenge) -> Bool {
        challenge.parameters["qop"]?.split(whereSeparator: { $0 == "," || $0 == " " })
            .contains { $0.lowercased() == "auth" } == true
    }

    /// Returns the credentials for the next request; nil before a challenge.
    mutating func credentials(method: String, target: String) -> String? {
        guard let challenge, let (digest, isSession) = Self.algorithm(challenge) else { return nil }
        let realm = challenge.parameters["realm"] ?? ""
        let nonce = challenge.parameters["nonce"] ?? ""
        count &+= 1
        let number = WireFormat.hexadecimal(count, digits: 8)
        let hasAuth = Self.hasAuth(challenge)
        guard var secret = digest.hexadecimal(of: "\(user):\(realm):\(password)"),
            let request = digest.hexadecimal(of: "\(method):\(target)")
        else { return nil }
        if isSession {
            guard let session = digest.hexadecimal(of: "\(secret):\(nonce):\(clientNonce)") else { return nil }
            secret = session
        }
        let middle = hasAuth ? "\(nonce):\(number):\(clientNonce):auth" : nonce
        guard let response = digest.hexadecimal(of: "\(secret):\(middle):\(request)") else { return nil }
        var name = user
        let hidesName = challenge.parameters["userhash"]?.lowercased() == "true"
        if hidesName { name = digest.hexadecimal(of: "\(user):\(realm)") ?? user }
        var text = "Digest username=\(Self.quoted(name)), realm=\(Self.quoted(realm)), nonce=\(Self.quoted(nonce)), "
        text += "uri=\(Self.quoted(target)), response=\"\(response)\""
        if let algorithm = challenge.parameters["algorithm"] { text += ", algorithm=\(algorithm)" }
        if let opaque = challenge.parameters["opaque"] { text += ", opaque=\(Self.quoted(opaque))" }
        if hasAuth || isSession { text += ", cnonce=\"\(clientNonce)\"" }
        if hasAuth { text += ", qop=auth, nc=\(number)" }
        if hidesName { text += ", userhash=true" }
        return text
    }

    /// Returns a quoted string (RFC 9110, section 5.6.4).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
