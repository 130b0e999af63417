import SwiftNet

/// The objects that every way of tracing prints.
enum TraceJSON {
    /// One probe of a hop.
    static func probe(_ probe: TraceProbe, _ names: TraceNames) -> JSONObject {
        var object = JSONObject()
        switch probe {
        case .timeout: object.add("timeout", true)
        case .failed(let failure):
            object.add("failed", failure.reason)
            if case .messageTooLong(let mtu) = failure {
                object.add("mtu", mtu)
                object.add("annotation", TraceAnswer.fragmentationNeeded(mtu: mtu))
            }
        case .answered(let answer):
            object.add("addr", "\(answer.source)")
            object.add("name", names.name(of: answer.source))
            if let origins = names.origins?.origins(of: answer.source) {
                object.add("origins", raw: "[\(origins.map { "\"\($0)\"" }.joined(separator: ","))]")
            }
            object.add("rtt_ms", raw: Milliseconds.json(answer.roundTrip))
            switch answer.kind {
            case .icmp(let type, let code, _):
                object.add("icmp_type", type)
                object.add("icmp_code", code)
            case .tcp(let flags):
                object.add("tcp_flags", raw: "[\(flags.words.map { "\"\($0)\"" }.joined(separator: ","))]")
            }
            if let timeToLive = answer.replyTimeToLive { object.add("reply_ttl", timeToLive) }
            if !answer.labels.isEmpty { object.add("mpls", raw: "[\(answer.labels.map(json).joined(separator: ","))]") }
            if !answer.interfaces.isEmpty {
                object.add("interfaces", raw: "[\(answer.interfaces.map(json).joined(separator: ","))]")
            }
            if let annotation = answer.annotation { object.add("annotation", annotation) }
        }
        return object
    }

    private static func json(_ interface: ICMPInterfaceInformation) -> String {
        var object = JSONObject()
        object.add("role", interface.role.description)
        if let index = interface.index { object.add("index", index) }
        if let address = interface.address { object.add("addr", "\(address)") }
        if let name = interface.name { object.add("name", String(decoding: name, as: UTF8.self)) }
        if let mtu = interface.mtu { object.add("mtu", mtu) }
        return object.line
    }

    private static func json(_ label: MPLSLabel) -> String {
        var object = JSONObject()
        object.add("label", label.label)
        object.add("tc", label.trafficClass)
        object.add("bottom", label.isBottomOfStack)
        object.add("ttl", label.timeToLive)
        return object.line
    }

    /// The last object of a target.
    static func summary(_ target: TraceTarget, _ summary: TraceSummary) -> JSONObject {
        var object = JSONObject(type: "summary")
        object.add("target", target.text)
        object.add("addr", "\(target.destination.address)")
        object.add("reached", summary.isReached)
        object.add("hops", summary.hops)
        object.add("path_mtu", summary.pathMTU ?? target.destination.route.mtu)
        object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
        object.add("sent", summary.sent)
        object.add("received", summary.received)
        object.add("unsent", summary.unsent)
        if summary.unsent > 0, let failure = summary.firstFailure {
            object.add("failure", failure.reason)
            object.add("interface", target.interface)
        }
        object.add("verdict", raw: "[\(summary.verdicts.map(\.json).joined(separator: ","))]")
        return object
    }
}

extension TransmissionFailure {
    /// Why a probe was not sent.
    var reason: String {
        switch self {
        case .messageTooLong: "message too long"
        case .noBuffers: "no buffer space available"
        case .notPermitted(let message), .system(_, let message): message
        }
    }
}

extension TCPFlags {
    /// The flags that are set, by name.
    var words: [String] { TCPFlags.names.filter { contains($0.flag) }.map { "\($0.name)" } }
}
