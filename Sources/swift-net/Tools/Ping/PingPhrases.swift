import SwiftNet

extension TransmissionFailure {
    /// The message that iputils prints for the failure.
    var pingMessage: String {
        if case .messageTooLong(let mtu) = self, mtu > 0 { return "local error: message too long, mtu=\(mtu)" }
        return "sendmsg: \(self)"
    }
}

extension IgnoredPacket.Reason {
    /// The reason why the packet was ignored.
    var text: String {
        switch self {
        case .malformed(let error): "ignored, \(error)"
        case .truncated(let byteCount): "ignored, packet too short (\(byteCount) bytes)"
        case .wrongCookie: "ignored, the data is not that of the probe"
        case .unknownProbe: "ignored, for a probe that was not sent or has expired"
        case .unexpected(let meaning): meaning
        }
    }
}

/// Formats the parts of the first round-trip time.
enum PingSplit {
    static func line(_ parts: RoundTripParts) -> String {
        "first round trip: "
            + (parts.neighborResolution.map { "neighbor resolution \(Milliseconds.fixed($0)) ms, " } ?? "")
            + "queue \(Milliseconds.fixed(parts.queue)) ms, network and target \(Milliseconds.fixed(parts.network)) ms"
    }
}

/// Formats an interval report as fping -Q does.
enum PingReportText {
    static func lines(_ report: PingReport, of name: String) -> String {
        "[\(WallTime.timeOfDay(report.at))]\n" + line(report.interval, of: name) + "\n"
    }

    private static func line(_ tally: PingReport.PingTally, of name: String) -> String {
        let loss = Percent.whole(tally.missing, of: tally.transmitted)
        var line =
            "\(Text.escaped(name)) : xmt/rcv/%loss = \(tally.transmitted)/\(tally.received)/\(loss)%, "
            + "outage(ms) = \(tally.outage.wholeMilliseconds)"
        if tally.roundTrips.count > 0 {
            let values = [tally.roundTrips.minimum, tally.roundTrips.average, tally.roundTrips.maximum]
            line += ", min/avg/max = \(values.map(Milliseconds.short).joined(separator: "/"))"
        }
        return line
    }
}

/// Formats the IP options of a reply as iputils does.
struct OptionText {
    /// The previous recorded route: an identical route is not printed again.
    private var lastRoute: [IPv4Address]?

    mutating func lines(_ options: IPv4Options, isFlood: Bool, label: (IPAddress) -> String) -> String {
        var text = ""
        for option in options.list {
            switch option {
            case .endOfOptionList: return text
            case .noOperation: text += "\nNOP"
            case .strictSourceRoute(let route): text += "\nSSRR: " + addresses(route, label)
            case .looseSourceRoute(let route): text += "\nLSRR: " + addresses(route, label)
            case .recordRoute(let route):
                guard !route.used.isEmpty else { continue }
                if lastRoute == Array(route.used) {
                    text += "\t(same route)"
                } else {
                    lastRoute = Array(route.used)
                    text += "\nRR: " + addresses(route, label)
                }
            case .timestamp(let data): text += timestamps(data, label)
            case .routerAlert, .security, .streamIdentifier, .unknown:
                text += "\nunknown option \(String(option.type, radix: 16))"
            }
        }
        return text
    }

    private func addresses(_ route: IPv4RouteData, _ label: (IPAddress) -> String) -> String {
        route.used.map { "\t\($0.isUnspecified ? "0.0.0.0" : label(.v4($0)))\n" }.joined()
    }

    /// Formats the first timestamp as absolute time, and later ones as differences, in milliseconds.
    private func timestamps(_ data: IPv4TimestampData, _ label: (IPAddress) -> String) -> String {
        guard !data.used.isEmpty else { return "" }
        var text = "\nTS: "
        var standard: UInt32 = 0
        var other: UInt32 = 0
        for entry in data.used {
            if let address = entry.address { text += "\t\(address.isUnspecified ? "0.0.0.0" : label(.v4(address)))" }
            let timestamp = InternetTimestamp(rawValue: entry.timestamp)
            let value = timestamp.value
            if !timestamp.isStandard {
                text +=
                    other == 0 ? "\t\(value) absolute not-standard" : "\t\(Int64(value) - Int64(other)) not-standard"
                other = value
            } else {
                text += standard == 0 ? "\t\(value) absolute" : "\t\(Int64(value) - Int64(standard))"
                standard = value
            }
            text += "\n"
        }
        if data.overflow > 0 { text += "Unrecorded hops: \(data.overflow)\n" }
        return text
    }
}

/// Formats a quoted header as ping -v does.
enum HeaderText {
    static func dump(_ header: IPv4Header) -> String {
        func hex(_ value: some BinaryInteger, _ width: Int) -> String { hexadecimal(UInt64(value), digits: width) }
        return "Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data\n"
            + " 4  \(hex(header.byteCount / 4, 1))  \(hex(header.typeOfService, 2)) \(hex(header.totalLength, 4))"
            + " \(hex(header.identification, 4))   \(hex(header.flagBits, 1)) \(hex(header.fragmentOffset, 4))"
            + "  \(hex(header.timeToLive, 2))  \(hex(header.protocol.rawValue, 2)) \(hex(header.headerChecksum ?? 0, 4))"
            + " \(header.source)  \(header.destination) "
    }
}

/// Formats the replies to other queries than echo, one line per item.
enum AnswerText {
    static func lines(_ answer: InformationAnswer, receivedAt arrival: Instant) -> String {
        switch answer {
        case .timestamp(let originate, let receive, let transmit):
            let times = [originate, receive, transmit].map(InternetTimestamp.init(rawValue:))
            let returned = InternetTimestamp(nanosecondsSince1970: WallTime.nanoseconds(arrival))
            var text =
                "\n\toriginate \(time(times[0])), receive \(time(times[1])), transmit \(time(times[2])), returned "
                + time(returned)
            if let offset = InternetTimestamp.clockOffset(
                sent: times[0], received: times[1], answered: times[2], returned: returned)
            {
                text +=
                    "\n\tclock offset \(offset) ms"
                    + (offset == 0 ? "" : offset < 0 ? " (target behind)" : " (target ahead)")
            }
            return text
        case .addressMask(let mask):
            return "\n\tmask \(mask)" + (mask.maskLength.map { " (/\($0))" } ?? " (not contiguous)")
        case .routers(let lifetime, let routers):
            return "\n\tlifetime \(lifetime) s"
                + routers.map { router in
                    "\n\trouter \(router.address), "
                        + (router.isDefault ? "preference \(router.preference)" : "not a default router")
                }.joined()
        case .ipv6Router(let advertisement, let options):
            return "\n\tlifetime \(advertisement.routerLifetime) s, hop limit \(advertisement.currentHopLimit)"
                + ", reachable \(advertisement.reachableTime) ms, retransmit \(advertisement.retransmissionTimer) ms"
                + options.map(line).joined()
        }
    }

    private static func line(_ option: NDPOption) -> String {
        switch option {
        case .sourceLinkLayerAddress(let address): "\n\tlink-layer address \(address)"
        case .prefixInformation(let length, let flags, let valid, let preferred, _, let prefix):
            "\n\tprefix \(prefix)/\(length)\(flags & NDPOption.onLinkFlag != 0 ? " on-link" : "")\(flags & NDPOption.autonomousFlag != 0 ? " autonomous" : "")"
                + ", valid \(valid) s, preferred \(preferred) s"
        case .mtu(_, let mtu): "\n\tMTU \(mtu)"
        default: ""
        }
    }

    private static func time(_ timestamp: InternetTimestamp) -> String {
        guard let value = timestamp.millisecondsSinceMidnight else { return "\(timestamp.value) (not standard)" }
        func two(_ value: UInt32) -> String { zeroPadded("\(value)", to: 2) }
        let fraction = Milliseconds.decimal(Int64(value % 1_000), places: 3).dropFirst(2)
        return "\(two(value / 3_600_000)):\(two(value / 60_000 % 60)):\(two(value / 1_000 % 60)).\(fraction)"
    }
}
