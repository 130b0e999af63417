import WireFormat

/// Whether and how long an answer may be used again (RFC 9111).
public struct CacheJudgment: Hashable, Sendable {
    /// Where the time of freshness is from (section 4.2.1).
    public enum Source: String, Sendable {
        case sharedMaximumAge = "s-maxage"
        case maximumAge = "max-age"
        case expires = "Expires"
        /// A tenth of the time since the last change, as section 4.2.2 proposes.
        case heuristic
    }

    public var control: CacheControl
    /// Nothing of it may be stored.
    public var forbidsStoring: Bool
    /// Every use must be validated first.
    public var mustValidate: Bool
    public var isPrivate: Bool
    /// Seconds for which it is fresh in a shared cache; nil when nothing tells.
    public var freshness: Int64?
    public var source: Source?
    /// Seconds that it has spent in caches already.
    public var age: Int64

    /// Judges an answer; nil for one that says nothing about it.
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
            // What is no date is one of the past (section 5.3).
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

    /// The judgment in words.
    public var text: String {
        if forbidsStoring { return "must not be stored" }
        var parts: [String] = []
        if mustValidate { parts.append("must be validated before every use") }
        if isPrivate { parts.append("only for the user's own cache") }
        if let freshness, let source, !mustValidate {
            let left = freshness - age
            if freshness == 0 {
                parts.append("stale at once (\(source.rawValue))")
            } else if left <= 0 {
                parts.append("stale for \(-left) s (\(source.rawValue))")
            } else {
                parts.append(
                    "fresh for \(left) s (\(source == .heuristic ? "a guess by Last-Modified" : source.rawValue))")
            }
        }
        return parts.isEmpty ? "nothing says for how long" : parts.joined(separator: ", ")
    }
}
