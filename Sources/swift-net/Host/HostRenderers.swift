import HostStack
import LinuxProcess
import SwiftNet

extension HostContact.Kind {
    /// One or two words, as the contract has them.
    var words: String {
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

/// Who spoke to the host, in lines for people.
final class HostText: HostRenderer {
    private let console: Console
    private let isQuiet: Bool
    private let host: UserHost.Prepared
    /// Columns of an address.
    private let width: Int

    init(_ console: Console, _ host: UserHost.Prepared, isQuiet: Bool) {
        self.console = console
        self.host = host
        self.isQuiet = isQuiet
        let hasIPv6 = host.configuration.host.interfaces.contains {
            $0.addresses.contains { $0.address.family == .v6 }
        }
        width = hasIPv6 ? 25 : 15
    }

    func begin() {
        guard !isQuiet else { return }
        for interface in host.configuration.host.interfaces {
            let addresses = interface.addresses.map { "\($0.address)/\($0.prefixLength)" }.joined(separator: ", ")
            write("\(addresses) at \(interface.mac) on \(host.interfaceName(interface.index) ?? "?")")
        }
        if host.configuration.host.checksAddresses { write("checking whether another host has it") }
    }

    func up() {
        if !isQuiet { write(console.painted("the host is there", .green)) }
    }

    func taken(_ address: IPAddress, _ mac: MACAddress) {
        write(console.painted("\(address) is \(mac)'s", .red))
    }

    func peer(_ peer: HostPeer) {
        guard !isQuiet, let last = peer.did.last else { return }
        let address = "\(peer.address)"
        let interface =
            host.configuration.host.interfaces.count > 1 ? "  \(host.interfaceName(peer.interface) ?? "?")" : ""
        write(
            "\(WallTime.timeOfDay(peer.last))  \(address)\(String(repeating: " ", count: max(width - address.count, 0)))  "
                + "\(peer.mac)\(interface)  \(last.words)")
    }

    func finish(_ summary: UserHost.Summary) {
        let counters = summary.counters
        var words = [
            Text.count(summary.peerCount, "peer"), "\(counters.received) frames received", "\(counters.sent) sent",
        ]
        if counters.forwarded > 0 { words.append("\(counters.forwarded) datagrams forwarded") }
        if counters.malformed > 0 { words.append("\(counters.malformed) malformed") }
        if !isQuiet, !summary.routes.isEmpty {
            write("")
            for route in summary.routes {
                let by = route.gateway.map { "by \($0) on" } ?? "on"
                write(
                    "\(route.network) \(by) \(host.interfaceName(of: route) ?? "?"): \(Text.count(Int(route.useCount), "packet"))"
                )
            }
        }
        write("\n\(words.joined(separator: ", ")), time \(summary.elapsed.wholeMilliseconds)ms")
    }

    private func write(_ line: String) { console.output.write(line + "\n") }
}

/// The same as objects, one a line.
final class HostJSON: HostRenderer {
    private let console: Console
    private let host: UserHost.Prepared

    init(_ console: Console, _ host: UserHost.Prepared) {
        self.console = console
        self.host = host
    }

    func begin() {}

    func up() { console.output.write(JSONObject(type: "up").line + "\n") }

    func taken(_ address: IPAddress, _ mac: MACAddress) {
        var object = JSONObject(type: "conflict")
        object.add("addr", "\(address)")
        object.add("mac", "\(mac)")
        console.output.write(object.line + "\n")
    }

    func peer(_ peer: HostPeer) {
        var object = JSONObject(type: "peer")
        object.add("addr", "\(peer.address)")
        object.add("mac", "\(peer.mac)")
        object.add("interface", host.interfaceName(peer.interface))
        object.add("did", raw: "[" + peer.did.map { "\"\($0.words)\"" }.joined(separator: ",") + "]")
        object.add("time", WallTime.rfc3339(peer.last))
        console.output.write(object.line + "\n")
    }

    func finish(_ summary: UserHost.Summary) {
        let counters = summary.counters
        var object = JSONObject(type: "summary")
        object.add("peers", summary.peerCount)
        object.add("received", Int(counters.received))
        object.add("sent", Int(counters.sent))
        object.add("delivered", Int(counters.delivered))
        object.add("forwarded", Int(counters.forwarded))
        object.add("malformed", Int(counters.malformed))
        object.add("unreachable", Int(counters.unreachable))
        if !summary.routes.isEmpty {
            object.add("routes", raw: "[" + summary.routes.map(object(of:)).joined(separator: ",") + "]")
        }
        object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
        console.output.write(object.line + "\n")
    }

    private func object(of route: RoutingTable.Route) -> String {
        var object = JSONObject()
        object.add("network", "\(route.network)")
        object.add("gateway", route.gateway.map { "\($0)" })
        object.add("interface", host.interfaceName(of: route))
        object.add("packets", Int(route.useCount))
        return object.line
    }
}

extension UserHost.Prepared {
    /// The name of the interface that a route leads through.
    fileprivate func interfaceName(of route: RoutingTable.Route) -> String? {
        interfaceName(configuration.host.interfaces[route.interface].index)
    }
}
