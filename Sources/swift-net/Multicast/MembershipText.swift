import HostStack
import SwiftNet

/// What is said about groups, as text and as JSON.
enum MembershipText {
    /// `everybody`, `192.0.2.7 alone`, `all but 192.0.2.7`.
    static func sources(_ filter: SourceFilter) -> String {
        let list = filter.sources.map(\.description).joined(separator: ", ")
        switch filter.mode {
        case .include: return list + " alone"
        case .exclude: return list.isEmpty ? "everybody" : "all but " + list
        }
    }

    /// `IGMPv3 general query, answers within 10 s`.
    static func query(_ query: MembershipQuery) -> String {
        var text = "\(query.version) "
        if let group = query.group {
            text += "query for \(group)"
            if !query.sources.isEmpty { text += " from " + query.sources.map(\.description).joined(separator: ", ") }
        } else {
            text += "general query"
        }
        return text + ", answers within \(Milliseconds.seconds(query.maximumResponse)) s"
    }

    /// `IGMPv3 report: 239.1.2.3 to_ex, 232.1.2.3 allow 192.0.2.7`; of many records the first.
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

    /// `["192.0.2.7"]`.
    static func json(_ addresses: [IPAddress]) -> String {
        "[" + addresses.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
}

extension JSONObject {
    /// The fields of a query.
    mutating func add(_ query: MembershipQuery) {
        add("group", query.group?.description)
        add("sources", raw: MembershipText.json(query.sources))
        add("version", query.version.number)
        add("max_response_ms", raw: Milliseconds.json(query.maximumResponse))
        if query.version.hasSources {
            add("robustness", query.robustness)
            add("query_interval_ms", raw: Milliseconds.json(query.interval))
        }
    }

    /// The fields of a report or leave; `group` is that of a single record.
    mutating func add(_ message: MembershipMessage) {
        add("version", message.version.number)
        add("to", message.destination.description)
        switch message {
        case .query: break
        case .leave(_, let group): add("group", group.description)
        case .report(_, let records):
            add("group", records.count == 1 ? records.first?.group.description : nil)
            let list = records.map { record -> String in
                var object = JSONObject()
                object.add("group", record.group.description)
                object.add("record", record.type.description)
                object.add("sources", raw: MembershipText.json(record.sources))
                return object.line
            }
            add("records", raw: "[" + list.joined(separator: ",") + "]")
        }
    }
}
