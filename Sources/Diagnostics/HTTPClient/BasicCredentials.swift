import WireFormat

/// Credentials of the scheme Basic (RFC 7617).
enum BasicCredentials {
    /// Returns the value of Authorization or Proxy-Authorization.
    static func value(_ user: String, _ password: String?) -> String {
        "Basic " + Base64.encoded(Array("\(user):\(password ?? "")".utf8))
    }
}
