import HostStack
import SwiftNet

/// Formats IGMP and MLD messages.
enum MembershipText {
    /// `all`, `only 192.0.2.7`, `all but 192.0.2.7`.
    static func sources(_ filter: SourceFilter) -> String {
        let list = filter.sources.map(\.description).joined(separator: ", ")
        switch filter.mode {
        case .include: return "only " + list
        case .exclude: return list.isEmpty ? "all" : "all but " + list
        }
    }

    /// `IGMPv3 general query, reports within 10 s`.
    static func query(_ query: MembershipQuery) -> String {
        var text = "\(query.version) "
        if let group = query.group {
            text += "query for \(group)"
            if !query.sources.isEmpty { text += " from " + query.sources.map(\.description).joined(separator: ", ") }
        } else {
            text += "general query"
        }
        return text + ", reports within \(Milliseconds.seconds(query.maximumResponse)) s"
    }

    /// `IGMPv3 report: 239.1.2.3 to_ex, 232.1.2.3 allow 192.0.2.7`, with up to 4 records.
    static func message(_ message: MembershipMessage) -> String {
        switch message {
        case .query(let query): return Self.query(query)
        case .leave(let version, let group): return "\(version) leave: \(group)"
        case .report(let version, let records):
            guard version.hasSources else {
                return "\(version) report: " + records.map(\.group.description).joined(separator: ", ")
            }
            let shown = records.prefix(4).map { record in
                "\(record.group) \(record.type)" + record.sources.prefix(4).map { " \($0)" }.joined()
                    + (record.sources.count > 4 ? " ..." : "")
            }
            let rest = records.count > 4 ? ", and \(records.count - 4) more" : ""
            return "\(version) report: " + shown.joined(separator: ", ") + rest
        }
    }
}
