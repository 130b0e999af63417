import LinuxProcess
import SwiftNet

/// The report of a scan as comma-separated values (RFC 4180), one line per port.
final class ScanCSV: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions
    private var text = TextBuffer()
    /// Open ports that wait for their banners, which are on the same line.
    private var waiting: [Key: ScanFinding] = [:]

    private struct Key: Hashable {
        var address: IPAddress
        var port: UInt16
    }

    init(_ stream: BufferedOutput, _ options: ScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: PreparedScan, at now: Instant) {
        stream.write(
            "addr,port,state,reason,ttl,rtt_ms,service,window,tcp_options,time,reliable,target,name,banner_protocol,banner\n"
        )
    }

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {}

    func write(_ finding: ScanFinding) {
        guard options.readsBanners, finding.state == .open else { return write(finding, nil) }
        waiting[Key(address: finding.address, port: finding.port)] = finding
    }

    func write(_ banner: ScanBanner) {
        guard let finding = waiting.removeValue(forKey: Key(address: banner.address, port: banner.port)) else { return }
        write(finding, banner)
    }

    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>) {
        for finding in findings { write(finding, banners.first { $0.port == finding.port }) }
    }

    private func write(_ finding: ScanFinding, _ banner: ScanBanner?) {
        let address = finding.address
        text.removeAll()
        text.append(address)
        if finding.zone != 0 { text.append(options.names.zone(finding.zone)) }
        text.append(UInt8(ascii: ","))
        text.append(decimal: finding.port)
        text.append(UInt8(ascii: ","))
        text.append(finding.state.rawValue)
        text.append(UInt8(ascii: ","))
        text.append(finding.reason.name)
        text.append(UInt8(ascii: ","))
        if let hopLimit = finding.hopLimit { text.append(decimal: hopLimit) }
        text.append(UInt8(ascii: ","))
        if let roundTrip = finding.roundTrip { text.append(milliseconds: roundTrip) }
        text.append(UInt8(ascii: ","))
        text.append(options.service(finding.port) ?? "")
        text.append(UInt8(ascii: ","))
        if let window = finding.window { text.append(decimal: window) }
        text.append(UInt8(ascii: ","))
        if finding.reason == .synAck { text.append(TCPOptions(finding.options.rawBytes).names.joined(separator: ";")) }
        text.append(UInt8(ascii: ","))
        text.append(rfc3339: SystemClock.wall(at: finding.at))
        text.append(finding.isReliable ? ",true" : ",false")
        let fields = [
            options.names.target(finding), options.names.found(address) ?? "",
            banner?.kind.rawValue ?? "", banner.map { Text.visible($0.summary[...]) } ?? "",
        ]
        for field in fields {
            text.append(UInt8(ascii: ","))
            text.append(Text.csvField(field))
        }
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        // Ports that sent nothing.
        let rest = waiting.values.sorted { ($0.address, $0.port) < ($1.address, $1.port) }
        for finding in rest { write(finding, nil) }
        waiting = [:]
    }
}

/// The open ports of a scan as `HOST:PORT`, one per line, which `http-probe --targets -` reads. A host is written as it
/// was given.
final class ScanList: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions

    init(_ stream: BufferedOutput, _ options: ScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: PreparedScan, at now: Instant) {}

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {}

    func write(_ finding: ScanFinding) {
        guard finding.state == .open, finding.isReliable else { return }
        let target = options.names.target(finding)
        stream.write(target.utf8.contains(UInt8(ascii: ":")) ? "[\(target)]" : target)
        stream.write(":\(finding.port)\n")
    }

    func write(_ banner: ScanBanner) {}

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {}
}

/// The report of a scan in the format of nmap's -oG, which many scripts read: `Host: ADDR ()<tab>Ports:
/// 80/open/tcp//http///, ...`.
final class ScanGrepable: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions
    private var text = TextBuffer()

    init(_ stream: BufferedOutput, _ options: ScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: PreparedScan, at now: Instant) {
        guard !options.isQuiet else { return }
        let start = ScanStart(configuration: scan.configuration, namesPorts: options.namesPorts)
        stream.write("# swift-net \(CommandTree.version) \(scan.command): \(start.text)\n")
    }

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {
        if !options.isQuiet { stream.write("# unreachable: \(range.text): \(range.reason)\n") }
    }

    func write(_ finding: ScanFinding) { write([finding], []) }

    /// The format has no field for banners, so they are comments.
    func write(_ banner: ScanBanner) {
        let summary = Text.visible(banner.summary[...])
        stream.write(
            "# \(banner.address)\t\(banner.port)/\(options.terms.transportName)\t\(banner.kind.rawValue)\t\(summary)\n")
    }

    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>) {
        for banner in banners { write(banner) }
        guard let first = findings.first else { return }
        text.removeAll()
        text.append("Host: ")
        text.append(first.address)
        if first.zone != 0 { text.append(options.names.zone(first.zone)) }
        text.append(" (\(options.names.printed(first) ?? ""))\tPorts: ")
        for (index, finding) in findings.enumerated() {
            if index > 0 { text.append(", ") }
            text.append(decimal: finding.port)
            text.append(UInt8(ascii: "/"))
            text.append(finding.state.rawValue)
            text.append("/")
            text.append(options.terms.transportName)
            text.append("//")
            text.append(options.service(finding.port) ?? "")
            text.append("///")
        }
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        guard !options.isQuiet else { return }
        for host in unreliable { stream.write("# \(host.text(options.terms))\n") }
        stream.write(ending.text(summary).split(separator: "\n").map { "# \($0)\n" }.joined())
    }
}
