import CIdn2
import WireFormat

/// Validation of host names.
enum HostName {
    /// Returns the ASCII form of a name (RFC 5891), or the reason for which it is invalid.
    static func ascii(_ name: String) -> Result<String, LookupProblem> {
        guard !name.utf8.isEmpty, name.utf8.count <= 1_024 else { return .failure(.unknownName) }
        // Blanks and control characters are typing errors, or an attack on a terminal or log.
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return .failure(.invalidName("not a host name: contains blanks or control characters"))
        }
        var ascii = name
        if !name.utf8.allSatisfy({ $0 < 0x80 }) {
            var converted: UnsafeMutablePointer<CChar>?
            let status = idn2_to_ascii_8z(name, &converted, Int32(cidn2_flags))
            guard status == IDN2_OK.rawValue, let converted else {
                let reason = idn2_strerror(status).map { String(cString: $0) } ?? "error \(status)"
                return .failure(.invalidName("not a valid international name: \(reason)"))
            }
            defer { idn2_free(converted) }
            ascii = String(cString: converted)
        }
        let labels = (ascii.hasSuffix(".") ? ascii.dropLast() : ascii[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        // RFC 1035, section 2.3.4.
        guard ascii.utf8.count <= 254, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            return .failure(.unknownName)
        }
        return .success(ascii)
    }
}
