import SwiftNet

/// A ping as one JSON object a line.
final class PingJSON: PingRenderer {
    private let facts: PingFacts
    private let target: String
    private let isQuiet: Bool
    private let console: Console

    init(_ facts: PingFacts, target: String, isQuiet: Bool, _ console: Console) {
        self.facts = facts
        self.target = target
        self.isQuiet = isQuiet
        self.console = console
    }

    private func print(_ object: JSONObject) { console.output.write(object.line + "\n") }

    func begin() {}
    func update(at now: Instant, isStopped: Bool) -> Instant? { nil }

    private func object(_ type: String, _ address: IPAddress? = nil) -> JSONObject {
        var object = JSONObject(type: type)
        object.add("target", target)
        object.add("addr", (address ?? facts.address).description)
        return object
    }

    func report(_ event: PingEvent) {
        guard !isQuiet else { return }
        switch event {
        case .transmitted, .ignored: break
        case .reply(let reply): print(object(reply))
        case .outstanding(let sequence, _):
            var object = object("outstanding")
            object.add("seq", sequence)
            print(object)
        case .timeout(let sequence, _):
            var object = object("timeout")
            object.add("seq", sequence)
            print(object)
        case .icmpError(let notice): print(Self.object(notice, target: target, sequence: true))
        case .transmissionFailed(let sequence, let failure, _):
            var object = object("send-error")
            object.add("seq", sequence)
            object.add("message", failure.words)
            if case .messageTooLong(let mtu) = failure {
                if mtu > 0 { object.add("mtu", mtu) }
            } else {
                object.add("interface", facts.interface)
            }
            print(object)
        case .firstRoundTrip(let parts):
            var object = object("split")
            object.add("seq", parts.sequence)
            object.add("neighbor_resolution_ms", raw: Milliseconds.json(parts.neighborResolution))
            object.add("queue_ms", raw: Milliseconds.json(parts.queue))
            object.add("network_ms", raw: Milliseconds.json(parts.network))
            print(object)
        case .report(let report): print(object(report))
        }
    }

    private func object(_ reply: PingReply) -> JSONObject {
        var object = object("reply", reply.source)
        object.add("seq", reply.sequence)
        object.add("bytes", reply.byteCount)
        if let hopLimit = reply.hopLimit { object.add("ttl", hopLimit) }
        object.add("rtt_ms", raw: Milliseconds.json(reply.roundTrip))
        object.add("time", WallTime.rfc3339(reply.arrival))
        let flags: [(PingReply.Flags, String)] = [
            (.duplicate, "duplicate"), (.truncated, "truncated"), (.late, "late"), (.corrupted, "corrupted"),
            (.otherSource, "other_source"),
        ]
        for (flag, name) in flags where reply.flags.contains(flag) { object.add(name, true) }
        if let details = reply.details {
            if let wrong = details.wrongData { object.add("wrong_data_offset", wrong.offset) }
            if let options = details.options { add(options, to: &object) }
            if let answer = details.answer { Self.add(answer, to: &object) }
        }
        return object
    }

    private func add(_ options: IPv4Options, to object: inout JSONObject) {
        for option in options.list {
            switch option {
            case .recordRoute(let route):
                object.add("record_route", raw: Self.array(route.used.map { JSONObject.quoted($0.description) }))
            case .timestamp(let data):
                let entries = data.used.map { entry in
                    var item = JSONObject()
                    if let address = entry.address { item.add("addr", address.description) }
                    item.add("timestamp", entry.timestamp)
                    return item.line
                }
                object.add("timestamps", raw: Self.array(entries))
            default: break
            }
        }
    }

    private static func array(_ items: [String]) -> String { "[\(items.joined(separator: ","))]" }

    private static func add(_ answer: InformationAnswer, to object: inout JSONObject) {
        switch answer {
        case .timestamp(let originate, let receive, let transmit):
            // Not durations but times of day, which RFC 792 counts in milliseconds since midnight UT.
            object.add("originate_timestamp", originate)
            object.add("receive_timestamp", receive)
            object.add("transmit_timestamp", transmit)
        case .addressMask(let mask): object.add("mask", mask.description)
        case .routers(let lifetime, let routers):
            object.add("lifetime_s", lifetime)
            let items = routers.map { router in
                var item = JSONObject()
                item.add("addr", router.address.description)
                item.add("preference", router.preference)
                return item.line
            }
            object.add("routers", raw: array(items))
        case .ipv6Router(let advertisement, let options):
            object.add("lifetime_s", advertisement.routerLifetime)
            object.add("hop_limit", advertisement.currentHopLimit)
            let prefixes = options.compactMap { option -> String? in
                guard case .prefixInformation(let length, _, _, _, _, let prefix) = option else { return nil }
                return JSONObject.quoted("\(prefix)/\(length)")
            }
            object.add("prefixes", raw: array(prefixes))
        }
    }

    static func object(_ notice: PingErrorNotice, target: String, sequence: Bool) -> JSONObject {
        var object = JSONObject(type: "icmp-error")
        object.add("target", target)
        object.add("from", notice.source.description)
        if sequence { object.add("seq", notice.sequence) }
        object.add("icmp_type", notice.type)
        object.add("icmp_code", notice.code)
        object.add("message", notice.meaning)
        if let mtu = notice.mtu { object.add("mtu", mtu) }
        return object
    }

    private func object(_ report: PingReport) -> JSONObject {
        var object = object("report")
        object.add("time", WallTime.rfc3339(report.at))
        for (name, tally) in [("interval", report.interval), ("total", report.total)] {
            var item = JSONObject()
            item.add("transmitted", tally.transmitted)
            item.add("received", tally.received)
            item.add("outage_ms", raw: Milliseconds.json(tally.outage))
            item.add("rtt", raw: Self.roundTrips(tally.roundTrips))
            object.add(name, raw: item.line)
        }
        return object
    }

    static func roundTrips(_ trips: RoundTripStatistics) -> String? {
        guard trips.count > 0 else { return nil }
        var item = JSONObject()
        item.add("min", raw: Milliseconds.json(trips.minimum))
        item.add("avg", raw: Milliseconds.json(trips.average))
        item.add("max", raw: Milliseconds.json(trips.maximum))
        item.add("mdev", raw: Milliseconds.json(trips.meanDeviation))
        return item.line
    }

    static func percentiles(_ trips: RoundTripStatistics) -> String? {
        guard trips.count > 0 else { return nil }
        var item = JSONObject()
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            item.add(name, raw: trips.percentile(share).map(Milliseconds.json))
        }
        return item.line
    }

    func finish(_ summary: PingSummary, drops: KernelDrops) {
        var object = object("summary")
        object.add("transmitted", summary.transmitted)
        object.add("received", summary.received)
        object.add("duplicates", summary.duplicates)
        object.add("errors", summary.errors)
        object.add("unsent", summary.refusedBySystem)
        let missing = summary.transmitted - summary.received
        object.add("loss_percent", raw: Percent.oneDecimal(missing, of: summary.transmitted))
        object.add("elapsed_ms", (summary.elapsed.count + 500_000) / 1_000_000)
        object.add("rtt", raw: Self.roundTrips(summary.roundTrips))
        object.add("percentiles", raw: Self.percentiles(summary.roundTrips))
        object.add("jitter_ms", raw: Milliseconds.json(summary.roundTrips.jitter))
        object.add("answered", summary.answered)
        object.add("late", summary.late)
        object.add("lost", summary.lost)
        object.add("failed", summary.failed)
        object.add("corrupted", summary.corrupted)
        object.add("outage_ms", raw: Milliseconds.json(summary.outage))
        if let plan = facts.fragments {
            object.add("fragments", plan.count(facts.dataLength + 8))
            object.add("fragment_bytes", plan.size)
            object.add("fragment_order", plan.order.rawValue)
            object.add("fragment_verdict", FragmentVerdict(plan, summary).rawValue)
        }
        object.add("receive_overflows", drops.overflows)
        object.add("receive_drops", drops.overflows + drops.unexplained)
        print(object)
        console.complain(drops)
    }
}
