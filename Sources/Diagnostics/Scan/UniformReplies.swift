import PacketEngine
import WireFormat

/// Finds hosts that answer every port alike, as SYN proxies and tarpits do: their SYN-ACKs do not show which ports are
/// open.
///
/// A host's first open ports are held back until other replies, or silence, show that it is an ordinary host, which takes
/// a few of its probes. At most 4,096 hosts and 65,536 ports are held back; others are reported at once.
struct UniformReplies: Sendable {
    /// What one SYN-ACK has in common with others of its host.
    private struct Signature: Sendable, Hashable {
        var window: UInt16
        /// The names and values of the options, without those of timestamps, which differ.
        var options: [String]

        /// Returns nil if the window is unknown.
        init?(_ finding: ScanFinding) {
            guard let window = finding.window else { return nil }
            (self.window, options) = (window, TCPOptions(finding.options.rawBytes).names)
        }

        /// Whether no operating system sends it: without a window nothing can be received, and every one sends options.
        var isOdd: Bool { window == 0 || options.isEmpty }
    }

    private struct Held: Sendable {
        var finding: ScanFinding
        /// The probe's index in the scan order.
        var index: UInt64
        /// Whether a connection showed a program; nil while that is unknown.
        var isReal: Bool?
    }

    private struct Host: Sendable {
        var counts: [Signature: Int] = [:]
        var open = 0
        var closed = 0
        /// The number of its ports that were probed up to the last one that answered.
        var probed = 0
        var held: [Held] = []
        /// The common SYN-ACK, once it is certain.
        var signature: Signature?
        var at: Instant
    }

    /// The minimum number of ports per host.
    private static let fewestPorts = 20
    private static let mostHosts = 4_096
    private static let mostHeld = 65_536
    /// The number of kinds of SYN-ACKs that are counted per host.
    private static let mostKinds = 4
    /// The share of open ports that is plausible: with SYN-ACKs that no operating system sends, and with others.
    private static let plausible = (odd: 0.5, ordinary: 0.9)
    /// The share of ports that must answer alike.
    private static let nearlyAll = 0.9

    /// Whether connections to open ports show which are real.
    private let confirms: Bool
    private var hosts: [Int: Host] = [:]
    private var heldCount = 0
    private var uncertain = 0
    private var released: [ScanFinding] = []
    /// The number of each host's ports that were probed at the last check, and at the one before, whose replies have
    /// arrived.
    private var check: (at: Instant, probed: Int)?
    private var settled = 0

    /// Returns nil if hosts have too few ports.
    init?(_ configuration: ScanConfiguration) {
        guard configuration.ports.count >= Self.fewestPorts else { return nil }
        confirms = configuration.readsBanners
    }

    // MARK: Replies

    /// Takes an open port.
    /// - Parameters:
    ///   - index: the probe's index in the scan order.
    ///   - probed: the number of the host's ports that were probed up to this one.
    mutating func receive(_ finding: ScanFinding, index: UInt64, of host: Int, probed: Int) {
        guard let signature = Signature(finding), hosts[host] != nil || hosts.count < Self.mostHosts else {
            released.append(finding)
            return
        }
        // Moved out, so that it is modified in place.
        let earlier = hosts.removeValue(forKey: host)
        if earlier == nil { uncertain += 1 }
        var state = earlier ?? Host(at: finding.at)
        state.open += 1
        state.probed = max(state.probed, probed)
        if state.counts.count < Self.mostKinds || state.counts[signature] != nil {
            state.counts[signature, default: 0] += 1
        }
        state.held.append(Held(finding: finding, index: index))
        heldCount += 1
        hosts[host] = state
        if state.signature != nil { release(host) } else { judge(host) }
        if heldCount > Self.mostHeld { finish() }
    }

    /// Notes a closed port.
    mutating func receiveClosed(_ host: Int) {
        guard uncertain > 0, let found = hosts[host], found.signature == nil else { return }
        hosts[host]?.closed += 1
        judge(host)
    }

    /// Notes the end of the connection to an open port.
    /// - Parameter isReal: whether it sent data or ended properly.
    mutating func confirm(_ host: Int, port: UInt16, isReal: Bool) {
        guard let slot = hosts[host]?.held.firstIndex(where: { $0.finding.port == port }) else { return }
        hosts[host]?.held[slot].isReal = isReal
        if hosts[host]?.signature != nil { release(host) }
    }

    // MARK: Decisions

    /// Whether `look` is due.
    func isDue(at now: Instant) -> Bool { check.map { now - $0.at >= .seconds(1) } ?? true }

    /// Decides on hosts from which no more replies came.
    /// - Parameter probed: the number of ports of each host that were probed so far.
    mutating func look(at now: Instant, probed: Int) {
        settled = check?.probed ?? 0
        check = (now, probed)
        guard uncertain > 0 else { return }
        for (host, state) in hosts where state.signature == nil { judge(host) }
    }

    /// Decides on all hosts, because all of their ports were probed.
    /// - Parameter probed: the number of ports of each host.
    mutating func finish(probed: Int = 0) {
        for (host, state) in hosts where state.signature == nil {
            hosts[host]?.probed = max(state.probed, probed)
            judge(host, isFinal: true)
        }
        (check, settled) = (nil, 0)
    }

    /// Stops waiting for connections.
    mutating func stop() {
        finish()
        for host in hosts.keys {
            for slot in hosts[host]?.held.indices ?? 0..<0 where hosts[host]?.held[slot].isReal == nil {
                hosts[host]?.held[slot].isReal = false
            }
            release(host)
        }
    }

    private mutating func judge(_ index: Int, isFinal: Bool = false) {
        guard let host = hosts[index], let (signature, alike) = host.counts.max(by: { $0.value < $1.value }) else {
            return
        }
        let ports = max(host.probed, host.open + host.closed)
        let plausible = signature.isOdd ? Self.plausible.odd : Self.plausible.ordinary
        if Double(alike) >= Self.nearlyAll * Double(ports), ports >= Self.fewestPorts,
            AnswerPattern.excess(alike, of: ports, over: plausible) >= ScanReview.certainty
        {
            uncertain -= 1
            hosts[index]?.signature = signature
            release(index)
        } else if isFinal || settled >= Self.fewestPorts && alike * 2 < settled || host.closed > max(alike, 1) {
            uncertain -= 1
            heldCount -= host.held.count
            released += host.held.map(\.finding)
            hosts[index] = nil
        }
    }

    /// Releases the ports of a host that answers alike, as far as no connection is to show whether they are real.
    private mutating func release(_ index: Int) {
        guard let host = hosts[index], let signature = host.signature else { return }
        var kept: [Held] = []
        for var port in host.held {
            let isAlike = Signature(port.finding) == signature
            if isAlike, confirms, port.isReal == nil {
                kept.append(port)
                continue
            }
            port.finding.isReliable = !isAlike || port.isReal == true
            released.append(port.finding)
        }
        heldCount -= host.held.count - kept.count
        hosts[index]?.held = kept
    }

    // MARK: Results

    /// Returns the ports to report, once.
    mutating func takeReleased() -> [ScanFinding] {
        guard !released.isEmpty else { return [] }
        defer { released.removeAll(keepingCapacity: true) }
        return released
    }

    /// The probes whose result is not reported yet.
    var heldProbes: [UInt64] { hosts.values.flatMap { $0.held.map(\.index) } }

    /// The target indices of hosts that answer every port alike, with the number of their open ports, and the time at which
    /// the first was found.
    var found: [(host: Int, open: Int, at: Instant)] {
        hosts.filter { $0.value.signature != nil }.map { ($0.key, $0.value.open, $0.value.at) }.sorted { $0.0 < $1.0 }
    }
}
