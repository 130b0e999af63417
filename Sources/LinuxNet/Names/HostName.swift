import CIdn2
import WireFormat

/// Host names as DNS and the hosts file have them.
enum HostName {
    /// The form of a name in letters of ASCII (RFC 5891), and why there is none.
    static func ascii(_ name: String) -> Result<String, LookupProblem> {
        guard !name.utf8.isEmpty, name.utf8.count <= 1_024 else { return .failure(.unknownName) }
        // A name that holds them is a slip of the pen, or an attempt to fool a terminal or a log.
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return .failure(.invalidName("not a host name: it holds blanks or control characters"))
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
