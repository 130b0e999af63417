import LinuxProcess
import SwiftNet

/// How a report is written.
enum ScanFormat: String, CaseIterable {
    case text, json, csv, grepable
}

/// One scan's report in one format, to one stream.
final class ScanReport {
    private let format: ScanFormat
    private let stream: BufferedOutput
    private let services: ServiceNames?
    private let isSorted: Bool
    private let isQuiet: Bool
    private let paint: (String, Console.Color) -> String
    /// What waits for the end to be sorted.
    private var findings: [ScanFinding] = []
    private var banners: [ScanBanner] = []
    /// What is printed after the ports.
    private var unreliable: [UnreliableHost] = []
    private var text = TextBuffer()

    init(
        _ format: ScanFormat, to stream: BufferedOutput, services: ServiceNames?, isSorted: Bool, isQuiet: Bool,
        paint: @escaping (String, Console.Color) -> String = { text, _ in text }
    ) {
        self.format = format
        self.stream = stream
        self.services = services
        self.isSorted = isSorted
        self.isQuiet = isQuiet
        self.paint = paint
    }

    // MARK: The beginning

    func begin(_ scan: SYNScan.Prepared, namesPorts: Bool) {
        let start = ScanStart(configuration: scan.configuration, namesPorts: namesPorts)
        switch format {
        case .csv: stream.write("addr,port,state,reason,ttl,rtt_ms,service,window,tcp_options,time,reliable\n")
        case .grepable: if !isQuiet { stream.write("# swift-net \(CommandTree.version) tcp-syn-scan: \(start.text)\n") }
        case .text: if !isQuiet { stream.write("\(start.text)\n") }
        case .json: if !isQuiet { stream.write(start.json + "\n") }
        }
        for range in scan.unreachable { write(range) }
    }

    private func write(_ unreachable: SYNScan.UnreachableRange) {
        guard !isQuiet else { return }
        let (first, last, reason) = (unreachable.first, unreachable.last, unreachable.reason)
        let range = first == last ? "\(first)" : "\(first) to \(last)"
        switch format {
        case .csv: break
        case .grepable: stream.write("# unreachable: \(range): \(reason)\n")
        case .text: stream.write("\(range)  unreachable: \(reason)\n")
        case .json:
            var object = JSONObject(type: "unreachable")
            object.add("first", "\(first)")
            object.add("last", "\(last)")
            object.add("reason", reason)
            stream.write(object.line + "\n")
        }
    }

    // MARK: Findings

    func add(_ finding: ScanFinding) {
        if isSorted { findings.append(finding) } else { write(finding) }
    }

    private func write(_ finding: ScanFinding) {
        text.removeAll()
        switch format {
        case .text: appendText(finding)
        case .json: appendJSON(finding)
        case .csv: appendCSV(finding)
        case .grepable:
            appendHost(finding.address)
            appendPort(finding)
        }
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func add(_ host: UnreliableHost) { unreliable.append(host) }

    func add(_ banner: ScanBanner) {
        if isSorted { banners.append(banner) } else { write(banner) }
    }

    private func write(_ banner: ScanBanner) {
        let summary = Text.visible(banner.summary[...])
        switch format {
        // Refused beforehand: a table of ports has no row for it.
        case .csv: break
        // nmap's has no place for it beside the port either, but takes comments.
        case .grepable: stream.write("# \(banner.address)\t\(banner.port)/tcp\t\(banner.kind.rawValue)\t\(summary)\n")
        case .text:
            text.removeAll()
            text.append(banner.address)
            text.pad(to: 15)
            text.append("  ")
            let port = text.count
            text.append(decimal: banner.port)
            text.append("/tcp")
            text.pad(to: port + 11)
            text.append("says      ")
            let kind = text.count
            text.append(banner.kind.rawValue)
            text.pad(to: kind + 13)
            text.append("  ")
            text.append(summary)
            text.append(UInt8(ascii: "\n"))
            stream.write(text)
        case .json:
            var object = JSONObject(type: "banner")
            object.add("addr", "\(banner.address)")
            object.add("port", Int(banner.port))
            object.add("protocol", banner.kind.rawValue)
            object.add("banner", String(decoding: banner.kind == .tls ? banner.summary : banner.bytes, as: UTF8.self))
            if banner.kind == .tls {
                object.add("tls_version", banner.version)
                object.add("names", banner.names)
            }
            object.add("time", WallTime.rfc3339(banner.at))
            stream.write(object.line + "\n")
        }
    }

    private func service(_ port: UInt16) -> String? { services?.name(of: port, .tcp) }

    private func appendText(_ finding: ScanFinding) {
        text.append(finding.address)
        text.pad(to: 15)
        text.append("  ")
        let port = text.count
        text.append(decimal: finding.port)
        text.append("/tcp")
        text.pad(to: port + 11)
        // A colour takes no room on the screen.
        let state = finding.state.rawValue + (finding.isReliable ? "" : "?")
        switch finding.state {
        case .open: text.append(paint(state, .green))
        case .closed: text.append(paint(state, .red))
        case .filtered: text.append(paint(state, .yellow))
        }
        for _ in state.utf8.count..<10 { text.append(UInt8(ascii: " ")) }
        let name = text.count
        text.append(service(finding.port) ?? "-")
        text.pad(to: name + 13)
        text.append("  ")
        append(finding.reason)
        if case .icmp(_, _, let router) = finding.reason, router != finding.address {
            text.append(" from ")
            text.append(router)
        }
        if let hopLimit = finding.hopLimit {
            text.append("  ttl ")
            text.append(decimal: hopLimit)
        }
        if let roundTrip = finding.roundTrip {
            text.append("  ")
            text.append(milliseconds: roundTrip)
            text.append(" ms")
        }
    }

    private func append(_ reason: ScanReason) {
        switch reason {
        case .synAck: text.append("syn-ack")
        case .reset: text.append("reset")
        case .noResponse: text.append("no-response")
        case .icmp(let type, let code, _):
            text.append("icmp ")
            text.append(decimal: type)
            text.append(UInt8(ascii: "/"))
            text.append(decimal: code)
        }
    }

    private func appendJSON(_ finding: ScanFinding) {
        text.append("{\"type\":\"port\",\"addr\":\"")
        text.append(finding.address)
        text.append("\",\"port\":")
        text.append(decimal: finding.port)
        text.append(",\"state\":\"")
        text.append(finding.state.rawValue)
        text.append("\",\"reason\":\"")
        append(finding.reason)
        text.append("\",\"ttl\":")
        if let hopLimit = finding.hopLimit { text.append(decimal: hopLimit) } else { text.append("null") }
        text.append(",\"rtt_ms\":")
        if let roundTrip = finding.roundTrip { text.append(milliseconds: roundTrip) } else { text.append("null") }
        text.append(",\"service\":")
        text.append(service(finding.port).map(JSONObject.quoted) ?? "null")
        if let window = finding.window {
            text.append(",\"window\":")
            text.append(decimal: window)
        }
        if finding.reason == .synAck {
            text.append(",\"tcp_options\":[")
            for (index, name) in SegmentOptions.names(finding.options).enumerated() {
                text.append(index > 0 ? ",\"" : "\"")
                text.append(name)
                text.append(UInt8(ascii: "\""))
            }
            text.append("]")
        }
        if !finding.isReliable { text.append(",\"reliable\":false") }
        if case .icmp(_, _, let router) = finding.reason {
            text.append(",\"from\":\"")
            text.append(router)
            text.append(UInt8(ascii: "\""))
        }
        text.append(",\"time\":\"")
        text.append(rfc3339: WallTime.nanoseconds(finding.at))
        text.append("\"}")
    }

    private func appendCSV(_ finding: ScanFinding) {
        text.append(finding.address)
        text.append(UInt8(ascii: ","))
        text.append(decimal: finding.port)
        text.append(UInt8(ascii: ","))
        text.append(finding.state.rawValue)
        text.append(UInt8(ascii: ","))
        append(finding.reason)
        text.append(UInt8(ascii: ","))
        if let hopLimit = finding.hopLimit { text.append(decimal: hopLimit) }
        text.append(UInt8(ascii: ","))
        if let roundTrip = finding.roundTrip { text.append(milliseconds: roundTrip) }
        text.append(UInt8(ascii: ","))
        text.append(service(finding.port) ?? "")
        text.append(UInt8(ascii: ","))
        if let window = finding.window { text.append(decimal: window) }
        text.append(UInt8(ascii: ","))
        if finding.reason == .synAck { text.append(SegmentOptions.names(finding.options).joined(separator: ";")) }
        text.append(UInt8(ascii: ","))
        text.append(rfc3339: WallTime.nanoseconds(finding.at))
        text.append(finding.isReliable ? ",true" : ",false")
    }

    // nmap's -oG, which many scripts read: `Host: ADDR ()<tab>Ports: 80/open/tcp//http///, ...`.
    private func appendHost(_ address: IPAddress) {
        text.append("Host: ")
        text.append(address)
        text.append(" ()\tPorts: ")
    }

    private func appendPort(_ finding: ScanFinding) {
        text.append(decimal: finding.port)
        text.append(UInt8(ascii: "/"))
        text.append(finding.state.rawValue)
        text.append("/tcp//")
        text.append(service(finding.port) ?? "")
        text.append("///")
    }

    // MARK: The end

    func finish(_ summary: ScanSummary, _ ending: ScanEnding) {
        writeSorted()
        guard !isQuiet else { return }
        switch format {
        case .csv: break
        case .text:
            for host in unreliable { stream.write(ScanReliability.text(host) + "\n") }
            stream.write("\n" + ending.text(summary))
        case .grepable:
            for host in unreliable { stream.write("# \(ScanReliability.text(host))\n") }
            stream.write(ending.text(summary).split(separator: "\n").map { "# \($0)\n" }.joined())
        case .json:
            for host in unreliable { stream.write(ScanReliability.json(host) + "\n") }
            stream.write(ending.json(summary) + "\n")
        }
    }

    private func writeSorted() {
        guard isSorted else { return }
        findings.sort { ($0.address, $0.port) < ($1.address, $1.port) }
        banners.sort { ($0.address, $0.port) < ($1.address, $1.port) }
        guard format == .grepable else {
            var next = 0
            for finding in findings {
                write(finding)
                // What was said stands beneath its port.
                while next < banners.count,
                    (banners[next].address, banners[next].port) <= (finding.address, finding.port)
                {
                    write(banners[next])
                    next += 1
                }
            }
            return
        }
        for banner in banners { write(banner) }
        var next = 0
        while next < findings.count {
            let address = findings[next].address
            text.removeAll()
            appendHost(address)
            var isFirst = true
            while next < findings.count, findings[next].address == address {
                if !isFirst { text.append(", ") }
                isFirst = false
                appendPort(findings[next])
                next += 1
            }
            text.append(UInt8(ascii: "\n"))
            stream.write(text)
        }
    }
}
