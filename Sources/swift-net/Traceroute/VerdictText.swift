import SwiftNet

extension TraceVerdict {
    /// One line for people, without its end.
    var sentence: String {
        switch self {
        case .silentHop(let hop): "hop \(hop) is silent: it passes packets on and answers none"
        case .balanced(let first, let last):
            "balanced between hops \(first - 1) and \(last + 1): probes of one hop met several routers"
        case .nat(let hop):
            "NAT before hop \(hop): from there on our packets are quoted with another source or checksum"
        case .loop(let hop, let length): "a loop: hop \(hop) is met again every \(length) hops"
        case .asymmetric(let hop, let back):
            "asymmetric from hop \(hop) on: \(Text.count(hop, "hop")) there, about \(back) back"
        case .mtuBlackHole(let hop, let size):
            "path-MTU black hole between hops \(hop) and \(hop + 1): packets of more than \(size) bytes vanish there without a word"
        case .loss(let hop, let percent):
            "loss from the link to hop \(hop) on: \(percent) % of the packets to the hops behind it, there or back"
        case .rateLimited(let hop, let percent):
            "hop \(hop) limits its answers: it leaves \(percent) % of its own probes unanswered and passes the others on"
        case .deadBranch(let hop, let router):
            "dead branch behind \(router) at hop \(hop): flows through it get no answer, others reach the target"
        case .packetTooLong(let length, let mtu):
            "not reached: packets of \(length) bytes exceed the MTU of the first link, \(mtu) bytes"
        case .unreachable(0): "not reached: nothing answered"
        case .unreachable(let last): "not reached: the last answer came from hop \(last)"
        }
    }

    /// An object of the summary's list.
    var json: String {
        switch self {
        case .silentHop(let hop): json("silent-hop", hop)
        case .balanced(let first, let last): json("balanced", first, ("last_ttl", last))
        case .nat(let hop): json("nat", hop)
        case .loop(let hop, let length): json("loop", hop, ("length", length))
        case .asymmetric(let hop, let back): json("asymmetric", hop, ("back", back))
        case .mtuBlackHole(let hop, let size): json("mtu-black-hole", hop, ("size", size))
        case .loss(let hop, let percent): json("loss", hop, percent)
        case .rateLimited(let hop, let percent): json("rate-limited", hop, percent)
        case .deadBranch(let hop, let router): json("dead-branch", hop, address: "\(router)")
        case .packetTooLong(_, let mtu): json("unreachable", 0, ("mtu", mtu))
        case .unreachable(let last): json("unreachable", last)
        }
    }

    private func json(_ kind: String, _ timeToLive: Int, _ evidence: (name: String, value: Int)? = nil) -> String {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("ttl", timeToLive)
        if let evidence { object.add(evidence.name, evidence.value) }
        return object.line
    }

    private func json(_ kind: String, _ timeToLive: Int, address: String) -> String {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("ttl", timeToLive)
        object.add("addr", address)
        return object.line
    }

    private func json(_ kind: String, _ timeToLive: Int, _ lossPercent: Double) -> String {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("ttl", timeToLive)
        object.add("loss_percent", raw: "\(lossPercent)")
        return object.line
    }
}
