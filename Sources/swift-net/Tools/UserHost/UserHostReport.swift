import HostStack
import SwiftNet

/// The output of a user-space host.
protocol UserHostReport: Report where Observed == UserHostEngine, Event == UserHostEvent, Summary == UserHost.Summary {
    var console: Console { get }
    var host: UserHost.Prepared { get }
    var isVerbose: Bool { get }
}

extension UserHostReport {
    /// Reports, before the summary, the frames of other VLANs.
    func conclude(_ summary: UserHost.Summary) {
        if isVerbose { console.reportIgnored(summary.ignoredVLANs) }
    }

    func status(_ engine: borrowing UserHostEngine, at now: Instant) -> String? {
        let counters = engine.counters
        return "\(counters.received) frames received, \(counters.sent) sent, \(Text.count(engine.peerCount, "peer"))"
    }
}

extension HostContact.Kind {
    /// The name of the protocol, with the port or number.
    var text: String {
        switch self {
        case .arp: "arp"
        case .neighborDiscovery: "ndp"
        case .rarp: "rarp"
        case .echo: "echo"
        case .udp(let port): "udp \(port)"
        case .tcp(let port): "tcp \(port)"
        case .other(let number): "protocol \(number.rawValue)"
        }
    }
}

extension UserHost.Prepared {
    /// Returns the name of the outgoing interface of a route.
    func interfaceName(of route: RoutingTable.Route) -> String? {
        interfaceName(configuration.host.interfaces[route.interface].index)
    }
}
