import LinuxProcess
import SwiftNet

/// The report of a scan in the format of nmap's -oX, version 1.05 of nmap.dtd, which programs that read nmap's reports
/// understand. An element holds all ports of one host, so everything is written at the end.
final class ScanXML: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions
    private var findings: [ScanFinding] = []
    private var banners: [ScanBanner] = []
    private var start = Instant(nanoseconds: 0)

    init(_ stream: BufferedOutput, _ options: ScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: PreparedScan, at now: Instant) {
        start = now
        let ports = scan.configuration.ports
        stream.write(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE nmaprun>
            <nmaprun scanner="swift-net" args="\(Text.xml(CommandLine.arguments.joined(separator: " ")))" \
            start="\(seconds(now))" startstr="\(WallTime.rfc3339(now))" version="\(CommandTree.version)" \
            xmloutputversion="1.05">
            <scaninfo type="\(scan.configuration.connects ? "connect" : options.terms.method)" protocol="\(options.terms.transportName)" numservices="\(ports.count)" services="\(PortSet(ports))"/>
            <verbose level="0"/>
            <debugging level="0"/>

            """)
    }

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {
        stream.write("<!-- unreachable: \(Text.xmlComment("\(range.text): \(range.reason)")) -->\n")
    }

    func write(_ finding: ScanFinding) { findings.append(finding) }

    func write(_ banner: ScanBanner) { banners.append(banner) }

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        findings.sort { ($0.address, $0.zone, $0.port) < ($1.address, $1.zone, $1.port) }
        banners.sort { ($0.address, $0.port) < ($1.address, $1.port) }
        var (rest, restOfBanners) = (findings[...], banners[...])
        var count = 0
        while let first = rest.first {
            let address = first.address
            let host = rest.prefix { $0.address == address && $0.zone == first.zone }
            restOfBanners = restOfBanners.drop { $0.address < address }
            write(host, restOfBanners.prefix { $0.address == address }, unreliable.first { $0.address == address })
            rest = rest.dropFirst(host.count)
            count += 1
        }
        let ended = summary.isCutShort ? "exit=\"error\" errormsg=\"stopped before the end\"" : "exit=\"success\""
        let total = summary.hosts + ending.unreachable
        stream.write(
            """
            <runstats><finished time="\(seconds(now))" timestr="\(WallTime.rfc3339(now))" \
            summary="\(Text.xml(Text.joined(ending.text(summary).split(separator: "\n").map(String.init), by: "; ")))" \
            elapsed="\(Milliseconds.decimal(summary.elapsed.count / 10_000_000, places: 2))" \(ended)/>
            <hosts up="\(count)" down="\(total - min(count, total))" total="\(total)"/>
            </runstats>
            </nmaprun>

            """)
    }

    private func write(
        _ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>, _ unreliable: UnreliableHost?
    ) {
        guard let first = findings.first else { return }
        let address = first.address
        let zone = options.names.zone(first.zone)
        let times = findings.map { seconds($0.at) }
        let reply = findings.first { $0.reason != .noResponse } ?? first
        var text = "<host starttime=\"\(times.min() ?? 0)\" endtime=\"\(times.max() ?? 0)\">"
        text += "<status state=\"up\" \(reason(reply))/>\n"
        text +=
            "<address addr=\"\(address)\(Text.xml(zone))\" addrtype=\"\(address.family == .v4 ? "ipv4" : "ipv6")\"/>\n<hostnames>\n"
        for (name, type) in [
            (options.names.given(address, zone: first.zone), "user"), (options.names.found(address), "PTR"),
        ] {
            if let name { text += "<hostname name=\"\(Text.xml(name))\" type=\"\(type)\"/>\n" }
        }
        text += "</hostnames>\n<ports>"
        for finding in findings {
            text += "<port protocol=\"\(options.terms.transportName)\" portid=\"\(finding.port)\">"
            text += "<state state=\"\(finding.state.rawValue)\" \(reason(finding))/>"
            if let service = options.service(finding.port) {
                text += "<service name=\"\(Text.xml(service))\" method=\"table\" conf=\"3\"/>"
            }
            for banner in banners where banner.port == finding.port {
                text += "<script id=\"banner\" output=\"\(Text.xml(Text.visible(banner.summary[...])))\"/>"
            }
            if !finding.isReliable { text += "<script id=\"unreliable\" output=\"not confirmed\"/>" }
            text += "</port>\n"
        }
        text += "</ports>\n"
        if let unreliable {
            text +=
                "<hostscript><script id=\"unreliable\" output=\"\(Text.xml(unreliable.text(options.terms)))\"/></hostscript>\n"
        }
        if let roundTrip = reply.roundTrip {
            // Of one reply, in microseconds, as nmap's smoothed ones are.
            let time = roundTrip.roundedMicroseconds
            text += "<times srtt=\"\(time)\" rttvar=\"\(time)\" to=\"100000\"/>\n"
        }
        stream.write(text + "</host>\n")
    }

    /// The evidence in nmap's words.
    private func reason(_ finding: ScanFinding) -> String {
        var text = "reason=\"\(finding.reason.nmapName)\" reason_ttl=\"\(finding.hopLimit ?? 0)\""
        if case .icmp(_, _, let router) = finding.reason, router != finding.address {
            text += " reason_ip=\"\(router)\""
        }
        return text
    }

    private func seconds(_ instant: Instant) -> Int64 { SystemClock.wall(at: instant) / 1_000_000_000 }
}

extension ScanReason {
    /// nmap's word for the evidence.
    fileprivate var nmapName: String {
        switch self {
        case .synAck: "syn-ack"
        case .datagram: "udp-response"
        case .reset: "reset"
        case .noResponse: "no-response"
        case .icmp(3, 0, _): "net-unreach"
        case .icmp(3, 1, _): "host-unreach"
        case .icmp(3, 2, _): "proto-unreach"
        case .icmp(3, 3, _), .icmp(1, 4, _): "port-unreach"
        case .icmp(3, 9, _): "net-prohibited"
        case .icmp(3, 10, _): "host-prohibited"
        case .icmp(3, 13, _), .icmp(1, 1, _): "admin-prohibited"
        case .icmp(1, 0, _): "no-route"
        case .icmp(1, 3, _): "addr-unreach"
        case .icmp: "dest-unreach"
        }
    }
}
