import WireFormat

/// Whether and how long a cache may reuse a response (RFC 9111).
public struct CacheJudgment: Hashable, Sendable {
    /// The source of the freshness lifetime (section 4.2.1).
    public enum Source: String, Sendable {
        case sharedMaximumAge = "s-maxage"
        case maximumAge = "max-age"
        case expires = "Expires"
        /// A tenth of the time since the last modification, as section 4.2.2 suggests.
        case heuristic
    }

    public var control: CacheControl
    /// Whether storing is prohibited.
    public var forbidsStoring: Bool
    /// Whether every use requires validation.
    public var mustValidate: Bool
    public var isPrivate: Bool
    /// The freshness lifetime in a shared cache, in seconds; nil if unknown.
    public var freshness: Int64?
    public var source: Source?
    /// The age of the response, in seconds.
    public var age: Int64

    /// Evaluates a response; nil if it has no caching fields.
    init?(_ head: HTTPHead) {
        let values = head.values("Cache-Control")
        let hasPragma = head.list("Pragma").contains { $0.lowercased() == "no-cache" }
        guard
            !values.isEmpty || head["Expires"] != nil || head["Age"] != nil || hasPragma
                || head["Last-Modified"] != nil
        else { return nil }
        let control = CacheControl(Array(values.joined(separator: ", ").utf8))
        self.control = control
        forbidsStoring = control.forbidsStoring
        mustValidate = control.forbidsCaching || (values.isEmpty && hasPragma)
        isPrivate = control.isPrivate
        age = head["Age"].flatMap { Int64($0) } ?? 0
        let date = Self.seconds(head["Date"])
        if let seconds = control.sharedMaximumAge {
            (freshness, source) = (Int64(seconds), .sharedMaximumAge)
        } else if let seconds = control.maximumAge {
            (freshness, source) = (Int64(seconds), .maximumAge)
        } else if let expires = head["Expires"] {
            // An invalid date is in the past (section 5.3).
            let end = Self.seconds(expires)
            (freshness, source) = (
                end.flatMap { end in date.map { max(0, end - $0) } } ?? (end == nil ? 0 : nil), .expires
            )
        } else if let changed = Self.seconds(head["Last-Modified"]), let date, date > changed {
            (freshness, source) = ((date - changed) / 10, .heuristic)
        }
    }

    private static func seconds(_ text: String?) -> Int64? {
        guard let text else { return nil }
        return try? HTTPDate(Array(text.utf8)).secondsSince1970
    }

    /// The result as text for users.
    public var text: String {
        if forbidsStoring { return "must not be stored" }
        var parts: [String] = []
        if mustValidate { parts.append("must be validated before every use") }
        if isPrivate { parts.append("private caches only") }
        if let freshness, let source, !mustValidate {
            let left = freshness - age
            if freshness == 0 {
                parts.append("stale immediately (\(source.rawValue))")
            } else if left <= 0 {
                parts.append("stale for \(-left) s (\(source.rawValue))")
            } else {
                parts.append(
                    "fresh for \(left) s (\(source == .heuristic ? "heuristic from Last-Modified" : source.rawValue))")
            }
        }
        return parts.isEmpty ? "no freshness lifetime" : parts.joined(separator: ", ")
    }
}
