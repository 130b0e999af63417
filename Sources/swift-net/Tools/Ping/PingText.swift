import SwiftNet

/// The output of a ping in iputils' format.
final class PingText: PingRunReport {
    struct Style {
        var isQuiet = false
        var isFlood = false
        var isVerbose = false
        var isAudible = false
        var printsTimes = false
        var isPrecise = false
        /// Whether the last line has the interval between probes: in flood and adaptive runs.
        var printsGaps = false
    }

    private let facts: PingFacts
    private let style: Style
    private let console: Console
    private let names: HostNames?
    private let plot: RoundTripPlot?
    /// Lines that wait for a name, in order, with the start of the wait.
    private var held: [(event: PingEvent, since: Instant)] = []
    private var isStopped = false
    /// Addresses whose lookup timed out: later lines do not wait for them.
    private var timedOut: Set<IPAddress> = []
    /// The maximum time that a line waits for a name.
    private static let nameTimeout = Nanoseconds.milliseconds(1_000)
    private var routes = OptionText()

    init(_ facts: PingFacts, _ style: Style, _ console: Console, names: HostNames?, plot: RoundTripPlot?) {
        self.facts = facts
        self.style = style
        self.console = console
        self.names = names
        self.plot = plot
    }

    private func print(_ text: String) { console.output.write(text) }

    func begin() {
        if let pattern = facts.pattern, !style.isQuiet {
            print("PATTERN: 0x\(hexadecimal(pattern))\n")
        }
        var line = "PING \(Text.escaped(facts.hostname)) (\(facts.address)\(zone(of: facts.address))) "
        if let label = facts.flowLabel, label != 0 {
            line += ", flow 0x\(hexadecimal(label, digits: 5)), "
        }
        if facts.device != nil || facts.hasFixedSource { line += "from \(facts.source) \(facts.device ?? ""): " }
        line +=
            facts.address.family == .v4
            ? "\(facts.format.dataLength)(\(facts.format.announcedLength)) bytes of data.\n"
            : "\(facts.format.dataLength) data bytes\n"
        print(line)
        // Start the lookup of the target's name before its first reply.
        if facts.wantsNames { _ = names?.name(of: facts.address) }
    }

    // MARK: Names

    private func zone(of address: IPAddress) -> String {
        guard let zone = facts.zone, address.needsZone else { return "" }
        return "%" + zone
    }

    /// An address as iputils prints it, with its name if names are looked up.
    private func label(_ address: IPAddress) -> String {
        let text = "\(address)\(zone(of: address))"
        guard facts.wantsNames, case .known(let name)? = names?.name(of: address) else { return text }
        return "\(Text.escaped(name)) (\(text))"
    }

    /// The address whose name the line of an event contains.
    private func namedAddress(_ event: PingEvent) -> IPAddress? {
        switch event {
        case .reply(let reply): reply.source
        case .icmpError(let notice): notice.source
        default: nil
        }
    }

    private func isNamePending(_ event: PingEvent) -> Bool {
        guard facts.wantsNames, let names, let address = namedAddress(event), !timedOut.contains(address) else {
            return false
        }
        return !isStopped && names.name(of: address) == .pending
    }

    func report(_ event: PingEvent, at now: Instant) {
        plot?.add(event)
        if style.isFlood || style.isQuiet { return show(event) }
        if held.isEmpty, !isNamePending(event) { return show(event) }
        held.append((event, now))
    }

    func update(at now: Instant, isStopped: Bool) -> Instant? {
        if isStopped { self.isStopped = true }
        while let first = held.first {
            if isNamePending(first.event) {
                guard now >= first.since + Self.nameTimeout else { return first.since + Self.nameTimeout }
                if let address = namedAddress(first.event) { timedOut.insert(address) }
            }
            show(first.event)
            held.removeFirst()
        }
        return nil
    }

    // MARK: Lines

    private func show(_ event: PingEvent) {
        switch event {
        case .transmitted: if style.isFlood, !style.isQuiet { print(".") }
        case .reply(let reply): show(reply)
        case .outstanding(let sequence, let instant):
            if !style.isQuiet { print("\(time(instant))no answer yet for icmp_seq=\(sequence)\n") }
        case .timeout: break
        case .icmpError(let notice): show(notice)
        case .transmissionFailed(_, let failure, _): show(failure)
        case .ignored(let packet):
            if !style.isQuiet, !style.isFlood {
                print("\(time(packet.arrival))From \(label(packet.source)): \(packet.reason.text)\n")
            }
        case .firstRoundTrip(let parts): print(PingSplit.line(parts) + "\n")
        case .report(let report): print(PingReportText.lines(report, of: facts.hostname))
        }
    }

    private func time(_ instant: Instant) -> String {
        style.printsTimes ? "[\(WallTime.seconds(instant))] " : ""
    }

    private func show(_ reply: PingReply) {
        guard !style.isQuiet else { return }
        let alert = style.isAudible ? "\u{7}" : ""
        if style.isFlood {
            print((reply.flags.contains(.corrupted) ? "\u{8}C" : "\u{8} \u{8}") + alert)
            return
        }
        var line =
            "\(time(reply.arrival))\(reply.byteCount) bytes from \(label(reply.source)): icmp_seq=\(reply.sequence)"
        if style.isVerbose { line += " ident=\(facts.format.identifier)" }
        if let hopLimit = reply.hopLimit { line += " ttl=\(hopLimit)" }
        if reply.flags.contains(.truncated) {
            print(line + " (truncated)\n")
            return
        }
        line +=
            " time=\(style.isPrecise ? Milliseconds.fixed(reply.roundTrip) : Milliseconds.bySize(reply.roundTrip)) ms"
        if reply.flags.contains(.duplicate), !facts.isMulticast || style.isVerbose { line += " (DUP!)" }
        if reply.flags.contains(.late) { line += " (LATE!)" }
        if reply.flags.contains(.corrupted) { line += " (BAD CHECKSUM!)" }
        if reply.flags.contains(.otherSource) { line += " (DIFFERENT ADDRESS!)" }
        line += alert
        if let details = reply.details {
            if let wrong = details.wrongData { line += Self.lines(wrong) }
            if let options = details.options { line += routes.lines(options, isFlood: false, label: label) }
            if let answer = details.answer { line += AnswerText.lines(answer, receivedAt: reply.arrival) }
        }
        print(line + "\n")
    }

    /// Formats the first wrong byte, and all received data, 32 bytes per line.
    private static func lines(_ wrong: ReplyDetails.WrongData) -> String {
        let expected = String(wrong.expected, radix: 16)
        var text =
            "\nwrong data byte #\(wrong.offset) should be 0x\(expected) but was 0x\(String(wrong.actual, radix: 16))"
        for (offset, byte) in wrong.bytes.enumerated() {
            if offset % 32 == 0 { text += "\n#\(offset)\t" }
            text += String(byte, radix: 16) + " "
        }
        return text
    }

    private func show(_ notice: PingErrorNotice) {
        guard !style.isQuiet else { return }
        if style.isFlood {
            if notice.isFinal { print("\u{8}E") }
            return
        }
        let colon = notice.isFinal ? "" : ":"
        var line = "\(time(notice.arrival))From \(label(notice.source))\(colon) icmp_seq=\(notice.sequence) "
        if notice.hasWrongChecksum { line += "(BAD CHECKSUM)" }
        line += notice.meaning
        if style.isVerbose, let header = notice.quotedHeader {
            line += "\n" + HeaderText.dump(header) + routes.lines(header.options, isFlood: false, label: label)
        }
        print(line + "\n")
    }

    private func show(_ failure: TransmissionFailure) {
        guard !style.isQuiet else { return }
        if style.isFlood {
            print("E")
        } else {
            // If the packet is too long, the interface is not the cause.
            if case .messageTooLong = failure { return console.complain(failure.pingMessage) }
            console.complain(failure.pingMessage + (facts.interface.map { " (\($0))" } ?? ""))
        }
    }

    // MARK: Summary

    func finish(_ summary: PingSummary, drops: KernelDrops, at now: Instant) {
        for entry in held { show(entry.event) }
        held = []
        var text = "\n--- \(Text.escaped(facts.hostname)) ping statistics ---\n"
        text += "\(summary.transmitted) packets transmitted, \(summary.received) received"
        if summary.duplicates > 0 { text += ", +\(summary.duplicates) duplicates" }
        if summary.corrupted > 0 { text += ", +\(summary.corrupted) corrupted" }
        if summary.errors > 0 { text += ", +\(summary.errors) errors" }
        if summary.refusedBySystem > 0 { text += ", +\(summary.refusedBySystem) not sent" }
        if summary.late > 0 { text += ", +\(summary.late) late" }
        if summary.transmitted > 0 {
            let loss = Percent.general(summary.missing, of: summary.transmitted)
            text += ", \(loss)% packet loss, time \((summary.elapsed.count + 500_000) / 1_000_000)ms"
        }
        text += "\n" + lastLine(summary) + "\n"
        print(text)
        if let plan = facts.fragments { print(Self.fragments(plan, facts, summary)) }
        if style.isVerbose || plot != nil { print(Self.percentiles(summary)) }
        if let plot { print(plot.text(summary.roundTrips)) }
    }

    /// Returns the line about the target's reassembly of fragments.
    private static func fragments(_ plan: PingFragmentPlan, _ facts: PingFacts, _ summary: PingSummary) -> String {
        let verdict =
            switch FragmentVerdict(plan, summary) {
            case .dropped: "no reply: dropped by the target or on the path"
            case .reassembled: "reassembled by the target"
            case .truncated: "the target replied with the data of the first fragment only"
            case .firstBelieved: "reassembled by the target, which kept the data received first"
            case .laterBelieved: "reassembled by the target, which kept the data received later"
            case .mixed: "reassembled by the target, which kept data of both kinds"
            }
        return
            "\(facts.format.fragmentCount ?? 1) fragments of \(plan.size) bytes per probe, \(plan.order.rawValue): \(verdict)\n"
    }

    private func lastLine(_ summary: PingSummary) -> String {
        var parts: [String] = []
        let trips = summary.roundTrips
        if trips.count > 0 {
            let values = [trips.minimum, trips.average, trips.maximum, trips.meanDeviation].map(Milliseconds.fixed)
            parts.append("rtt min/avg/max/mdev = \(Text.joined(values, by: "/")) ms")
        }
        if summary.mostInFlight > 1 { parts.append("pipe \(summary.mostInFlight)") }
        if summary.received > 0, style.printsGaps, summary.transmitted > 1 {
            let gap = Nanoseconds(summary.elapsed.count / Int64(summary.transmitted - 1))
            parts.append("ipg/ewma \(Milliseconds.fixed(gap))/\(Milliseconds.fixed(trips.movingAverage)) ms")
        }
        return Text.joined(parts, by: ", ")
    }

    private static func percentiles(_ summary: PingSummary) -> String {
        guard summary.received > 0 else { return "" }
        let trips = summary.roundTrips
        let values = [0.5, 0.9, 0.99].map { Milliseconds.fixed(trips.percentile($0) ?? .zero) }
        var text =
            "rtt p50/p90/p99 = \(values.joined(separator: "/")) ms, jitter \(Milliseconds.fixed(trips.jitter)) ms"
        if summary.outage > .zero {
            text +=
                ", outage \(Milliseconds.fixed(summary.outage)) ms (longest \(Milliseconds.fixed(summary.longestOutage)) ms)"
        }
        return text + "\n"
    }
}

extension RoundTripPlot {
    fileprivate func add(_ event: PingEvent) {
        switch event {
        case .reply(let reply) where reply.counts:
            add(reply.sequence, reply.roundTrip)
        case .timeout(let sequence, _), .transmissionFailed(let sequence, _, _): add(sequence, nil)
        default: break
        }
    }
}
