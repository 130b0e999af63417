import SwiftNet

/// A reply to a probe.
struct PingReplyRow: JSONRow {
    var target: String
    var addr: IPAddress
    var seq: UInt16
    var bytes: Int
    var ttl: UInt8?
    var rttMs: Nanoseconds
    @IfTrue var duplicate: Bool
    @IfTrue var truncated: Bool
    @IfTrue var late: Bool
    @IfTrue var corrupted: Bool
    @IfTrue var otherSource: Bool
    @Inlined var details: Details?

    /// Members that only few replies have.
    struct Details: Encodable {
        var wrongDataOffset: Int?
        var recordRoute: [IPv4Address]?
        var timestamps: [RouteTimestamp]?
        @Inlined var answer: InformationRow?
    }

    /// An entry of the timestamp option (RFC 791, section 3.1).
    struct RouteTimestamp: Encodable {
        var addr: IPv4Address?
        var timestamp: UInt32
    }

    init(_ reply: PingReply, target: String) {
        self.target = target
        addr = reply.source
        seq = reply.sequence
        bytes = reply.byteCount
        ttl = reply.hopLimit
        rttMs = reply.roundTrip
        duplicate = reply.flags.contains(.duplicate)
        truncated = reply.flags.contains(.truncated)
        late = reply.flags.contains(.late)
        corrupted = reply.flags.contains(.corrupted)
        otherSource = reply.flags.contains(.otherSource)
        details = reply.details.map(Details.init)
    }
}

extension PingReplyRow.Details {
    init(_ details: ReplyDetails) {
        wrongDataOffset = details.wrongData?.offset
        answer = details.answer.map(InformationRow.init)
        for option in details.options?.list ?? [] {
            switch option {
            case .recordRoute(let route): recordRoute = Array(route.used)
            case .timestamp(let data): timestamps = data.used.map { .init(addr: $0.address, timestamp: $0.timestamp) }
            default: break
            }
        }
    }
}

/// The contents of replies to other queries than echo.
struct InformationRow: Encodable {
    // Times of day in milliseconds since midnight UT (RFC 792), not intervals.
    var originateTimestamp: UInt32?
    var receiveTimestamp: UInt32?
    var transmitTimestamp: UInt32?
    var mask: IPv4Address?
    /// The lifetime of the routers, in seconds.
    var lifetimeS: UInt16?
    var routers: [Router]?
    var hopLimit: UInt8?
    var prefixes: [String]?

    struct Router: Encodable {
        var addr: IPv4Address
        var preference: Int32
    }

    init(_ answer: InformationAnswer) {
        switch answer {
        case .timestamp(let originate, let receive, let transmit):
            originateTimestamp = originate
            receiveTimestamp = receive
            transmitTimestamp = transmit
        case .addressMask(let mask): self.mask = mask
        case .routers(let lifetime, let routers):
            lifetimeS = lifetime
            self.routers = routers.map { Router(addr: $0.address, preference: $0.preference) }
        case .ipv6Router(let advertisement, let options):
            lifetimeS = advertisement.routerLifetime
            hopLimit = advertisement.currentHopLimit
            prefixes = options.compactMap { option in
                guard case .prefixInformation(let length, _, _, _, _, let prefix) = option else { return nil }
                return "\(prefix)/\(length)"
            }
        }
    }
}

/// A probe without a reply.
struct PingProbeRow: JSONRow {
    var target: String
    var addr: IPAddress
    var seq: UInt16
}

/// A probe that this host could not send.
struct PingSendErrorRow: JSONRow {
    @Inlined var probe: PingProbeRow
    var message: String
    /// The MTU in bytes, if the packet was too long.
    var mtu: Int?
    /// The interface that rejected the probe, null if unknown; left out if the packet was too long.
    var interface: Null<String>?

    init(_ probe: PingProbeRow, _ failure: TransmissionFailure, interface: String?) {
        self.probe = probe
        message = failure.pingMessage
        if case .messageTooLong(let mtu) = failure {
            self.mtu = mtu > 0 ? mtu : nil
        } else {
            self.interface = Null(wrappedValue: interface)
        }
    }
}

/// An ICMP error about a probe.
struct PingErrorRow: JSONRow {
    var target: String
    var from: IPAddress
    var seq: UInt16
    var icmpType: UInt8
    var icmpCode: UInt8
    var message: String
    var mtu: Int?

    init(_ notice: PingErrorNotice, target: String) {
        self.target = target
        from = notice.source
        seq = notice.sequence
        icmpType = notice.type
        icmpCode = notice.code
        message = notice.meaning
        mtu = notice.mtu
    }
}

/// The parts of the first round-trip time.
struct PingSplitRow: JSONRow {
    @Inlined var probe: PingProbeRow
    var neighborResolutionMs: Nanoseconds?
    var queueMs: Nanoseconds
    var networkMs: Nanoseconds
}

/// The statistics of an interval.
struct PingReportRow: JSONRow {
    var target: String
    var addr: IPAddress
    var interval: Tally
    var total: Tally

    struct Tally: Encodable {
        var transmitted: Int
        var received: Int
        var outageMs: Nanoseconds
        @Null var rtt: RoundTripRow?

        init(_ tally: PingReport.PingTally) {
            transmitted = tally.transmitted
            received = tally.received
            outageMs = tally.outage
            rtt = RoundTripRow(tally.roundTrips)
        }
    }
}

/// The summary of a run.
struct PingSummaryRow: JSONRow {
    var target: String
    var addr: IPAddress
    var transmitted: Int
    var received: Int
    var duplicates: Int
    var errors: Int
    var unsent: Int
    var lossPercent: Percentage
    var elapsedMs: Nanoseconds
    @Null var rtt: RoundTripRow?
    @Null var percentiles: PercentileRow?
    var jitterMs: Nanoseconds
    var answered: Int
    var late: Int
    var lost: Int
    var failed: Int
    var corrupted: Int
    var outageMs: Nanoseconds
    @Inlined var fragments: Fragments?
    @Inlined var drops: DropsRow

    struct Fragments: Encodable {
        var fragments: Int
        var fragmentBytes: Int
        var fragmentOrder: String
        var fragmentVerdict: String

        init(_ plan: PingFragmentPlan, count: Int, _ summary: PingSummary) {
            fragments = count
            fragmentBytes = plan.size
            fragmentOrder = plan.order.rawValue
            fragmentVerdict = FragmentVerdict(plan, summary).rawValue
        }
    }

    init(_ summary: PingSummary, _ facts: PingFacts, target: String, drops: KernelDrops) {
        self.target = target
        addr = facts.address
        transmitted = summary.transmitted
        received = summary.received
        duplicates = summary.duplicates
        errors = summary.errors
        unsent = summary.refusedBySystem
        lossPercent = Percentage(summary.missing, of: summary.transmitted)
        elapsedMs = summary.elapsed
        rtt = RoundTripRow(summary.roundTrips)
        percentiles = PercentileRow(summary.roundTrips)
        jitterMs = summary.roundTrips.jitter
        answered = summary.answered
        late = summary.late
        lost = summary.lost
        failed = summary.failed
        corrupted = summary.corrupted
        outageMs = summary.outage
        fragments = facts.fragments.map { Fragments($0, count: facts.format.fragmentCount ?? 1, summary) }
        self.drops = DropsRow(drops)
    }
}
