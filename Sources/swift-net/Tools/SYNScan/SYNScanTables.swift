import LinuxProcess
import SwiftNet

/// The report of a scan as comma-separated values, one line per port. It has no column for banners, and --banners is an
/// error with this format.
final class SYNScanCSV: SYNScanForm {
    private let stream: BufferedOutput
    private let options: SYNScanFormOptions
    private var text = TextBuffer()

    init(_ stream: BufferedOutput, _ options: SYNScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: SYNScan.Prepared, at now: Instant) {
        stream.write("addr,port,state,reason,ttl,rtt_ms,service,window,tcp_options,time,reliable\n")
    }

    func write(_ range: SYNScan.UnreachableRange, at now: Instant) {}

    func write(_ finding: SYNScanFinding) {
        text.removeAll()
        text.append(finding.address)
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
        if finding.reason == .synAck { text.append(SegmentOptions.names(finding.options).joined(separator: ";")) }
        text.append(UInt8(ascii: ","))
        text.append(rfc3339: SystemClock.wall(at: finding.at))
        text.append(finding.isReliable ? ",true\n" : ",false\n")
        stream.write(text)
    }

    func write(_ banner: SYNScanBanner) {}

    func finish(_ summary: SYNScanSummary, _ ending: SYNScanEnding, unreliable: [UnreliableHost], at now: Instant) {}
}

/// The report of a scan in the format of nmap's -oG, which many scripts read: `Host: ADDR ()<tab>Ports:
/// 80/open/tcp//http///, ...`.
final class SYNScanGrepable: SYNScanForm {
    private let stream: BufferedOutput
    private let options: SYNScanFormOptions
    private var text = TextBuffer()

    init(_ stream: BufferedOutput, _ options: SYNScanFormOptions) {
        self.stream = stream
        self.options = options
    }

    func begin(_ scan: SYNScan.Prepared, at now: Instant) {
        guard !options.isQuiet else { return }
        let start = SYNScanStart(configuration: scan.configuration, namesPorts: options.namesPorts)
        stream.write("# swift-net \(CommandTree.version) tcp-syn-scan: \(start.text)\n")
    }

    func write(_ range: SYNScan.UnreachableRange, at now: Instant) {
        if !options.isQuiet { stream.write("# unreachable: \(range.text): \(range.reason)\n") }
    }

    func write(_ finding: SYNScanFinding) { write([finding], []) }

    /// The format has no field for banners, so they are comments.
    func write(_ banner: SYNScanBanner) {
        let summary = Text.visible(banner.summary[...])
        stream.write("# \(banner.address)\t\(banner.port)/tcp\t\(banner.kind.rawValue)\t\(summary)\n")
    }

    func write(_ findings: ArraySlice<SYNScanFinding>, _ banners: ArraySlice<SYNScanBanner>) {
        for banner in banners { write(banner) }
        guard let first = findings.first else { return }
        text.removeAll()
        text.append("Host: ")
        text.append(first.address)
        text.append(" ()\tPorts: ")
        for (index, finding) in findings.enumerated() {
            if index > 0 { text.append(", ") }
            text.append(decimal: finding.port)
            text.append(UInt8(ascii: "/"))
            text.append(finding.state.rawValue)
            text.append("/tcp//")
            text.append(options.service(finding.port) ?? "")
            text.append("///")
        }
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func finish(_ summary: SYNScanSummary, _ ending: SYNScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        guard !options.isQuiet else { return }
        for host in unreliable { stream.write("# \(host.text)\n") }
        stream.write(ending.text(summary).split(separator: "\n").map { "# \($0)\n" }.joined())
    }
}
