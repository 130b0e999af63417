import SwiftNet

/// The metrics of all targets in the text format of Prometheus.
public struct Metrics {
    private var text = ""

    public init(_ state: MonitorState, now: WallTime, version: String, store: StoreStatus) {
        let targets = state.targets
        let labels = targets.map { Self.labels($0.check) }
        add("swift_net_monitor_info", "gauge", "The version of the monitor.", [("version=\"\(version)\"", "1")])
        let started = Double(state.started.milliseconds) / 1_000
        add(
            "swift_net_monitor_start_time_seconds", "gauge", "When the monitor was started, in Unix time.",
            [("", "\(started)")])
        add(
            "swift_net_monitor_store_ok", "gauge", "Whether history is being kept: 1, or 0 when writing fails.",
            [("", store.isFailing ? "0" : "1")])
        func series(_ name: String, _ type: String, _ help: String, _ value: (TargetState) -> String?) {
            add(
                name, type, help,
                zip(targets, labels).compactMap { target, labels in value(target).map { (labels, $0) } })
        }
        series("swift_net_monitor_probes_total", "counter", "Probes whose result is known.") {
            "\($0.counters.transmitted)"
        }
        series("swift_net_monitor_replies_total", "counter", "Probes with a reply in time.") {
            "\($0.counters.received)"
        }
        series("swift_net_monitor_lost_total", "counter", "Probes without a reply in time, or with an error.") {
            "\($0.counters.transmitted - $0.counters.received)"
        }
        series("swift_net_monitor_late_total", "counter", "Replies after the timeout, to probes that count as lost.") {
            "\($0.counters.late)"
        }
        series("swift_net_monitor_skipped_total", "counter", "Probes that were not sent: this host slept or was busy.")
        {
            "\($0.counters.skipped)"
        }
        series("swift_net_monitor_up", "gauge", "Whether the target replies: 1, or 0 while it is down.") {
            $0.status == .waiting ? nil : $0.status == .down ? "0" : "1"
        }
        series("swift_net_monitor_http_status", "gauge", "The status code of the last response.") {
            $0.http?.status.map { "\($0)" }
        }
        series("swift_net_monitor_certificate_end_seconds", "gauge", "The end of the certificate, in Unix time.") {
            $0.http?.certificateEnd.map { "\($0.seconds)" }
        }
        addHistogram(targets, labels)
    }

    public var bytes: [UInt8] { Array(text.utf8) }

    private mutating func add(_ name: String, _ type: String, _ help: String, _ rows: [(labels: String, value: String)])
    {
        guard !rows.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for row in rows { text += name + (row.labels.isEmpty ? "" : "{\(row.labels)}") + " \(row.value)\n" }
    }

    private mutating func addHistogram(_ targets: [TargetState], _ labels: [String]) {
        guard !targets.isEmpty else { return }
        let name = "swift_net_monitor_rtt_seconds"
        text += "# HELP \(name) Round-trip times of replies in time; of web servers, times of whole responses.\n"
        text += "# TYPE \(name) histogram\n"
        for (target, labels) in zip(targets, labels) {
            var sum: UInt64 = 0
            for (index, bound) in TargetState.Counters.bounds.enumerated() {
                sum += target.counters.buckets[index]
                text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(sum)\n"
            }
            text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(target.counters.received)\n"
            text += "\(name)_sum{\(labels)} \(target.counters.seconds)\n"
            text += "\(name)_count{\(labels)} \(target.counters.received)\n"
        }
    }

    private static func labels(_ check: Check) -> String {
        var labels = [("target", check.name), ("check", check.kind.rawValue)]
        for (name, value) in check.tags.sorted(by: { $0.key < $1.key }) { labels.append(("tag_" + name, value)) }
        return labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// How the database is.
public enum StoreStatus: Hashable, Sendable {
    case ok
    /// Writing fails, for this reason; samples wait in memory.
    case failing(String)
    /// There is none.
    case none

    public var isFailing: Bool { if case .failing = self { true } else { false } }

    public var json: JSON {
        switch self {
        case .ok: .object([("state", .string("ok")), ("message", .null)])
        case .failing(let message): .object([("state", .string("failing")), ("message", .string(message))])
        case .none: .object([("state", .string("none")), ("message", .null)])
        }
    }
}
