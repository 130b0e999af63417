import SwiftNet

/// A hop of a trace, or of all paths.
struct TraceHopRow: JSONRow {
    var ttl: Int
    var probes: [TraceProbeRow]
    /// The path MTU to the hop, in bytes.
    var mtu: Int?
}

/// The result of a probe.
struct TraceProbeRow: Encodable {
    @IfTrue var timeout = false
    /// The reason why the probe could not be sent.
    var failed: String?
    var mtu: Int?
    @Inlined var answer: Answer?
    var annotation: String?
    /// The number of flows through this router.
    var flows: Int?

    struct Answer: Encodable {
        var addr: IPAddress
        /// The interface of a link-local address.
        var zone: String?
        @Null var name: String?
        /// The autonomous systems of the address.
        var origins: [String]?
        var rttMs: Nanoseconds
        var icmpType: UInt8?
        var icmpCode: UInt8?
        var tcpFlags: [String]?
        var replyTtl: UInt8?
        /// The number of return hops, estimated from the time to live of the reply.
        var hopsBack: Int?
        var mpls: [LabelRow]?
        var interfaces: [InterfaceRow]?
    }

    /// A label of an MPLS stack (RFC 4950).
    struct LabelRow: Encodable {
        var label: UInt32
        var tc: UInt8
        var bottom: Bool
        var ttl: UInt8
    }

    /// The interface information of a router (RFC 5837).
    struct InterfaceRow: Encodable {
        var role: String
        var index: UInt32?
        var addr: IPAddress?
        var name: String?
        var mtu: UInt32?
    }

    init(_ probe: TraceProbe, _ names: TracerouteNames) {
        switch probe {
        case .timeout: timeout = true
        case .failed(let failure):
            failed = failure.description
            guard case .messageTooLong(let mtu) = failure else { return }
            self.mtu = mtu
            annotation = TraceAnswer.fragmentationNeeded(mtu: mtu)
        case .answered(let answer):
            self.answer = Answer(answer, names)
            annotation = answer.annotation
        }
    }
}

extension TraceProbeRow.Answer {
    init(_ answer: TraceAnswer, _ names: TracerouteNames) {
        addr = answer.source
        zone = answer.source.needsZone ? names.zone : nil
        name = names.name(of: answer.source)
        origins = names.origins?.origins(of: answer.source)
        rttMs = answer.roundTrip
        switch answer.kind {
        case .icmp(let type, let code, _): (icmpType, icmpCode) = (type, code)
        case .tcp(let flags): tcpFlags = flags.setNames
        }
        replyTtl = answer.replyTimeToLive
        hopsBack = answer.hopsBack
        if !answer.labels.isEmpty {
            mpls = answer.labels.map {
                .init(label: $0.label, tc: $0.trafficClass, bottom: $0.isBottomOfStack, ttl: $0.timeToLive)
            }
        }
        guard !answer.interfaces.isEmpty else { return }
        interfaces = answer.interfaces.map {
            .init(
                role: $0.role.description, index: $0.index, addr: $0.address,
                name: $0.name.map { String(decoding: $0, as: UTF8.self) }, mtu: $0.mtu)
        }
    }
}

/// Two adjacent interfaces of a path; null for one that does not reply.
struct PathLinkRow: JSONRow {
    var ttl: Int
    @Null var from: IPAddress?
    @Null var to: IPAddress?
}

/// The statistics of a hop over all cycles.
struct CyclesHopRow: JSONRow {
    /// The number of the path, from 1; nil if only one is measured.
    var path: Int?
    var ttl: Int
    @Null var addr: IPAddress?
    /// The interface of a link-local address.
    var zone: String?
    @Null var name: String?
    /// The autonomous systems of the address.
    var origins: [String]?
    var others: [IPAddress]?
    var sent: Int
    var received: Int
    var lossPercent: Percentage
    @Inlined var times: Times?
    /// The path MTU to the hop, in bytes.
    var mtu: Int?
    var annotation: String?

    struct Times: Encodable {
        var lastMs: Nanoseconds
        var avgMs: Nanoseconds
        var bestMs: Nanoseconds
        var worstMs: Nanoseconds
        var stdevMs: Nanoseconds
        var jitterMs: Nanoseconds
    }

    init(_ hop: CyclesHop, path: Int?, _ names: TracerouteNames) {
        self.path = path
        ttl = hop.timeToLive
        let first = hop.addresses.first
        addr = first
        zone = first?.needsZone == true ? names.zone : nil
        name = first.flatMap { names.name(of: $0) }
        origins = first.flatMap { names.origins?.origins(of: $0) }
        if hop.addresses.count > 1 { others = Array(hop.addresses.dropFirst()) }
        sent = hop.sent
        received = hop.received
        lossPercent = Percentage(hop.lost, of: hop.sent)
        mtu = hop.mtu
        annotation = hop.annotation
        guard let last = hop.last else { return }
        let statistics = hop.statistics
        times = Times(
            lastMs: last, avgMs: statistics.average, bestMs: statistics.minimum, worstMs: statistics.maximum,
            stdevMs: statistics.sampleDeviation, jitterMs: statistics.jitter)
    }
}

/// The summary of a trace.
struct TracerouteSummaryRow: JSONRow {
    var target: String
    var addr: IPAddress
    var reached: Bool
    var hops: Int
    var pathMtu: Int
    var elapsedMs: Nanoseconds
    var sent: Int
    var received: Int
    var unsent: Int
    @Inlined var failure: Failure?
    var verdict: [VerdictRow]
    var paths: Int?
    var confidence: Double?

    /// The reason why probes could not be sent.
    struct Failure: Encodable {
        var failure: String
        @Null var interface: String?
    }

    init(_ summary: TracerouteSummary, _ target: TraceTarget) {
        self.target = target.text
        addr = target.destination.address
        reached = summary.isReached
        hops = summary.hops
        pathMtu = summary.pathMTU ?? target.destination.route.mtu
        elapsedMs = summary.elapsed
        sent = summary.sent
        received = summary.received
        unsent = summary.unsent
        if summary.unsent > 0, let first = summary.firstFailure {
            failure = Failure(failure: first.description, interface: target.interface)
        }
        verdict = summary.verdicts.map { VerdictRow($0) }
    }
}

/// A finding about the route, with its evidence.
struct VerdictRow: Encodable {
    var kind: String
    var ttl: Int
    /// The number of the path that it concerns, with --report --paths.
    var path: Int?
    var lastTtl: Int?
    var length: Int?
    var back: Int?
    var size: Int?
    var mtu: Int?
    var lossPercent: Double?
    var addr: IPAddress?

    init(_ verdict: TraceVerdict, path: Int? = nil) {
        self.path = path
        ttl = verdict.timeToLive
        switch verdict {
        case .silentHop: kind = "silent-hop"
        case .balanced(_, let last): (kind, lastTtl) = ("balanced", last)
        case .nat: kind = "nat"
        case .loop(_, let length): (kind, self.length) = ("loop", length)
        case .asymmetric(_, let back): (kind, self.back) = ("asymmetric", back)
        case .mtuBlackHole(_, let size): (kind, self.size) = ("mtu-black-hole", size)
        case .loss(_, let percent): (kind, lossPercent) = ("loss", percent)
        case .rateLimited(_, let percent): (kind, lossPercent) = ("rate-limited", percent)
        case .deadBranch(_, let router): (kind, addr) = ("dead-branch", router)
        case .packetTooLong(_, let mtu): (kind, self.mtu) = ("unreachable", mtu)
        case .unreachable: kind = "unreachable"
        }
    }
}
