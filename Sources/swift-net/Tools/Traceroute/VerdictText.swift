import SwiftNet

extension TraceVerdict {
    /// Returns the finding as one line, without the line feed.
    func sentence(_ names: TracerouteNames) -> String {
        let between = enclosingHops.map { "between hops \($0.before) and \($0.after)" } ?? ""
        return switch self {
        case .silentHop(let hop): "hop \(hop) forwards packets but sends no replies"
        case .balanced: "balanced \(between): several routers reply at one hop"
        case .nat(let hop):
            "NAT before hop \(hop): errors from this hop on quote probes with another source or checksum"
        case .loop(let hop, let length): "loop: the router at hop \(hop) replies again every \(length) hops"
        case .asymmetric(let hop, let back):
            "asymmetric from hop \(hop): \(Text.count(hop, "hop")) forward, about \(back) back"
        case .mtuBlackHole(_, let size):
            "path-MTU black hole \(between): packets of more than \(size) bytes are lost there without an ICMP error"
        case .loss(let hop, let percent):
            "loss at the link to hop \(hop): \(percent) % of the packets to later hops, on the forward or the return path"
        case .rateLimited(let hop, let percent):
            "hop \(hop) limits its replies: it does not reply to \(percent) % of its own probes, and forwards those to later hops"
        case .deadBranch(let hop, let router):
            "dead branch behind \(names.text(of: router)) at hop \(hop): flows through it get no reply, others reach the target"
        case .packetTooLong(let length, let mtu):
            "not reached: packets of \(length) bytes exceed the MTU of the first link"
                + (mtu.map { ", \($0) bytes" } ?? "")
        case .unreachable(0): "not reached: no replies"
        case .unreachable(let last): "not reached: the last reply came from hop \(last)"
        }
    }
}
