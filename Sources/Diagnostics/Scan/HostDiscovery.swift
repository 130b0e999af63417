import PacketEngine
import WireFormat

/// The questions by which a scan finds out, before it scans their ports, which targets reply at all.
///
/// As nmap does, each target is asked an ICMP echo, a SYN to port 443 and an ACK to port 80: a firewall that drops one of
/// them often lets another pass. Neighbors have replied to ARP or neighbor discovery and are not asked.
struct HostDiscovery: Sendable {
    enum Question: Sendable {
        case echo
        case syn(UInt16)
        case ack(UInt16)

        var kind: PacketTemplate.Kind {
            switch self {
            case .echo: .echo
            case .syn: .syn
            case .ack: .ack
            }
        }

        /// 0 for an echo.
        var port: UInt16 {
            switch self {
            case .echo: 0
            case .syn(let port), .ack(let port): port
            }
        }
    }

    /// How often a target is asked, and the wait for replies after each time.
    private static let tries = 2
    private static let wait = Nanoseconds.seconds(1)

    let questions: [Question]
    /// The source port of SYNs and ACKs.
    let sourcePort: UInt16
    /// The templates, by question and route.
    let templates: [[PacketTemplate]]
    private let count: Int
    private let order: KeyedPermutation
    private let longest: Nanoseconds
    private var replied: ScanMarks
    /// The number of targets that have not replied.
    private(set) var silentCount: Int
    private var next = 0
    private var question = 0
    private var round = 0
    /// The end of the wait after a round.
    private var roundEnd: Instant?
    private(set) var isOver = false

    init(_ configuration: ScanConfiguration, sourcePort: UInt16) {
        // The kernel's connections are only of SYNs.
        questions = configuration.connects ? [.syn(443), .syn(80)] : [.echo, .syn(443), .ack(80)]
        self.sourcePort = sourcePort
        count = configuration.targets.count
        order = KeyedPermutation(count: UInt64(count), seed: configuration.seed &+ 1)
        longest = min(configuration.wait ?? Self.wait, Self.wait)
        replied = ScanMarks(0..<UInt64(count))
        silentCount = count
        templates = questions.map { PacketTemplate.templates($0.kind, for: configuration) }
        for route in configuration.routes {
            // Neighbors have replied, and so does this host.
            let isKnown =
                switch route.nextHop {
                case .targets: true
                case .station: false
                case .unaddressed: route.link.framing == .routed
                }
            guard isKnown else { continue }
            for host in route.targets { note(host) }
        }
    }

    /// Notes that a target replied.
    mutating func note(_ host: Int) {
        guard !replied.contains(UInt64(host)) else { return }
        replied.insert(UInt64(host))
        silentCount -= 1
        if silentCount == 0 { isOver = true }
    }

    /// Whether a target has not replied.
    func isSilent(_ host: Int) -> Bool { !replied.contains(UInt64(host)) }

    /// The share of the questions that were asked, 0 to 1.
    var progress: Double { (Double(round) + Double(next) / Double(max(count, 1))) / Double(Self.tries) }

    /// The next target to ask, and the index of the question; nil at the end of a round.
    mutating func current() -> (host: Int, question: Int)? {
        while next < count {
            let host = Int(truncatingIfNeeded: order[UInt64(next)])
            if isSilent(host) { return (host, question) }
            (next, question) = (next + 1, 0)
        }
        return nil
    }

    /// Notes that the current question was asked.
    mutating func advance() {
        question += 1
        if question == questions.count { (next, question) = (next + 1, 0) }
    }

    /// Ends a round when its packets were sent.
    /// - Returns: the time until which to wait for replies; nil to go on now.
    mutating func endRound(at now: Instant) -> Instant? {
        let end = roundEnd ?? now + longest
        roundEnd = end
        guard end <= now else { return end }
        roundEnd = nil
        round += 1
        (next, question) = (0, 0)
        if round == Self.tries { isOver = true }
        return nil
    }
}

extension ScanEngine {
    /// Asks targets whether they are there.
    /// - Returns: the time at which to continue; nil when the scan may begin.
    mutating func ask(into batch: inout PacketBatch, at now: Instant) -> Instant? {
        guard var discovery, !discovery.isOver else { return nil }
        self.discovery = nil
        defer { self.discovery = discovery }
        var allowance = governor.allowance(at: now, sent: result.sent)
        while !discovery.isOver {
            guard let (host, question) = discovery.current() else {
                // The wait for replies starts when the last packet was sent.
                guard batch.isEmpty else { return now }
                if let due = discovery.endRound(at: now) { return due }
                continue
            }
            guard allowance > 0 else { return governor.nextDue(at: now) }
            guard append(discovery, question, to: host, &batch) else { return now }
            discovery.advance()
            allowance -= 1
            governor.spend()
        }
        guard batch.isEmpty else { return now }
        result.silent += discovery.silentCount
        skipsSome = skipsSome || discovery.silentCount > 0
        if discovery.silentCount > 0 {
            for host in 0..<configuration.targets.count where discovery.isSilent(host) { respondents?.insert(host) }
        }
        return nil
    }

    private func append(_ discovery: HostDiscovery, _ number: Int, to host: Int, _ batch: inout PacketBatch) -> Bool {
        let address = configuration.targets[host].withoutScope
        let route = routeIndex(of: host)
        let question = discovery.questions[number]
        let template = discovery.templates[number][route]
        let sourcePort = question.port == 0 ? 0 : discovery.sourcePort
        let sequence = cookie.sequence(
            source: template.source, sourcePort: sourcePort, destination: address, destinationPort: question.port)
        return template.append(
            to: &batch, token: Self.sourceToken, target: address, mac: nil, sourcePort: sourcePort, port: question.port,
            sequence: sequence)
    }

    /// Handles a segment to the source port of the questions.
    mutating func receiveReply(_ bytes: RawSpan, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket) {
        let (source, interface) = (ends.destination, packet.interfaceIndex)
        let target = ends.source.scoped(to: interface) ?? ends.source
        guard let segment = ends.segment(bytes, in: packet), let discovery,
            let host = configuration.targets.index(of: target)
        else { return refuse() }
        let port = segment.sourcePort
        let sequence = cookie.sequence(
            source: source, sourcePort: discovery.sourcePort, destination: target.withoutScope, destinationPort: port)
        let flags = segment.flags
        for question in discovery.questions where question.port == port {
            let isReply =
                switch question {
                case .echo: false
                case .syn:
                    flags.contains(.ack) && (flags.contains(.syn) || flags.contains(.rst))
                        && segment.acknowledgmentNumber == sequence &+ 1
                case .ack: flags.contains(.rst) && segment.sequenceNumber == sequence
                }
            guard isReply else { continue }
            result.received += 1
            self.discovery?.note(host)
            guard flags.contains(.syn) else { return }
            resets.add(
                target: target.withoutScope, port: port, from: source, sourcePort: discovery.sourcePort,
                sequence: segment.acknowledgmentNumber, mac: ends.mac, interface: interface)
            return
        }
        refuse()
    }

    /// Handles an echo reply.
    /// - Parameter number: its identifier and sequence number.
    mutating func receiveEchoReply(_ number: UInt32, from target: IPAddress, to source: IPAddress) {
        guard discovery != nil, let host = configuration.targets.index(of: target),
            number
                == cookie.sequence(
                    source: source, sourcePort: 0, destination: target.withoutScope, destinationPort: 0)
        else { return refuse() }
        result.received += 1
        discovery?.note(host)
    }

    /// Handles an ICMP error about a question: one of the target itself shows that it is there.
    mutating func receiveError(about quote: borrowing DatagramView, from sender: IPAddress, interface: UInt32) {
        let target = quote.destination.scoped(to: interface) ?? quote.destination
        guard let discovery, let sourcePort = quote.sourcePort, sourcePort == discovery.sourcePort,
            let port = quote.destinationPort, sender == quote.destination,
            let host = configuration.targets.index(of: target),
            quote.sequenceNumber
                == cookie.sequence(
                    source: quote.source, sourcePort: sourcePort, destination: quote.destination, destinationPort: port)
        else { return }
        self.discovery?.note(host)
    }
}
