import PacketEngine
import WireFormat

/// A TCP connection: the transmission control block and the processing of RFC 9293.
///
/// It has no addresses and reads no clock. `receive` processes segments, `next` returns segments to send until it
/// returns nil, and `advance` is to be called at `deadline`.
struct TCPConnection: Sendable {
    /// The state of loss recovery.
    enum Recovery: Hashable, Sendable {
        case none
        /// Fast recovery: lost data is retransmitted until everything before `until` is acknowledged (RFC 6675).
        case fast(until: SequenceNumber)
        /// Recovery after a timeout: everything before `until` that was not reported counts as lost.
        case loss(until: SequenceNumber)
    }

    let configuration: TCPConfiguration
    var state: TCPState
    var pendingEvents: TCPEvents = []
    var failure: TCPFailure?
    /// Whether the peer sent the first SYN.
    let isPassive: Bool

    // MARK: What is sent (RFC 9293, section 3.3.1)

    let initialSend: SequenceNumber
    var sendUnacknowledged: SequenceNumber
    /// The next sequence number to send (SND.NXT).
    var sendNext: SequenceNumber
    var sendWindow = 0
    var largestSendWindow = 0
    var windowUpdateSequence = SequenceNumber(0)
    var windowUpdateAcknowledgment = SequenceNumber(0)
    var sendScale: UInt8 = 0
    /// The maximum data length of a sent segment, without options, in bytes.
    var segmentSize: Int
    var outgoing: ByteRing
    var isSynAcknowledged = false
    /// Whether the user has closed the sending direction: a FIN follows the data.
    var isSendingEnded = false
    var isFinSent = false
    var wantsRoom = false

    // MARK: What is received

    var initialReceive = SequenceNumber(0)
    var receiveNext = SequenceNumber(0)
    /// The right edge of the window that was advertised to the peer.
    var receiveEdge = SequenceNumber(0)
    var receiveScale: UInt8 = 0
    var incoming: ByteRing
    var beyond = ReceivedRanges()
    var finAt: SequenceNumber?
    /// Whether received data is discarded because the user has detached.
    var discards = false

    // MARK: Options

    var usesTimestamps: Bool
    var usesSelective: Bool
    let timestampOffset: UInt32
    var recentTimestamp: UInt32 = 0
    var lastAcknowledgmentSent = SequenceNumber(0)

    // MARK: Loss and time

    var roundTrip = RoundTripEstimator()
    var congestion: CubicCongestionControl
    var scoreboard = Scoreboard()
    var recovery = Recovery.none
    /// During recovery, the next number to consider for retransmission.
    var retransmitNext: SequenceNumber
    var timed: (number: SequenceNumber, at: Instant)?
    var retransmitAt: Instant?
    var acknowledgeAt: Instant?
    /// The end of TIME-WAIT, or of FIN-WAIT-2 if the user has detached.
    var forgetAt: Instant?
    var keepAliveAt: Instant?
    var keepAliveCount = 0
    var lastHeard: Instant
    var lastSent: Instant
    /// The time since which an acknowledgment is outstanding.
    var waitingSince: Instant?

    // MARK: What is to be sent

    var needsSyn: Bool
    var needsAcknowledgment = false
    var needsProbe = false
    var needsKeepAlive = false
    var reset: SequenceNumber?
    var bytesSinceAcknowledgment = 0
    /// Whether retransmissions fail, so that the next hop should be resolved again (RFC 1122, section 3.3.1.4).
    var suspectsNextHop = false

    /// Creates a connection that sends a SYN or answers one.
    init(
        _ configuration: TCPConfiguration, initial: SequenceNumber, timestampOffset: UInt32, answering isPassive: Bool,
        at now: Instant
    ) {
        self.configuration = configuration
        self.isPassive = isPassive
        state = isPassive ? .synReceived : .synSent
        initialSend = initial
        sendUnacknowledged = initial
        sendNext = initial + 1
        retransmitNext = initial
        segmentSize = min(configuration.maximumSegmentSize, 536)
        outgoing = ByteRing(limit: configuration.sendLimit)
        incoming = ByteRing(limit: configuration.receiveLimit)
        usesTimestamps = configuration.usesTimestamps
        usesSelective = configuration.usesSelectiveAcknowledgment
        self.timestampOffset = timestampOffset
        congestion = CubicCongestionControl(segment: segmentSize)
        lastHeard = now
        lastSent = now
        waitingSince = now
        needsSyn = true
        receiveScale = configuration.usesWindowScale ? configuration.windowScale : 0
    }

    /// Creates a connection whose handshake used a SYN cookie, after the peer's ACK has verified it.
    init(
        _ configuration: TCPConfiguration, initial: SequenceNumber, timestampOffset: UInt32,
        peerInitial: SequenceNumber, maximumSegmentSize: Int, at now: Instant
    ) {
        self.init(configuration, initial: initial, timestampOffset: timestampOffset, answering: true, at: now)
        needsSyn = false
        initialReceive = peerInitial
        receiveNext = peerInitial + 1
        receiveEdge = receiveNext + min(configuration.receiveLimit, Int(UInt16.max))
        // The cookie does not encode options.
        usesTimestamps = false
        usesSelective = false
        receiveScale = 0
        lastAcknowledgmentSent = receiveNext
        setSegmentSize(maximumSegmentSize)
    }

    /// Applies the options of the peer's SYN.
    mutating func accept(_ segment: ReceivedTCPHeader) {
        initialReceive = segment.sequence
        receiveNext = segment.sequence + 1
        receiveEdge = receiveNext
        finAt = nil
        usesTimestamps = usesTimestamps && segment.timestamp != nil
        usesSelective = usesSelective && segment.permitsSelectiveAcknowledgment
        if let timestamp = segment.timestamp { recentTimestamp = timestamp.value }
        if configuration.usesWindowScale, let scale = segment.windowScale {
            sendScale = min(scale, TCPOption.maximumWindowScale)
        } else {
            receiveScale = 0
        }
        setSegmentSize(Int(segment.maximumSegmentSize ?? 536))
        // The window in a SYN is never scaled (RFC 7323, section 2.2).
        sendWindow = Int(segment.window)
        largestSendWindow = sendWindow
        windowUpdateSequence = segment.sequence
        windowUpdateAcknowledgment = segment.acknowledgment
    }

    /// - Parameter size: the size that the peer or the path allows, without options, in bytes.
    mutating func setSegmentSize(_ size: Int) {
        let options = usesTimestamps ? Self.timestampsLength : 0
        segmentSize = max(min(size, configuration.maximumSegmentSize), 48) - options
        congestion = CubicCongestionControl(segment: segmentSize)
    }

    /// Reduces the segment size because the path MTU is smaller than assumed (RFC 1191, section 6.4; RFC 8201).
    mutating func shrinkSegments(to size: Int, at now: Instant) {
        let options = usesTimestamps ? Self.timestampsLength : 0
        let wanted = max(size, 48) - options
        guard wanted < segmentSize else { return }
        segmentSize = wanted
        guard sendNext > sendUnacknowledged, state.maySend else { return }
        // Outstanding segments are too long for the path: they are retransmitted in smaller ones.
        recovery = .loss(until: sendNext)
        retransmitNext = sendUnacknowledged
        timed = nil
    }

    static let timestampsLength = 12

    // MARK: Numbers

    /// The sequence number of the first unacknowledged byte.
    var dataStart: SequenceNumber { isSynAcknowledged ? sendUnacknowledged : initialSend + 1 }
    /// The sequence number after the last byte, which is the number of the FIN.
    var dataEnd: SequenceNumber { dataStart + outgoing.count }
    var outstanding: Int { sendNext - sendUnacknowledged }
    /// The number of bytes not yet sent.
    var unsent: Int { isFinSent ? 0 : max(dataEnd - sendNext, 0) }
    var hasUnsent: Bool { unsent > 0 || isSendingEnded && !isFinSent }

    func timestamp(at now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ timestampOffset
    }

    // MARK: User calls

    /// Appends the bytes that fit to the send buffer; returns their number.
    mutating func send(_ bytes: RawSpan) -> Int {
        guard !isSendingEnded, state != .closed, state != .timeWait else { return 0 }
        let taken = outgoing.append(bytes)
        if taken < bytes.byteCount || outgoing.room == 0 { wantsRoom = true }
        return taken
    }

    /// Calls `body` with received bytes; the bytes that it takes are removed from the receive buffer.
    mutating func read(_ body: (RawSpan) -> Int) {
        incoming.withFirst(body)
        // Window updates are sent only if they are large enough to avoid SWS (RFC 9293, section 3.8.6.2.2).
        let growth = (receiveNext + incoming.room) - receiveEdge
        if state.mayReceive, growth >= min(2 * segmentSize, incoming.limit / 2) { needsAcknowledgment = true }
    }

    /// Closes the sending direction.
    mutating func endSending(at now: Instant) {
        guard !isSendingEnded else { return }
        isSendingEnded = true
        switch state {
        case .established: state = .finWait1
        case .closeWait: state = .lastAcknowledgment
        case .synSent: close()
        default: break
        }
    }

    /// Closes the sending direction and discards received data.
    mutating func leave(at now: Instant) {
        discards = true
        while incoming.count > 0 { read { $0.byteCount } }
        endSending(at: now)
        if state == .finWait2, forgetAt == nil { forgetAt = now + configuration.timeWait }
    }

    /// Resets the connection.
    mutating func abort() {
        if state.isSynchronized && state != .timeWait || state == .synReceived { reset = sendNext }
        fail(.aborted)
    }

    mutating func fail(_ failure: TCPFailure) {
        guard state != .closed else { return }
        self.failure = failure
        close()
    }

    mutating func close() {
        state = .closed
        pendingEvents.insert(.closed)
        retransmitAt = nil
        acknowledgeAt = nil
        forgetAt = nil
        keepAliveAt = nil
        needsAcknowledgment = false
        needsSyn = false
        needsProbe = false
        outgoing.release()
    }
}
