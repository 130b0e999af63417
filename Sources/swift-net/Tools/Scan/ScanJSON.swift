import LinuxProcess
import SwiftNet

/// The report of a scan as one JSON object per line.
final class ScanJSON: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions
    private let console: Console

    init(_ stream: BufferedOutput, _ options: ScanFormOptions, _ console: Console) {
        self.stream = stream
        self.options = options
        self.console = console
    }

    func begin(_ scan: PreparedScan, at now: Instant) {
        guard !options.isQuiet else { return }
        console.write("start", StartRow(scan.configuration, options.terms), at: now, to: stream)
    }

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {
        guard !options.isQuiet else { return }
        let zone = range.first.scope == 0 ? nil : PreparedScan.zoneName(of: range.first.scope)
        let row = UnreachableRow(
            first: range.first.withoutScope, last: range.last.withoutScope, zone: zone, reason: range.reason)
        console.write("unreachable", row, at: now, to: stream)
    }

    func write(_ finding: ScanFinding) {
        let row = PortRow(finding, options)
        console.write("port", row, at: finding.at, to: stream)
    }

    func write(_ banner: ScanBanner) {
        console.write("banner", BannerRow(banner, options), at: banner.at, to: stream)
    }

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        guard !options.isQuiet else { return }
        for host in unreliable { console.write("host", HostRow(host, options.terms), at: host.at, to: stream) }
        console.write("summary", SummaryRow(summary, ending), at: now, to: stream)
    }
}

private struct StartRow: JSONRow {
    var method: String
    var hosts: Int
    var ports: Int
    var probes: UInt64
    @Null var rate: Int?
    var seed: UInt64
    var shard: String
    var resumedAt: UInt64

    init(_ configuration: ScanConfiguration, _ terms: ScanTerms) {
        method = configuration.connects ? "connect" : terms.method
        hosts = configuration.targets.count
        ports = configuration.ports.count
        probes = configuration.probes
        rate = configuration.rate.map { Int($0) }
        seed = configuration.seed
        shard = "\(configuration.shard.number)/\(configuration.shard.count)"
        resumedAt = configuration.start.done
    }
}

private struct UnreachableRow: JSONRow {
    var first: IPAddress
    var last: IPAddress
    var zone: String?
    var reason: String
}

private struct PortRow: JSONRow {
    var target: String
    var addr: IPAddress
    /// The interface of a link-local address.
    var zone: String?
    var port: UInt16
    var state: String
    var reason: String
    @Null var ttl: UInt8?
    @Null var rttMs: Nanoseconds?
    @Null var service: String?
    /// The name in the DNS, with --names.
    var name: String?
    var window: UInt16?
    var tcpOptions: [String]?
    /// False for an unreliable host; otherwise left out.
    var reliable: Bool?
    /// The sender of an ICMP error.
    var from: IPAddress?

    init(_ finding: ScanFinding, _ options: ScanFormOptions) {
        target = options.names.target(finding)
        addr = finding.address
        if finding.zone != 0 { zone = PreparedScan.zoneName(of: finding.zone) }
        port = finding.port
        state = finding.state.rawValue
        reason = finding.reason.name
        ttl = finding.hopLimit
        rttMs = finding.roundTrip
        service = options.service(finding.port)
        name = options.names.found(finding.address)
        window = finding.window
        if finding.reason == .synAck, finding.window != nil {
            tcpOptions = TCPOptions(finding.options.rawBytes).names
        }
        if !finding.isReliable { reliable = false }
        if case .icmp(_, _, let router) = finding.reason { from = router }
    }
}

private struct BannerRow: JSONRow {
    var target: String
    var addr: IPAddress
    var port: UInt16
    var `protocol`: String
    var banner: String
    @Inlined var certificate: Certificate?

    struct Certificate: Encodable {
        @Null var tlsVersion: String?
        var names: [String]
    }

    init(_ banner: ScanBanner, _ options: ScanFormOptions) {
        target = options.names.given(banner.address) ?? "\(banner.address)"
        let isTLS = banner.kind == .tls
        addr = banner.address
        port = banner.port
        `protocol` = banner.kind.rawValue
        self.banner = String(decoding: isTLS ? banner.summary : banner.bytes, as: UTF8.self)
        certificate = isTLS ? Certificate(tlsVersion: banner.version, names: banner.names) : nil
    }
}

private struct HostRow: JSONRow {
    var addr: IPAddress
    var zone: String?
    var reliable = false
    var note: String
    @Null var packetsPerSecond: Int?
    var answered: Int
    var silent: Int

    init(_ host: UnreliableHost, _ terms: ScanTerms) {
        addr = host.address
        if host.zone != 0 { zone = PreparedScan.zoneName(of: host.zone) }
        note =
            switch host.reason {
            case .limitsAnswers: "limits \(terms.probe)s"
            case .limitsClosedReplies: "limits \(terms.closedReply)s"
            case .stopsAnswering: "stops answering"
            case .answersLate: "loses \(terms.probe)s"
            case .answersEveryPort: "answers every port"
            }
        packetsPerSecond = host.reason == .answersLate ? nil : host.wholeRate
        answered = host.answered
        silent = host.unanswered
    }
}

private struct SummaryRow: JSONRow {
    var hosts: Int
    var ports: Int
    var probes: UInt64
    var sent: UInt64
    var retransmitted: UInt64
    var received: UInt64
    var open: UInt64
    var closed: UInt64
    var filtered: UInt64
    var unconfirmed: UInt64
    var unresolved: UInt64
    var unreliableHosts: Int
    var sharedLimit: Limit?
    var banners: UInt64?
    var elapsedMs: Nanoseconds
    var packetsPerSecond: Int
    var unreachable: Int
    /// With --ping.
    var silentHosts: Int?
    var answeredLater: UInt64
    var refused: UInt64
    var failed: UInt64
    var receiveOverflows: UInt64
    var complete: Bool

    /// The limit of a router that the hosts share.
    struct Limit: Encodable {
        @Null var packetsPerSecond: Int?
        var silent: UInt64
    }

    init(_ summary: ScanSummary, _ ending: ScanEnding) {
        hosts = summary.hosts + ending.unreachable
        ports = summary.ports
        probes = summary.probes
        sent = summary.sent
        retransmitted = summary.retransmitted
        received = summary.received
        open = summary.open
        closed = summary.closed
        filtered = summary.filtered
        unconfirmed = summary.unconfirmed
        unresolved = summary.unresolved
        unreliableHosts = summary.unreliable
        sharedLimit = summary.sharedLimit.map { Limit(packetsPerSecond: $0.wholeRate, silent: $0.unanswered) }
        banners = ending.readsBanners ? summary.banners : nil
        elapsedMs = summary.elapsed
        packetsPerSecond = Int(summary.rate)
        unreachable = ending.unreachable
        if ending.asksFirst { silentHosts = summary.silent }
        answeredLater = summary.answeredLater
        refused = summary.refused
        failed = summary.failed
        receiveOverflows = summary.overflowed
        complete = !summary.isCutShort
    }
}
