import Diagnostics

extension TraceVerdict {
    /// One line for people, without its end.
    var sentence: String {
        switch self {
        case .silentHop(let hop): "hop \(hop) is silent: it passes packets on and answers none"
        case .balanced(let first, let last):
            "balanced between hops \(first - 1) and \(last + 1): probes of one hop met several routers"
        case .nat(let hop): "NAT before hop \(hop): from there on our packets are quoted with another source"
        case .loop(let hop, let length): "a loop: hop \(hop) is met again every \(length) hops"
        case .asymmetric(let hop, let there, let back):
            "asymmetric from hop \(hop) on: \(there) hop\(there == 1 ? "" : "s") there, about \(back) back"
        case .unreachable(0): "not reached: nothing answered"
        case .unreachable(let last): "not reached: the last answer came from hop \(last)"
        }
    }

    /// An object of the summary's list.
    var json: String {
        var object = JSONObject()
        switch self {
        case .silentHop(let hop):
            object.add("kind", "silent-hop")
            object.add("ttl", hop)
        case .balanced(let first, let last):
            object.add("kind", "balanced")
            object.add("ttl", first)
            object.add("last_ttl", last)
        case .nat(let hop):
            object.add("kind", "nat")
            object.add("ttl", hop)
        case .loop(let hop, let length):
            object.add("kind", "loop")
            object.add("ttl", hop)
            object.add("length", length)
        case .asymmetric(let hop, let there, let back):
            object.add("kind", "asymmetric")
            object.add("ttl", hop)
            object.add("there", there)
            object.add("back", back)
        case .unreachable(let last):
            object.add("kind", "unreachable")
            object.add("ttl", last)
        }
        return object.line
    }
}
