import PacketEngine
import WireFormat

/// Cookies in the file format of Netscape, which curl and wget read and write: seven fields separated by tabs.
extension CookieJar {
    private static let title = "# Netscape HTTP Cookie File"
    /// Marks a cookie that scripts cannot read.
    private static let httpOnlyMark = "#HttpOnly_"

    /// Adds the cookies of a file; lines that are no cookies are ignored, as in curl.
    /// - Parameters:
    ///   - now: the time of the read.
    ///   - wall: seconds since 1970-01-01 00:00 UTC at the same moment.
    public mutating func read(netscape text: String, at now: Instant, wall: Int64) {
        var read: [Entry] = []
        for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
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
            guard !domain.isEmpty, !parts[5].isEmpty,
                !line.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F })
            else { continue }
            let left = min(max(expires, wall) - max(wall, 0), Self.longestAge)
            let entry = Entry(
                name: String(parts[5]), value: value, domain: domain,
                path: parts[2].hasPrefix("/") ? String(parts[2]) : "/", isHostOnly: parts[1].uppercased() != "TRUE",
                isSecureOnly: parts[3].uppercased() == "TRUE", isHTTPOnly: isHTTPOnly,
                expires: expires == 0 ? nil : now + .seconds(left), expiresAt: expires == 0 ? nil : expires,
                isNew: false)
            if entry.satisfiesPrefix { read.append(entry) }
        }
        add(read)
    }

    /// Returns the cookies that have not expired, in the format of the file.
    public func netscapeText(at now: Instant, wall: Int64) -> String {
        var text = Self.title + "\n# Written by swift-net http-probe\n\n"
        for entry in entries where !entry.isExpired(at: now) {
            let expires = entry.expiresAt ?? entry.expires.map { wall + ($0 - now).count / 1_000_000_000 } ?? 0
            let fields = [
                (entry.isHTTPOnly ? Self.httpOnlyMark : "") + (entry.isHostOnly ? "" : ".") + entry.domain,
                entry.isHostOnly ? "FALSE" : "TRUE", entry.path, entry.isSecureOnly ? "TRUE" : "FALSE", "\(expires)",
                entry.name, entry.value,
            ]
            text += fields.joined(separator: "\t") + "\n"
        }
        return text
    }

    /// Adds the cookies that servers set in another jar; of equal ones the other's are kept.
    public mutating func merge(_ other: CookieJar) {
        add(other.entries.filter(\.isNew))
    }
}
