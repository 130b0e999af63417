import Diagnostics
import HostStack
import LinuxProcess
import PacketEngine
import WireFormat

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
    private var names: [UInt32: String]
    /// The interfaces in the host's order.
    private let interfaces: [UInt32]
    /// Columns of an address.
    private let width: Int

    init(_ console: Console, _ settings: HostSettings, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
        interfaces = settings.links.map(\.interface.index)
        let hasSix = settings.configuration.host.interfaces.contains {
            $0.addresses.contains { $0.address.family == .v6 }
        }
        width = hasSix ? 25 : 15
        names = Dictionary(uniqueKeysWithValues: settings.links.map { ($0.interface.index, $0.interface.name) })
    }

    func begin(_ configuration: LivingHostConfiguration) {
        guard !isQuiet else { return }
        for interface in configuration.host.interfaces {
            let addresses = interface.addresses.map { "\($0.address)/\($0.prefixLength)" }.joined(separator: ", ")
            write("\(addresses) at \(interface.mac) on \(names[interface.index] ?? "?")")
        }
        if configuration.host.checksAddresses { write("asking whether somebody has it") }
    }

    func renamed(_ interface: UInt32, _ name: String) { names[interface] = name }

    func up() {
        if !isQuiet { write(console.painted("the host is there", .green)) }
    }

    func taken(_ address: IPAddress, _ mac: MACAddress) {
        write(console.painted("\(address) is \(mac)'s", .red))
    }

    func peer(_ peer: HostPeer) {
        guard !isQuiet, let last = peer.did.last else { return }
        let address = "\(peer.address)"
        let place = names.count > 1 ? "  \(names[peer.interface] ?? "?")" : ""
        write(
            "\(WallTime.timeOfDay(peer.last))  \(address)\(String(repeating: " ", count: max(width - address.count, 0)))  "
                + "\(peer.mac)\(place)  \(last.words)")
    }

    func finish(_ counters: HostCounters, _ routes: [RoutingTable.Route], peers: Int, elapsed: Nanoseconds) {
        var words = [
            Text.count(peers, "peer"), "\(counters.received) frames received", "\(counters.sent) sent",
        ]
        if counters.forwarded > 0 { words.append("\(counters.forwarded) datagrams forwarded") }
        if counters.malformed > 0 { words.append("\(counters.malformed) malformed") }
        if !isQuiet, !routes.isEmpty {
            write("")
            for route in routes {
                let by = route.gateway.map { "by \($0) on" } ?? "on"
                write(
                    "\(route.network) \(by) \(names[interfaces[route.interface]] ?? "?"): \(Text.count(Int(route.useCount), "packet"))"
                )
            }
        }
        write("\n\(words.joined(separator: ", ")), time \(elapsed.wholeMilliseconds)ms")
    }

    private func write(_ line: String) { console.output.write(line + "\n") }
}

/// The same as objects, one a line.
final class HostJSON: HostRenderer {
    private let console: Console
    private var names: [UInt32: String]
    /// The interfaces in the host's order.
    private let interfaces: [UInt32]

    init(_ console: Console, _ settings: HostSettings) {
        self.console = console
        interfaces = settings.links.map(\.interface.index)
        names = Dictionary(uniqueKeysWithValues: settings.links.map { ($0.interface.index, $0.interface.name) })
    }

    func begin(_ configuration: LivingHostConfiguration) {}

    func renamed(_ interface: UInt32, _ name: String) { names[interface] = name }

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
        object.add("interface", names[peer.interface])
        object.add("did", raw: "[" + peer.did.map { "\"\($0.words)\"" }.joined(separator: ",") + "]")
        object.add("time", WallTime.rfc3339(peer.last))
        console.output.write(object.line + "\n")
    }

    func finish(_ counters: HostCounters, _ routes: [RoutingTable.Route], peers: Int, elapsed: Nanoseconds) {
        var object = JSONObject(type: "summary")
        object.add("peers", peers)
        object.add("received", Int(counters.received))
        object.add("sent", Int(counters.sent))
        object.add("delivered", Int(counters.delivered))
        object.add("forwarded", Int(counters.forwarded))
        object.add("malformed", Int(counters.malformed))
        object.add("unreachable", Int(counters.unreachable))
        if !routes.isEmpty { object.add("routes", raw: "[" + routes.map(object(of:)).joined(separator: ",") + "]") }
        object.add("elapsed_ms", elapsed.wholeMilliseconds)
        console.output.write(object.line + "\n")
    }

    private func object(of route: RoutingTable.Route) -> String {
        var object = JSONObject()
        object.add("network", "\(route.network)")
        object.add("gateway", route.gateway.map { "\($0)" })
        object.add("interface", names[interfaces[route.interface]])
        object.add("packets", Int(route.useCount))
        return object.line
    }
}
