import PacketEngine
import WireFormat

/// Sends the probes to one target and matches their replies, for every tracing engine.
///
/// An engine decides which packet is next and gives it a tag; each reply is returned with the tag of its probe.
struct TraceProber: Sendable {
    /// The first reply to a probe.
    struct Arrival: Sendable {
        var tag: Int
        var packet: TracePacket
        var answer: TraceAnswer
        /// A router rejected the packet, and smaller fragments may get through: the probe must be sent again.
        var mustBeRepeated = false
    }

    private(set) var format: TraceFormat
    /// The upper half of all tokens, which identifies the target in an engine of several.
    private let tokenBase: UInt64
    private var probes: TraceProbes
    private(set) var sent = 0
    private(set) var received = 0
    /// The number of probes that this host could not send, and the reason for the first.
    private(set) var unsent = 0
    private(set) var firstFailure: TransmissionFailure?
    /// The problem of the link that probes leave by, while it is down.
    private(set) var linkFailure: TransmissionFailure?

    /// - Parameter remembered: the number of probes that a reply may refer to; nil for the number of marks.
    init(_ configuration: TracerouteConfiguration, target: Int = 0, remembering remembered: Int? = nil) {
        probes = remembered.map { TraceProbes(limit: $0) } ?? TraceProbes()
        format = TraceFormat(configuration)
        tokenBase = UInt64(truncatingIfNeeded: target) << 32
    }

    /// The number of probes kept now.
    var rememberedCount: Int { probes.rememberedCount }

    /// The mark of the next probe.
    var nextMark: UInt16 { format.mark(probes.count) }

    var usualLength: Int { format.usualLength }

    /// The MTU in bytes that a probe of the default length exceeds although it must not be fragmented; nil if the probe
    /// can be sent.
    var refusingMTU: Int? {
        let configuration = format.configuration
        return configuration.dontFragment && format.exceedsLink(usualLength) ? configuration.unfragmentedLength : nil
    }

    /// The maximum number of packets per probe.
    var packetsPerProbe: Int { format.packetsPerProbe }

    /// Returns the index of the target whose prober created this token.
    static func target(of token: UInt64) -> Int { Int(token >> 32) }

    /// A flag in the tokens of later fragments: routers reply to the first fragment, so its send time is the probe's.
    private static let fragmentFlag: UInt64 = 1 << 31

    private static func number(of token: UInt64) -> Int { Int(token & 0x7FFF_FFFF) }

    // MARK: Sending

    /// Appends a probe to the batch. Returns false if the batch is full.
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

    /// Notes that a probe was sent.
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

    /// Notes that a probe could not be sent.
    /// - Returns: its tag.
    mutating func failed(_ token: UInt64, _ failure: TransmissionFailure) -> Int? {
        // A packet that exceeds the path MTU is not a failure of this host.
        if case .messageTooLong = failure {
        } else if token & Self.fragmentFlag == 0 {
            unsent += 1
            firstFailure = firstFailure ?? failure
        }
        return probes[Self.number(of: token)]?.tag
    }

    /// Notes that the link that probes leave by is down, or with nil that it is up again. Probes sent in between are
    /// lost on this host.
    /// - Parameter isWaited: whether the probe of a tag is waited for; it may be lost too.
    /// - Returns: the tags of the probes in flight that count as not sent from now on.
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

    /// Returns the effect of a received packet on a probe that had no reply yet.
    mutating func received(_ packet: borrowing ReceivedPacket) -> Arrival? {
        if let segment = ReceivedSegment(packet) { return received(segment, at: packet.arrival) }
        guard let message = try? ReceivedMessage(packet), message.checksum != .incorrect else { return nil }
        return received(message, at: packet.arrival)
    }

    private mutating func received(_ message: borrowing ReceivedMessage, at instant: Instant) -> Arrival? {
        guard let match = format.match(message, among: probes) else { return nil }
        guard let probe = first(match, at: instant) else { return nil }
        let answer = TraceAnswer(
            message, instant - probe.sentAt, destination: format.configuration.destination,
            isTranslated: match.isTranslated)
        guard let mtu = answer.packetTooBigMTU else {
            return Arrival(tag: probe.tag, packet: probe.packet, answer: answer)
        }
        // Several probes in flight may report the MTU; the first does, and the others were as long.
        let mustBeRepeated =
            format.adopt(mtu)
            || probe.unfragmentedLength != format.unfragmentedLength && mtu == format.unfragmentedLength
        return Arrival(tag: probe.tag, packet: probe.packet, answer: answer, mustBeRepeated: mustBeRepeated)
    }

    private mutating func received(_ segment: borrowing ReceivedSegment, at instant: Instant) -> Arrival? {
        guard let match = format.match(segment, among: probes) else { return nil }
        guard let probe = first(match, at: instant) else { return nil }
        return Arrival(tag: probe.tag, packet: probe.packet, answer: TraceAnswer(segment, instant - probe.sentAt))
    }

    /// Returns the probe if this is the first reply to it.
    private mutating func first(_ match: TraceFormat.Match, at instant: Instant) -> TraceProbes.Probe? {
        guard let probe = probes[match.number], !probe.isAnswered, instant >= probe.sentAt else { return nil }
        probes.setAnswered(match.number)
        received += 1
        if probe.isLost {
            // It had left this host before the link failed.
            sent += 1
            unsent -= 1
        }
        return probe
    }
}
