import PacketEngine
import WireFormat

/// Makes the probes to one target and knows their answers: what every way of tracing stands on.
///
/// A strategy says which packet is to go next and what it knows it by, its tag,
/// and is told of each answer with the tag of the probe.
struct TraceProber: Sendable {
    /// The first answer to a probe.
    struct Arrival: Sendable {
        var tag: Int
        var packet: TracePacket
        var answer: TraceAnswer
        /// A router refused the packet, and a new one in smaller fragments may pass it: the probe is to be sent again.
        var mustBeRepeated = false
    }

    private(set) var format: TraceFormat
    /// The upper half of all tokens, by which an engine of several targets tells them apart.
    private let tokenBase: UInt64
    private var probes: TraceProbes
    private(set) var sent = 0
    private(set) var received = 0
    /// Probes that this host could not send, and why it could not send the first of them.
    private(set) var unsent = 0
    private(set) var firstFailure: TransmissionFailure?
    /// What is wrong with the link that probes leave by, while it does not work.
    private(set) var linkFailure: TransmissionFailure?

    /// - Parameter remembered: probes that an answer may still be about; nil for as many as there are marks for.
    init(_ configuration: TracerouteConfiguration, target: Int = 0, remembering remembered: Int? = nil) {
        probes = remembered.map { TraceProbes(limit: $0) } ?? TraceProbes()
        format = TraceFormat(configuration)
        tokenBase = UInt64(truncatingIfNeeded: target) << 32
    }

    /// Probes that are remembered now.
    var rememberedCount: Int { probes.rememberedCount }

    var usualLength: Int { format.usualLength }

    /// The MTU that a probe of the usual length exceeds although it must not be fragmented; nil when it can be sent.
    var refusingMTU: Int? {
        let configuration = format.configuration
        return configuration.dontFragment && format.exceedsLink(usualLength) ? configuration.unfragmentedLength : nil
    }

    /// The packets that one probe may need.
    var packetsPerProbe: Int { format.packetsPerProbe }

    /// The target whose prober made this token.
    static func target(of token: UInt64) -> Int { Int(token >> 32) }

    /// Set in the tokens of a probe's later fragments: routers answer the first one, so its time is the probe's.
    private static let fragmentFlag: UInt64 = 1 << 31

    private static func number(of token: UInt64) -> Int { Int(token & 0x7FFF_FFFF) }

    // MARK: Sending

    /// Appends a probe to the batch; false when that is full.
    mutating func append(
        _ packet: TracePacket, tag: Int, to batch: inout PacketBatch, at now: Instant
    ) -> Bool {
        let number = probes.count
        let token = tokenBase | UInt64(number) & (Self.fragmentFlag - 1)
        if !format.configuration.dontFragment, format.exceedsLink(packet.length),
            let fragments = format.fragments(number, packet)
        {
            guard batch.room >= fragments.count else { return false }
            for (index, bytes) in fragments.enumerated() {
                batch.append(
                    length: bytes.count, destination: format.nextAddress,
                    token: index == 0 ? token : token | Self.fragmentFlag
                ) { slot, start in slot.copy(bytes, at: start) }
            }
        } else {
            guard format.append(number, packet, token: token, to: &batch) else { return false }
        }
        probes.append(packet, tag: tag, unfragmentedLength: format.unfragmentedLength, at: now)
        return true
    }

    /// A probe left.
    /// - Returns: its tag.
    mutating func transmitted(_ token: UInt64, at instant: Instant) -> Int? {
        let number = Self.number(of: token)
        guard token & Self.fragmentFlag == 0, let probe = probes[number] else { return nil }
        probes.setSent(number, at: instant)
        if let linkFailure {
            probes.setLost(number)
            unsent += 1
            firstFailure = firstFailure ?? linkFailure
        } else {
            sent += 1
        }
        return probe.tag
    }

    /// A probe could not be sent.
    /// - Returns: its tag.
    mutating func failed(_ token: UInt64, _ failure: TransmissionFailure) -> Int? {
        // What the path does not take whole is no failure of this host.
        if case .messageTooLong = failure {
        } else if token & Self.fragmentFlag == 0 {
            unsent += 1
            firstFailure = firstFailure ?? failure
        }
        return probes[Self.number(of: token)]?.tag
    }

    /// The link that probes leave by does not work, or with nil works again. What is sent in between is lost there.
    /// - Parameter isWaited: whether the probe of a tag is waited for: it may be lost there too.
    /// - Returns: the tags of the probes under way that count as not sent from now on.
    mutating func setLink(_ failure: TransmissionFailure?, isWaited: (_ tag: Int) -> Bool) -> [Int] {
        linkFailure = failure
        guard let failure else { return [] }
        let lost = probes.loseAll(isWaited)
        guard !lost.isEmpty else { return [] }
        sent -= lost.count
        unsent += lost.count
        firstFailure = firstFailure ?? failure
        return lost
    }

    // MARK: Receiving

    /// What a packet says of a probe that had no answer yet.
    mutating func arrived(_ packet: borrowing ReceivedPacket) -> Arrival? {
        if let segment = ReceivedSegment(packet) { return arrived(segment, at: packet.arrival) }
        guard let message = try? ReceivedMessage(packet), message.checksum != .incorrect else { return nil }
        return arrived(message, at: packet.arrival)
    }

    private mutating func arrived(_ message: borrowing ReceivedMessage, at instant: Instant) -> Arrival? {
        guard let match = format.match(message, among: probes) else { return nil }
        guard let probe = first(match, at: instant) else { return nil }
        let answer = TraceAnswer(
            message, instant - probe.sentAt, destination: format.configuration.destination,
            isTranslated: match.isTranslated)
        guard let mtu = answer.packetTooBigMTU else {
            return Arrival(tag: probe.tag, packet: probe.packet, answer: answer)
        }
        // Of several probes under way one brings the MTU first; the others were just as long.
        let mustBeRepeated =
            format.adopt(mtu)
            || probe.unfragmentedLength != format.unfragmentedLength && mtu == format.unfragmentedLength
        return Arrival(tag: probe.tag, packet: probe.packet, answer: answer, mustBeRepeated: mustBeRepeated)
    }

    private mutating func arrived(_ segment: borrowing ReceivedSegment, at instant: Instant) -> Arrival? {
        guard let match = format.match(segment, among: probes) else { return nil }
        guard let probe = first(match, at: instant) else { return nil }
        return Arrival(tag: probe.tag, packet: probe.packet, answer: TraceAnswer(segment, instant - probe.sentAt))
    }

    /// The probe, when this is the first that is heard of it.
    private mutating func first(_ match: TraceFormat.Match, at instant: Instant) -> TraceProbes.Probe? {
        guard let probe = probes[match.number], !probe.isAnswered, instant >= probe.sentAt else { return nil }
        probes.setAnswered(match.number)
        received += 1
        if probe.isLost {
            // It had passed the link before that failed.
            sent += 1
            unsent -= 1
        }
        return probe
    }
}
