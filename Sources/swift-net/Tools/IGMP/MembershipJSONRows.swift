import HostStack
import SwiftNet

/// The fields of a membership query; fields of IGMPv3 and MLDv2 are left out for older versions.
struct MembershipQueryRow: Encodable {
    @Null var group: IPAddress?
    var sources: [IPAddress]
    var version: Int
    var maxResponseMs: Nanoseconds
    var robustness: Int?
    var queryIntervalMs: Nanoseconds?

    init(_ query: MembershipQuery) {
        group = query.group
        sources = query.sources
        version = query.version.number
        maxResponseMs = query.maximumResponse
        guard query.version.hasSources else { return }
        robustness = query.robustness
        queryIntervalMs = query.interval
    }
}

/// A report or a leave message; `group` is set if there is only one record.
struct MembershipMessageRow: JSONRow {
    struct Record: Encodable {
        var group: IPAddress
        var record: String
        var sources: [IPAddress]
    }

    var version: Int
    var to: IPAddress
    @Null var group: IPAddress?
    var records: [Record]?
    /// Nil for a message of this host.
    var from: IPAddress?

    init(_ message: MembershipMessage, from source: IPAddress? = nil) {
        version = message.version.number
        to = message.destination
        from = source
        switch message {
        case .query(let query): group = query.group
        case .leave(_, let left): group = left
        case .report(_, let list):
            group = list.count == 1 ? list.first?.group : nil
            records = list.map { Record(group: $0.group, record: $0.type.description, sources: $0.sources) }
        }
    }
}
