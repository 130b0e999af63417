import LinuxProcess
import SwiftNet

/// `tcp-syn-scan`: the options and their values.
struct SYNScanCommand: ScanCommand {
    static let summary = CommandSummary(
        name: "tcp-syn-scan", group: .services, abstract: "Find open TCP ports by SYN (half-open) scanning.",
        usage: ["[options] [-p PORTS] TARGET..."],
        operand: ("TARGET", "a name, an address, a network or a range"),
        discussion: """
            Targets are addresses, names, networks (192.0.2.0/24), ranges (192.0.2.1-20) and octet lists \
            (192.0.2.1,5,7-9). Scan only networks that you own or have permission to scan. Durations are in seconds \
            (1, 0.2) or have a unit (200ms, 2s, 1m).

            Formats: text, json, csv, grepable (nmap's -oG), xml (nmap's -oX), list (HOST:PORT of open ports).

            Exit status: 0 if a port is open, 1 if none is, 2 on error, or if no port is open and a host was \
            unreliable.
            """,
        foreignOptions: [
            ("-sS", "omit it: this is a SYN scan"), ("-sT", "--connect"),
            ("-sn", "swift-net ping NETWORK finds hosts"), ("-sV", "--banners --source ADDRESS"),
            ("-F", "--top-ports 100"),
            ("-T", "--rate N"), ("-T4", "--rate N"), ("--max-rate", "--rate N"), ("--min-rate", "--rate N"),
            ("-e", "-I INTERFACE"), ("-S", "--source ADDRESS"), ("-oJ", "-o FILE --format json"),
        ])

    var general = GeneralOptions()
    var scan = SYNScan.Configuration()
    var portLists: [String] = []
    var targetFiles: [String] = []
    var excludeFiles: [String] = []
    var resumptionFile: String?
    var excludedPortLists: [String] = []
    var reporting = ScanReportOptions()
    static let terms = ScanTerms(transport: .tcp, method: "syn", probe: "SYN", closedReply: "reset")

    var targets: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        declareTargets(&options)
        declareRun(&options)
        declareReports(&options, all: \.scan.reportsAll)
    }

    private static func declareTargets(_ options: inout OptionTable<Self>) {
        options.section("Targets and ports")
        options.list(
            "-p", "--ports", value: .text("PORTS"),
            help: "Scan these ports: 80,443,8000-8100, names (http), - for all; may be given several times."
        ) { $0.portLists.append($1) }
        options.list(
            "--exclude-ports", value: .text("PORTS"), help: "Never scan these ports; may be given several times."
        ) { $0.excludedPortLists.append($1) }
        options.option(
            "--top-ports", value: .integer(1...FrequentPorts.ranked.count),
            help: "Scan the N ports that are open most often (100 without -p).", excludes: ["-p"]
        ) { $0.scan.topPorts = $1 }
        options.list(
            "-iL", "--targets", value: .file, help: "Read targets from FILE (- for standard input)."
        ) { $0.targetFiles.append($1) }
        options.list("--exclude", value: .text("TARGETS"), help: "Never scan these targets, separated by commas.") {
            $0.scan.excludes += TargetList.targets(ofField: $1)
        }
        options.list("--exclude-file", value: .file, help: "Never scan the targets in FILE.") {
            $0.excludeFiles.append($1)
        }
        options.flag(
            "--include-reserved", help: "Also scan multicast, broadcast, class E and other reserved addresses."
        ) { $0.scan.includesReserved = true }
        options.families(
            \.scan.family, ipv4: "Scan the IPv4 addresses of names.", ipv6: "Scan the IPv6 addresses of names.")
    }

    private static func declareRun(_ options: inout OptionTable<Self>) {
        options.section("Rate and order")
        options.option(
            "--rate", value: .rate,
            help: "Send N packets per second (10000), or max: the highest rate without loss."
        ) { $0.scan.rate = $1.packetsPerSecond }
        options.option(
            "--retries", value: .integer(ScanConfiguration.retryCounts), help: "Retry unanswered probes N times (2)."
        ) {
            $0.scan.retries = $1
        }
        options.option(
            "--wait", value: .duration(),
            help: "Wait TIME for replies to the last probe (2, or twice the longest round-trip time)."
        ) { $0.scan.wait = $1 }
        options.option(
            "--host-timeout", value: .duration(),
            help: "Probe hosts that limit their replies at their own rates for at most TIME (60)."
        ) { $0.scan.hostTimeout = $1 }
        options.option("-w", "--deadline", value: .duration(atLeast: .milliseconds(1)), help: "Stop after TIME.") {
            $0.scan.deadline = $1
        }
        options.option("--seed", value: .integer(0...UInt64.max), help: "Set the seed of the probe order (random).") {
            $0.scan.seed = $1
        }
        options.option(
            "--shard", value: .shard, help: "Scan part K of N; all parts must have the same --seed."
        ) { $0.scan.shard = $1 }
        options.option(
            "--resume", value: .file, help: "Resume the scan whose position is in FILE, and save the position there."
        ) { $0.resumptionFile = $1 }
        options.flag(
            "--ping", help: "Ask hosts first (ARP or ND, echo, SYN to 443, ACK to 80), and skip silent ones.",
            excludes: ["-Pn"]
        ) { $0.scan.asksFirst = true }
        options.flag(
            "--connect", help: "Connect by the kernel's TCP instead of sending SYNs (without CAP_NET_RAW).",
            excludes: ["--source", "--banners", "--pcap", "--explain"]
        ) { $0.scan.connects = true }
        options.section("Source")
        options.interface(\.scan.interface, "Send through INTERFACE (that of each route).")
        options.option(
            "--source", value: .address, help: "Scan from ADDRESS, an unused address of the local network."
        ) { $0.scan.source = $1 }
        options.flag(
            "--no-check", help: "Do not check whether another host has the source address."
        ) { $0.scan.checksSource = false }
        options.flag(
            "--banners",
            help: "Report what open ports send: a greeting, the response to HEAD, the names of a certificate."
        ) { $0.scan.readsBanners = true }
    }
}
