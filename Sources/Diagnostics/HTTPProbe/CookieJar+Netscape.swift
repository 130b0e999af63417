import PacketEngine
import WireFormat

/// Cookies in the file format of Netscape, which curl and wget read and write: seven fields separated by tabs.
extension CookieJar {
    private static let title = "# Netscape HTTP Cookie File"
    /// Marks a cookie that scripts cannot read.
    private static let httpOnlyMark = "#HttpOnly_"

    /// Adds the cookies of a file; lines that are no cookies are ignored, as in curl. A file of header fields is read too:
    /// its Set-Cookie fields have no host, so only those with a Domain attribute are used.
    /// - Parameters:
    ///   - now: the time of the read.
    ///   - wall: seconds since 1970-01-01 00:00 UTC at the same moment.
    public mutating func read(netscape text: String, at now: Instant, wall: Int64) {
        for line in text.split(whereSeparator: \.isNewline) {
            var line = line
            let isHTTPOnly = line.hasPrefix(Self.httpOnlyMark)
            if isHTTPOnly { line = line.dropFirst(Self.httpOnlyMark.count) }
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard line.first != "#", parts.count == 6 || parts.count == 7, let expires = Int64(parts[4]) else {
                continue
            }
            var domain = parts[0].lowercased()
            if domain.hasPrefix(".") { domain.removeFirst() }
            let value = parts.count == 7 ? String(parts[6]) : ""
            guard !domain.isEmpty, HTTPField.isSendable(value) else { continue }
            let left = min(max(expires &- wall, 0), Self.longestAge)
            add(
                Entry(
                    name: String(parts[5]), value: value, domain: domain,
                    path: parts[2].hasPrefix("/") ? String(parts[2]) : "/", isHostOnly: parts[1].uppercased() != "TRUE",
                    isSecureOnly: parts[3].uppercased() == "TRUE", isHTTPOnly: isHTTPOnly,
                    expires: expires == 0 ? nil : now + .seconds(left)))
        }
    }

    /// Returns the cookies that have not expired, in the format of the file.
    public func netscapeText(at now: Instant, wall: Int64) -> String {
        var text = Self.title + "\n# Written by swift-net http-probe\n\n"
        for entry in entries where !entry.isExpired(at: now) {
            let expires = entry.expires.map { wall + ($0 - now).count / 1_000_000_000 } ?? 0
            let fields = [
                (entry.isHTTPOnly ? Self.httpOnlyMark : "") + (entry.isHostOnly ? "" : ".") + entry.domain,
                entry.isHostOnly ? "FALSE" : "TRUE", entry.path, entry.isSecureOnly ? "TRUE" : "FALSE", "\(expires)",
                entry.name, entry.value,
            ]
            text += fields.joined(separator: "\t") + "\n"
        }
        return text
    }

    /// Adds the cookies of another jar; of equal ones the other's are kept.
    public mutating func merge(_ other: CookieJar) {
        for entry in other.entries { add(entry) }
    }
}
