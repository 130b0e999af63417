import COpenSSL
import WireFormat

/// A hash function of HTTP's Digest authentication (RFC 7616, section 3.2).
package enum MessageDigest: Sendable {
    case md5
    case sha256

    /// Returns the hash in lowercase hexadecimal; nil if the library refuses the function, as in its FIPS mode.
    package func hexadecimal(of text: String) -> String? {
        let function = self == .md5 ? EVP_md5() : copenssl_sha256()
        let bytes = Array(text.utf8)
        var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &hash, &length, function, nil) == 1 else { return nil }
        return WireFormat.hexadecimal(Array(hash.prefix(Int(length))))
    }
}
