import ArgumentParser

/// A right command line of `traceroute`.
typealias TraceWords = CommandWords<TraceSwitch, TraceValue>

/// The options of `traceroute` that take no value.
enum TraceSwitch: String, CommandSwitch {
    case ipv4
    case ipv6
    case icmp
    case udp
    case tcp
    case dontFragment
    case noParis
    case numeric
    case extensions
    case origins
    case back
    case mtu
    case paths
    case dot
    case report
    case live
    case json
    case version

    var names: (short: Character?, long: String?) {
        switch self {
        case .ipv4: ("4", "ipv4")
        case .ipv6: ("6", "ipv6")
        case .icmp: ("I", "icmp")
        case .udp: ("U", "udp")
        case .tcp: ("T", "tcp")
        case .dontFragment: ("F", "dont-fragment")
        case .noParis: (nil, "no-paris")
        case .numeric: ("n", "numeric")
        case .extensions: ("e", "extensions")
        case .origins: ("A", "as-path-lookups")
        case .back: (nil, "back")
        case .mtu: (nil, "mtu")
        case .paths: (nil, "paths")
        case .dot: (nil, "dot")
        case .report: (nil, "report")
        case .live: (nil, "live")
        case .json: ("j", "json")
        case .version: ("V", "version")
        }
    }

    static func help(for value: TraceSwitch) -> ArgumentHelp? {
        switch value {
        case .ipv4: "Use IPv4."
        case .ipv6: "Use IPv6."
        case .icmp: "Send ICMP echo requests instead of UDP."
        case .udp: "Send UDP to port 53, or to that of -p."
        case .tcp: "Send TCP SYN to port 80, or to that of -p; never is a connection made."
        case .dontFragment: "Do not fragment probes, here or (IPv4) on routers."
        case .noParis: "Let ports and checksums change from probe to probe."
        case .numeric: "Look up no names."
        case .extensions: "Print label stacks of MPLS and what routers say of their interfaces."
        case .origins: "Ask a routing registry which autonomous system each host is in."
        case .back: "Print the hops of the way back where they seem to be others than those there."
        case .mtu: "Find the longest packet that comes to each hop, and black holes for longer ones."
        case .paths: "Find every path of a route whose load is balanced by flow."
        case .dot: "Print the paths as a graph for Graphviz."
        case .report:
            "Ask every hop again and again, by ICMP echo unless -U or -T is given, and print a table, as mtr -r does."
        case .live: "The same on a full screen: q, p, r, d, n, j and k are its keys."
        case .json: "One JSON object a line."
        case .version: "Print the version."
        }
    }
}

/// The options of `traceroute` that take a value.
enum TraceValue: String, CommandValue {
    case first
    case maximumHops
    case queries
    case window
    case wait
    case sendInterval
    case gap
    case port
    case sourcePort
    case interface
    case source
    case typeOfService
    case flowLabel
    case size
    case explain
    case method
    case methodOptions
    case gateway
    case pcap
    case confidence
    case cycles
    case interval
    case nameWait

    var names: (short: Character?, long: String) {
        switch self {
        case .first: ("f", "first")
        case .maximumHops: ("m", "max-hops")
        case .queries: ("q", "queries")
        case .window: ("N", "sim-queries")
        case .wait: ("w", "wait")
        case .sendInterval: ("z", "sendwait")
        case .gap: (nil, "gap")
        case .port: ("p", "port")
        case .sourcePort: (nil, "sport")
        case .interface: ("i", "interface")
        case .source: ("s", "source")
        case .typeOfService: ("t", "tos")
        case .flowLabel: ("l", "flowlabel")
        case .size: (nil, "size")
        case .explain: (nil, "explain")
        case .method: ("M", "module")
        case .methodOptions: ("O", "options")
        case .gateway: ("g", "gateway")
        case .pcap: (nil, "pcap")
        case .confidence: (nil, "confidence")
        case .cycles: (nil, "cycles")
        case .interval: (nil, "interval")
        case .nameWait: (nil, "name-wait")
        }
    }

    var preset: String? { self == .explain ? "2" : nil }
}
