import SwiftNet

/// The terms of a scan's protocol in its reports.
struct ScanTerms: Sendable {
    /// The protocol in service names.
    var transport: ServiceNames.Transport
    /// The protocol as reports have it: `tcp`.
    var transportName: String { transport.rawValue }
    /// The method in JSON and XML, unless the kernel connects.
    var method: String
    /// A probe, and the reply of a closed port.
    var probe: String
    var closedReply: String
}

/// The first line of a report: the extent of the scan.
struct ScanStart {
    let configuration: ScanConfiguration
    /// Whether the ports were given, rather than those that are open most often.
    let namesPorts: Bool

    var text: String {
        let probes = configuration.probes
        let ports = Text.count(configuration.ports.count, "port")
        var line = "Scanning \(Text.count(configuration.targets.count, "host")), \(ports) each: "
        line += probes == 1 ? "1 probe" : "\(probes) probes"
        let shard = configuration.shard
        if shard.count > 1 { line += " (part \(shard.number) of \(shard.count))" }
        let done = min(configuration.start.done, probes)
        if done > 0 { line += ", \(done) of them done earlier" }
        if let rate = configuration.rate {
            line += " at \(Int(rate)) per second"
            let seconds = Double(probes - done) / rate
            if seconds >= 1 { line += ", \(Text.duration(inSeconds: seconds))" }
        } else {
            line += " at the highest rate without loss"
        }
        line += "; seed \(configuration.seed)"
        if configuration.expectsMore { line += "; more hosts as they are read" }
        if !namesPorts {
            line += "\nPorts: the \(configuration.ports.count) that are open most often"
        }
        return line
    }
}

/// The end of a scan, with what the engine does not count.
struct ScanEnding {
    /// The number of targets that were not scanned because they are unreachable.
    var unreachable: Int
    /// Whether the scan searched for the highest rate without loss.
    var findsRate: Bool
    var readsBanners: Bool
    /// Whether hosts were asked first whether they are there.
    var asksFirst: Bool
    let terms: ScanTerms

    /// The shortest time of sending of which the rate is printed: that of a few packets has no meaning.
    private static let shortestMeasured = Nanoseconds.milliseconds(50)

    func text(_ summary: ScanSummary) -> String {
        let hosts = Text.count(summary.hosts + unreachable, "host")
        let packets = Text.count(Int(clamping: summary.sent), "packet")
        let replies = Text.count(Int(clamping: summary.received), "reply", "replies")
        var lines = [
            "\(hosts), \(Text.count(Int(clamping: summary.probes), "probe")): \(summary.knownOpen) open, "
                + "\(summary.closed) closed, \(summary.knownFiltered) filtered"
                + (summary.unconfirmed > 0 ? ", \(summary.unconfirmed) unconfirmed" : "")
                + (summary.unresolved > 0 ? ", \(summary.unresolved) unresolved" : "")
                + (summary.silent > 0 ? "; \(Text.count(summary.silent, "silent host")) not scanned" : "")
                + (unreachable > 0 ? "; \(Text.count(unreachable, "host")) unreachable" : "")
                + (summary.isCutShort ? "; stopped before the end" : ""),
            "\(packets) sent (\(summary.retransmitted) retransmitted), \(replies), "
                + Text.duration(inSeconds: summary.elapsed.seconds)
                + (summary.sending >= Self.shortestMeasured ? ", \(Int(summary.rate)) per second" : ""),
        ]
        if readsBanners {
            lines.append("\(summary.banners) of \(Text.count(Int(clamping: summary.open), "open port")) sent a banner")
        }
        if findsRate {
            lines.append(
                summary.overflowed == 0
                    ? "No reply was lost by this host at \(Int(summary.rate)) packets per second"
                    : "\(summary.overflowed) replies were lost by this host until the rate was low enough")
        } else if summary.overflowed > 0 {
            lines.append("\(summary.overflowed) replies were lost by this host: use a lower --rate")
        }
        if let limit = summary.sharedLimit { lines.append(limit.text(terms)) }
        if summary.answeredLater > 0 {
            lines.append(
                "\(Text.count(Int(clamping: summary.answeredLater), "port")) replied only to a retry")
        }
        if summary.refused > 0 {
            lines.append(
                "\(Text.count(Int(clamping: summary.refused), "packet")) matched no probe of this scan")
        }
        return Text.joined(lines, by: "\n") + "\n"
    }
}

extension PreparedScan.UnreachableRange {
    /// `192.0.2.1`, `192.0.2.1 to 192.0.2.7`.
    var text: String { first == last ? Self.text(first) : "\(Self.text(first)) to \(Self.text(last))" }

    private static func text(_ address: IPAddress) -> String {
        address.withoutScope.text(zone: PreparedScan.zoneName(of: address.scope))
    }
}

extension ScanReason {
    /// `syn-ack`, `reset`, `icmp 3/1`, `no-response`.
    var name: String {
        switch self {
        case .synAck: "syn-ack"
        case .datagram: "udp-response"
        case .reset: "reset"
        case .noResponse: "no-response"
        case .icmp(let type, let code, _): "icmp \(type)/\(code)"
        }
    }
}

extension SharedLimit {
    /// `The hosts together answer only about 25 SYNs per second (a router may limit them); 153 ports without a reply are
    /// not known to be filtered: use a lower --rate`
    func text(_ terms: ScanTerms) -> String {
        let limit =
            wholeRate.map { "The hosts together answer only about \(Text.count($0, terms.probe)) per second" }
            ?? "The hosts together answered mostly the first \(terms.probe)s"
        return "\(limit) (a router may limit them); \(Text.count(Int(clamping: unanswered), "port")) without a reply "
            + (unanswered == 1 ? "is" : "are") + " not known to be filtered: use a lower --rate"
    }

    /// The rate in replies per second, at least 1.
    var wholeRate: Int? { rate.map { Int(min(max($0, 1), 1e9).rounded()) } }
}

extension UnreliableHost {
    /// `198.51.100.7: unreliable: it answers only about 25 SYNs per second; 153 ports without a reply are not known
    /// to be filtered`
    func text(_ terms: ScanTerms) -> String {
        let (probe, closedReply) = (terms.probe, terms.closedReply)
        let silent =
            "\(Text.count(unanswered, "port")) without a reply \(unanswered == 1 ? "is" : "are") not known to be filtered"
        let what =
            switch reason {
            case .limitsAnswers:
                (wholeRate.map { "it answers only about \(Text.count($0, probe)) per second" }
                    ?? "it answers only some \(probe)s; unresponsive ports replied when probed slowly") + "; " + silent
            case .limitsClosedReplies:
                (wholeRate.map { "it sends only about \(Text.count($0, closedReply)) per second" }
                    ?? "it sends \(closedReply)s for only some \(probe)s") + "; " + silent
            case .stopsAnswering:
                "it answered \(Text.count(answered, probe)), mostly the first ones, then stopped; " + silent
            case .answersLate: "many \(probe)s were unanswered, but retries were answered (packet loss?); " + silent
            case .answersEveryPort:
                "it answers every port alike, as SYN proxies and tarpits do; open ports are not confirmed"
            }
        return "\(address.text(zone: PreparedScan.zoneName(of: zone))): unreliable: \(what)"
    }
}
