import SwiftNet

extension TargetState {
    /// The target as `/api/v1/targets` shows it. What a check sends is not part of it: fields may be secret.
    public func json(now: WallTime) -> JSON {
        let recent = recent
        let strip = strip.text(at: now)
        return .object([
            ("id", .integer(id)), ("name", .string(check.name)), ("check", .string(check.kind.rawValue)),
            ("target", .string(check.shownTarget)), ("address", .string(address)),
            ("interval_ms", .milliseconds(check.interval)), ("tags", Self.json(check.tags)),
            ("behind", .string(check.behind)), ("silent_until", .time(check.silentUntil)),
            ("state", .string(status.rawValue)), ("since", .time(since)),
            ("reason", .string(reason)), ("transmitted", .integer(counters.transmitted)),
            ("received", .integer(counters.received)), ("late", .integer(counters.late)),
            ("skipped", .integer(counters.skipped)),
            (
                "last",
                last.map { .object([("time", .time($0.time)), ("rtt_ms", .milliseconds($0.roundTrip))]) } ?? .null
            ),
            ("recent", recent.summary), ("strip", .string(strip.letters)), ("strip_end", .time(strip.end)),
            ("http", http?.json ?? .null),
        ])
    }

    private static func json(_ tags: [String: String]) -> JSON {
        .object(tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// What changes all the time, as the stream of the page carries it.
    public var update: JSON {
        .array([
            .integer(id), .string(status.rawValue), .milliseconds(last?.roundTrip), .integer(counters.transmitted),
            .integer(counters.received),
        ])
    }
}

extension TargetState.HTTPFacts {
    var json: JSON {
        .object([
            ("status", status.map { .integer($0) } ?? .null), ("dns_ms", .milliseconds(name)),
            ("connect_ms", .milliseconds(connect)), ("tls_ms", .milliseconds(secure)),
            ("first_byte_ms", .milliseconds(firstByte)), ("total_ms", .milliseconds(total)),
            ("certificate_end", .time(certificateEnd)),
        ])
    }
}

extension Check {
    /// The target without the password of a URL.
    public var shownTarget: String {
        guard kind == .http, let scheme = target.range(ofText: "://") else { return target }
        let rest = target[scheme...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return target }
        return String(target[..<scheme] + rest[rest.index(after: at)...])
    }
}

extension String {
    /// The index after the first occurrence of a text.
    fileprivate func range(ofText text: String) -> Index? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return rest.index(rest.startIndex, offsetBy: text.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}

extension Aggregate {
    var summary: JSON {
        .object([
            ("transmitted", .integer(transmitted)), ("loss_percent", percent),
            ("p50_ms", .milliseconds(times.quantile(0.5))), ("p99_ms", .milliseconds(times.quantile(0.99))),
        ])
    }

    private var percent: JSON { loss.map { .number(($0 * 100_000).rounded() / 1_000) } ?? .null }

    /// The columns of a series.
    public static let columns = [
        "time", "transmitted", "lost", "min_ms", "p25_ms", "p50_ms", "p75_ms", "p90_ms", "p99_ms", "max_ms",
    ]

    /// The shares of the columns of times; the first and the last are the shortest and the longest.
    static let shares = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
}

extension EventRecord {
    /// - Parameter name: that of the target.
    public func json(name: String?) -> JSON {
        .object([
            ("id", .integer(id)), ("target", target.map { .integer($0) } ?? .null), ("name", .string(name)),
            ("kind", .string(kind.rawValue)), ("start", .time(start)), ("end", .time(end)),
            ("reason", .string(reason)),
        ])
    }
}

extension Series {
    public func json(target: Int64) -> JSON {
        .object([
            ("target", .integer(target)), ("from", .time(from)), ("to", .time(to)), ("step_ms", .milliseconds(step)),
            ("source", .string(source.rawValue)), ("columns", .array(Aggregate.columns.map { .string($0) })),
            ("points", .array(points.map { .array(Self.values($0)) })),
        ])
    }

    private static func values(_ point: Point) -> [JSON] {
        let aggregate = point.aggregate
        return [.time(point.start), .integer(aggregate.transmitted), .integer(aggregate.lost)]
            + Aggregate.shares.map { .milliseconds(aggregate.times.quantile($0)) }
    }

    /// The same as comma-separated values (RFC 4180).
    public var csv: String {
        let rows = points.map { point in
            Self.values(point).map { value in
                switch value {
                case .string(let text): text
                case .null: ""
                default: String(decoding: value.bytes, as: UTF8.self)
                }
            }.joined(separator: ",")
        }
        return ([Aggregate.columns.joined(separator: ",")] + rows).map { $0 + "\r\n" }.joined()
    }
}
