import SwiftNet

/// What a scan is about to do.
struct ScanStart {
    let configuration: ScanConfiguration
    /// The ports were given, and are not those of the services file.
    let namesPorts: Bool

    private var hosts: Int { configuration.targets.count }
    private var ports: Int { configuration.ports.count }
    private var probes: UInt64 { configuration.probes }
    private var shard: ScanShard { configuration.shard }
    /// Probes that were done before.
    private var resumedAt: UInt64 { configuration.start.done }

    var text: String {
        var line = "Scanning \(Text.count(hosts, "host")), \(Text.count(ports, "port")) each: "
        line += probes == 1 ? "1 probe" : "\(probes) probes"
        if shard.count > 1 { line += " (part \(shard.number) of \(shard.count))" }
        if resumedAt > 0 { line += ", \(resumedAt) of them done before" }
        if let rate = configuration.rate {
            line += " at \(Int(rate)) a second"
            let seconds = Double(probes - min(resumedAt, probes)) / rate
            if seconds >= 1 { line += ", \(ScanEnding.duration(seconds))" }
        } else {
            line += " as fast as nothing is lost"
        }
        line += "; seed \(configuration.seed)"
        if !namesPorts { line += "\nPorts: the first \(ports) that the system's services file names" }
        return line
    }

    var json: String {
        var object = JSONObject(type: "start")
        object.add("hosts", hosts)
        object.add("ports", ports)
        object.add("probes", probes)
        object.add("rate", raw: configuration.rate.map { "\(Int($0))" })
        object.add("seed", configuration.seed)
        object.add("shard", "\(shard.number)/\(shard.count)")
        object.add("resumed_at", resumedAt)
        return object.line
    }
}

/// How a scan ended, beyond what the engine counts.
struct ScanEnding {
    var unreachable: Int
    /// The rate was left to us.
    var soughtRate: Bool
    var hearsBanners: Bool

    func text(_ summary: ScanSummary) -> String {
        var lines = [
            "\(Text.count(summary.hosts + unreachable, "host")), \(Text.count(Int(clamping: summary.probes), "probe")): \(summary.open) open, \(summary.closed) closed, \(summary.filtered - min(summary.unresolved, summary.filtered)) filtered"
                + (summary.unresolved > 0 ? ", \(summary.unresolved) unresolved" : "")
                + (unreachable > 0 ? "; \(Text.count(unreachable, "host")) unreachable" : "")
                + (summary.isCutShort ? "; stopped before the end" : ""),
            "\(Text.count(Int(clamping: summary.sent), "packet")) sent (\(summary.retransmitted) again), \(Text.count(Int(clamping: summary.received), "answer")), \(Self.duration(summary.elapsed.seconds)), \(Int(summary.rate)) a second",
        ]
        if hearsBanners {
            lines.append("\(summary.banners) of \(Text.count(Int(clamping: summary.open), "open port")) said something")
        }
        if soughtRate {
            lines.append(
                summary.overflowed == 0
                    ? "Nothing was lost here at \(Int(summary.rate)) packets a second"
                    : "\(summary.overflowed) answers were lost here until the rate was low enough")
        } else if summary.overflowed > 0 {
            lines.append("\(summary.overflowed) answers were lost here: a lower --rate helps")
        }
        if summary.answeredLater > 0 {
            lines.append(
                "\(Text.count(Int(clamping: summary.answeredLater), "port")) answered a later try and not the first")
        }
        if summary.refused > 0 {
            lines.append(
                "\(Text.count(Int(clamping: summary.refused), "packet")) to our ports answered no probe of this scan")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func json(_ summary: ScanSummary) -> String {
        var object = JSONObject(type: "summary")
        object.add("hosts", summary.hosts + unreachable)
        object.add("ports", summary.ports)
        object.add("probes", summary.probes)
        object.add("sent", summary.sent)
        object.add("retransmitted", summary.retransmitted)
        object.add("received", summary.received)
        object.add("open", summary.open)
        object.add("closed", summary.closed)
        object.add("filtered", summary.filtered)
        object.add("unresolved", summary.unresolved)
        object.add("unreliable_hosts", summary.unreliable)
        if hearsBanners { object.add("banners", summary.banners) }
        object.add("elapsed_ms", (summary.elapsed.count + 500_000) / 1_000_000)
        object.add("packets_per_second", Int(summary.rate))
        object.add("unreachable", unreachable)
        object.add("answered_later", summary.answeredLater)
        object.add("refused", summary.refused)
        object.add("failed", summary.failed)
        object.add("receive_overflows", summary.overflowed)
        object.add("complete", !summary.isCutShort)
        return object.line
    }

    /// `0.454 s`, `12.3 s`, `2 min 5 s`, `3 h 4 min`.
    static func duration(_ seconds: Double) -> String {
        let milliseconds = Int64(clamping: Int(min(max(seconds, 0), 1e12) * 1_000))
        if milliseconds < 10_000 { return Milliseconds.decimal(milliseconds, places: 3) + " s" }
        if milliseconds < 100_000 { return Milliseconds.decimal(milliseconds / 100, places: 1) + " s" }
        let whole = milliseconds / 1_000
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
}
