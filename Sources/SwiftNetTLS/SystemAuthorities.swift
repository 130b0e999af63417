import COpenSSL

/// The CA certificates of the system, which all sessions of a process share.
///
/// The paths are those of OpenSSL: the variables `SSL_CERT_DIR` and `SSL_CERT_FILE`, or the defaults of the library. Nothing
/// is read before a certificate is verified, and the file only if no directory has the issuer: its certificates are parsed
/// all at once, which takes milliseconds.
enum SystemAuthorities {
    /// The store of certificates; nil without memory.
    nonisolated(unsafe) static let store: OpaquePointer? = {
        guard let store = X509_STORE_new() else { return nil }
        let directories = variable(X509_get_default_cert_dir_env()) ?? defaultDirectories
        let file = variable(X509_get_default_cert_file_env()) ?? String(cString: X509_get_default_cert_file())
        // The store keeps the path, as long as the process runs.
        // An empty variable names no directory.
        let known = directories.isEmpty ? "/dev/null" : directories
        guard copenssl_look_up(store, known, strdup(file)) == 1 else {
            X509_STORE_free(store)
            return nil
        }
        return store
    }()

    /// The directory of the library, and the one that most distributions have, in case the library is another system's.
    private static var defaultDirectories: String {
        let own = String(cString: X509_get_default_cert_dir())
        let usual = "/etc/ssl/certs"
        return own == usual ? own : "\(own):\(usual)"
    }

    private static func variable(_ name: UnsafePointer<CChar>?) -> String? {
        guard let name, let value = copenssl_environment(name) else { return nil }
        return String(cString: value)
    }
}
