import PacketEngine
import WireFormat

/// The cookies that servers have set (RFC 6265, section 5).
///
/// Ports are ignored: a cookie set on one port of a host is sent to the others too (section 8.5).
public struct CookieJar: Sendable {
    struct Key: Hashable {
        var name: String
        var domain: String
        var path: String
        var isHostOnly: Bool
    }

    struct Entry: Sendable {
        var name: String
        var value: String
        /// In lower case.
        var domain: String
        var path: String
        /// Whether only the host that set it receives it.
        var isHostOnly: Bool
        var isSecureOnly: Bool
        /// Whether scripts cannot read it.
        var isHTTPOnly: Bool
        /// The expiry time; nil for a session cookie.
        var expires: Instant?
        /// The expiry time in seconds since 1970-01-01 00:00 UTC, which a file stores; nil if unknown.
        var expiresAt: Int64?
        /// Whether a server set it in this run; the others, from a file, are not limited in number.
        var isNew = true

        /// The properties of equal cookies, the later of which replaces the earlier (section 5.3, step 11).
        var key: Key { Key(name: name, domain: domain, path: path, isHostOnly: isHostOnly) }

        /// Whether the attributes agree with the prefix of the name (RFC 6265bis, section 4.1.3).
        var satisfiesPrefix: Bool {
            let name = name.lowercased()
            guard name.hasPrefix("__secure-") || name.hasPrefix("__host-") else { return true }
            return isSecureOnly && (name.hasPrefix("__secure-") || isHostOnly && path == "/")
        }

        func isExpired(at now: Instant) -> Bool { expires.map { $0 <= now } ?? false }
    }

    /// The cookies in order of creation. Expired ones stay, because they suppress cookies of the user's field.
    private(set) var entries: [Entry] = []

    public init() {}

    /// The limits that a client need not exceed (section 6.1).
    private static let largestCookie = 4_096
    private static let mostCookies = 3_000
    private static let mostOfDomain = 50
    /// The longest age of a cookie that is told apart from longer ones, in seconds.
    static let longestAge: Int64 = 1 << 31

    /// Stores the cookies that the response to a URL sets (section 5.3).
    /// - Parameters:
    ///   - wall: seconds since 1970-01-01 00:00 UTC at the same moment as `now`; nil if unknown, and Expires is then
    ///     ignored.
    mutating func take(_ head: HTTPHead, from url: HTTPURL, at now: Instant, wall: Int64?) {
        for text in head.values("Set-Cookie") {
            guard let cookie = SetCookie(text), cookie.name.utf8.count + cookie.value.utf8.count <= Self.largestCookie,
                // A control character would be sent back unchanged; a tab would end a field of a cookie file.
                !text.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }),
                !(cookie.name + cookie.value).utf8.contains(9),
                let entry = Self.entry(cookie, url, at: now, wall: wall), entry.satisfiesPrefix
            else { continue }
            store(entry)
        }
    }

    private static func entry(_ cookie: SetCookie, _ url: HTTPURL, at now: Instant, wall: Int64?) -> Entry? {
        let host = host(of: url)
        var domain = host
        var isHostOnly = true
        var wanted = (cookie.domain ?? "").lowercased()
        if wanted.hasPrefix(".") { wanted.removeFirst() }
        if !wanted.isEmpty {
            // A name without a dot is a top-level domain: a host of that name may set cookies only for itself.
            guard host == wanted || wanted.contains(".") && matches(url, domain: wanted) else { return nil }
            domain = wanted
            isHostOnly = !wanted.contains(".")
        }
        let path = cookie.path.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? defaultPath(of: url)
        let age = age(cookie, wall: wall)
        return Entry(
            name: cookie.name, value: cookie.value, domain: domain, path: path, isHostOnly: isHostOnly,
            isSecureOnly: cookie.isSecure, isHTTPOnly: cookie.isHTTPOnly,
            expires: age.map { now + .seconds($0) }, expiresAt: age.flatMap { age in wall.map { $0 &+ age } })
    }

    /// Stores a cookie that a server set, within the limits.
    private mutating func store(_ entry: Entry) {
        if let index = entries.firstIndex(where: { $0.key == entry.key }) {
            // The creation time, which determines the order, stays.
            entries[index] = entry
            return
        }
        if entries.count(where: { $0.isNew && $0.domain == entry.domain }) >= Self.mostOfDomain,
            let oldest = entries.firstIndex(where: { $0.isNew && $0.domain == entry.domain })
        {
            entries.remove(at: oldest)
        } else if entries.count(where: \.isNew) >= Self.mostCookies,
            let oldest = entries.firstIndex(where: \.isNew)
        {
            entries.remove(at: oldest)
        }
        entries.append(entry)
    }

    /// Adds cookies without a limit; of equal ones the last is kept.
    mutating func add(_ others: [Entry]) {
        var indices = Dictionary(entries.indices.map { (entries[$0].key, $0) }) { first, _ in first }
        for entry in others {
            if let index = indices[entry.key] {
                entries[index] = entry
            } else {
                indices[entry.key] = entries.count
                entries.append(entry)
            }
        }
    }

    /// Returns the value of the Cookie field for a request (section 5.4); nil if there is none.
    /// - Parameter given: the user's own field; its cookies are sent unless the chain has set or expired them.
    func field(for url: HTTPURL, given: String?, at now: Instant) -> String? {
        let fitting = entries.enumerated().filter { Self.isFor(url, $0.element) }
            .sorted { left, right in
                // Longer paths first, then older cookies.
                let lengths = (left.element.path.utf8.count, right.element.path.utf8.count)
                return lengths.0 != lengths.1 ? lengths.0 > lengths.1 : left.offset < right.offset
            }
            .map(\.element)
        guard !fitting.isEmpty else { return given }
        let known = Set(fitting.map(\.name))
        var pairs: [String] = []
        for part in (given ?? "").split(separator: ";") {
            let pair = SetCookie.trimmed(part)
            let name = SetCookie.trimmed(pair.prefix { $0 != "=" })
            if !pair.isEmpty, !known.contains(name) { pairs.append(pair) }
        }
        pairs += fitting.filter { !$0.isExpired(at: now) }.map { "\($0.name)=\($0.value)" }
        return pairs.isEmpty ? nil : pairs.joined(separator: "; ")
    }

    // MARK: Matching

    private static func isFor(_ url: HTTPURL, _ entry: Entry) -> Bool {
        guard entry.isHostOnly ? host(of: url) == entry.domain : matches(url, domain: entry.domain) else {
            return false
        }
        guard !entry.isSecureOnly || url.scheme == .https else { return false }
        let path = path(of: url)
        guard path != entry.path else { return true }
        // A prefix that ends at a segment boundary (section 5.1.4).
        return path.hasPrefix(entry.path)
            && (entry.path.hasSuffix("/") || path.utf8.dropFirst(entry.path.utf8.count).first == UInt8(ascii: "/"))
    }

    /// Section 5.1.3: the host itself or a subdomain; addresses match only themselves.
    private static func matches(_ url: HTTPURL, domain: String) -> Bool {
        let host = host(of: url)
        guard host != domain else { return true }
        guard case .name = url.host else { return false }
        return host.hasSuffix("." + domain)
    }

    private static func host(of url: HTTPURL) -> String {
        switch url.host {
        case .name(let name): name.lowercased()
        case .address(let address, let zone): zone.map { "\(address)%\($0)" } ?? "\(address)"
        case .local(let path): "unix:" + path
        }
    }

    private static func path(of url: HTTPURL) -> String { String(url.target.prefix { $0 != "?" }) }

    /// Section 5.1.4: the path of the URL up to its last slash.
    private static func defaultPath(of url: HTTPURL) -> String {
        let path = path(of: url)
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    // MARK: Expiry

    /// Returns the seconds until the cookie expires, 0 to `longestAge`; nil for a session cookie. Max-Age has precedence
    /// over Expires (section 5.3).
    private static func age(_ cookie: SetCookie, wall: Int64?) -> Int64? {
        let age = cookie.values("max-age").compactMap { text -> Int64? in
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            return text.hasPrefix("-") ? 0 : Int64(digits) ?? longestAge
        }.last
        if let age { return min(age, longestAge) }
        guard let wall, let date = cookie.values("expires").compactMap(CookieDate.secondsSince1970).last else {
            return nil
        }
        return min(max(date, wall) - max(wall, 0), longestAge)
    }
}

/// Dates in cookies, which have a more tolerant syntax than those in other fields (RFC 6265, section 5.1.1).
enum CookieDate {
    /// Returns nil if the text is not a date.
    static func secondsSince1970(_ text: String) -> Int64? {
        var time: (Int, Int, Int)?
        var day: Int?
        var month: Int?
        var year: Int?
        for token in text.utf8.split(whereSeparator: isDelimiter) {
            if time == nil, let found = clock(token) {
                time = found
            } else if day == nil, let found = number(token, digits: 1...2) {
                day = found
            } else if month == nil, let found = monthNumber(token) {
                month = found
            } else if year == nil, let found = number(token, digits: 2...4) {
                year = found
            }
        }
        guard let time, let day, let month, var year else { return nil }
        if (70...99).contains(year) { year += 1_900 } else if (0...69).contains(year) { year += 2_000 }
        guard year >= 1_601, time.0 <= 23, time.1 <= 59, time.2 <= 59 else { return nil }
        let date = CivilTime(
            year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2)
        return date.isValid ? date.secondsSince1970 : nil
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x20...0x2F, 0x3B...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// Returns the leading digits of a token; nil if their number is out of range.
    private static func number(_ token: Substring.UTF8View, digits: ClosedRange<Int>) -> Int? {
        let leading = token.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard digits.contains(leading.count) else { return nil }
        return leading.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Parses `H:M:S`, each of 1 or 2 digits.
    private static func clock(_ token: Substring.UTF8View) -> (Int, Int, Int)? {
        let parts = token.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], digits: 1...2), parts[0].count <= 2,
            let minute = number(parts[1], digits: 1...2), parts[1].count <= 2,
            let second = number(parts[2], digits: 1...2)
        else { return nil }
        return (hour, minute, second)
    }

    private static func monthNumber(_ token: Substring.UTF8View) -> Int? {
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        let word = String(decoding: token.prefix(3), as: UTF8.self).lowercased()
        return names.firstIndex(of: word).map { $0 + 1 }
    }
}
