import PacketEngine
import WireFormat

/// One end of a connection: the transmission control block and what RFC 9293 does with it.
///
/// It knows neither addresses nor a clock. Segments come in by `receive`, go out by `next` as long as it
/// gives one, and `advance` is to be called when `deadline` has come.
struct TCPConnection: Sendable {
    /// What a loss does to what is sent.
    enum Recovery: Hashable, Sendable {
        case none
        /// Others came through: what is lost is sent again until all up to the point is acknowledged (RFC 6675).
        case fast(until: SequenceNumber)
        /// Time ran out: all up to the point that did not come is lost.
        case loss(until: SequenceNumber)
    }

    let configuration: TCPConfiguration
    var state: TCPState
    var notices: TCPNotices = []
    var failure: TCPFailure?
    /// It began with a SYN of the other side's.
    let isPassive: Bool

    // MARK: What is sent (RFC 9293, section 3.3.1)

    let initialSend: SequenceNumber
    var sendUnacknowledged: SequenceNumber
    /// The first number that was never sent.
    var sendNext: SequenceNumber
    var sendWindow = 0
    var largestSendWindow = 0
    var windowUpdateSequence = SequenceNumber(0)
    var windowUpdateAcknowledgment = SequenceNumber(0)
    var sendScale: UInt8 = 0
    /// Bytes of data in the largest segment that goes out, options taken off.
    var segmentSize: Int
    var outgoing: ByteRing
    var isSynAcknowledged = false
    /// There is nothing more to be sent: a FIN follows the data.
    var isSendingEnded = false
    var isFinSent = false
    var wantsRoom = false

    // MARK: What is received

    var initialReceive = SequenceNumber(0)
    var receiveNext = SequenceNumber(0)
    /// What the other side was told that it may send up to.
    var receiveEdge = SequenceNumber(0)
    var receiveScale: UInt8 = 0
    var incoming: ByteRing
    var beyond = ReceivedRanges()
    var finAt: SequenceNumber?
    /// Nobody reads: what comes is thrown away.
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
    /// In a recovery: everything lost before this has been sent again.
    var retransmitNext: SequenceNumber
    var timed: (number: SequenceNumber, at: Instant)?
    var retransmitAt: Instant?
    var acknowledgeAt: Instant?
    /// The end of TIME-WAIT, or of FIN-WAIT-2 where nobody reads.
    var forgetAt: Instant?
    var keepAliveAt: Instant?
    var keepAliveCount = 0
    var lastHeard: Instant
    var lastSent: Instant
    /// Since when something is waited for.
    var waitingSince: Instant?

    // MARK: What is to be sent

    var needsSyn: Bool
    var needsAcknowledgment = false
    var needsProbe = false
    var needsKeepAlive = false
    var reset: SequenceNumber?
    var bytesSinceAcknowledgment = 0
    /// Nothing comes through: perhaps the next hop is another machine now (RFC 1122, section 3.3.1.4).
    var doubtsWay = false

    /// A connection that begins: with a SYN of ours, or as the answer to one.
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

    /// A connection whose beginning was left to a SYN cookie: the other side's ACK has just shown it.
    init(
        _ configuration: TCPConfiguration, initial: SequenceNumber, timestampOffset: UInt32,
        peerInitial: SequenceNumber, maximumSegmentSize: Int, at now: Instant
    ) {
        self.init(configuration, initial: initial, timestampOffset: timestampOffset, answering: true, at: now)
        needsSyn = false
        initialReceive = peerInitial
        receiveNext = peerInitial + 1
        receiveEdge = receiveNext + min(configuration.receiveLimit, Int(UInt16.max))
        // A cookie has no room for options.
        usesTimestamps = false
        usesSelective = false
        receiveScale = 0
        lastAcknowledgmentSent = receiveNext
        setSegmentSize(maximumSegmentSize)
    }

    /// What the options of the other side's SYN allow.
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
        // The window of a SYN is never scaled (RFC 7323, section 2.2).
        sendWindow = Int(segment.window)
        largestSendWindow = sendWindow
        windowUpdateSequence = segment.sequence
        windowUpdateAcknowledgment = segment.acknowledgment
    }

    /// - Parameter size: what the other side takes, or the way allows, without options.
    mutating func setSegmentSize(_ size: Int) {
        let options = usesTimestamps ? Self.timestampsLength : 0
        segmentSize = max(min(size, configuration.maximumSegmentSize), 48) - options
        congestion = CubicCongestionControl(segment: segmentSize)
    }

    /// The way takes smaller segments than was thought (RFC 1191, section 6.4; RFC 8201).
    mutating func shrinkSegments(to size: Int, at now: Instant) {
        let options = usesTimestamps ? Self.timestampsLength : 0
        let wanted = max(size, 48) - options
        guard wanted < segmentSize else { return }
        segmentSize = wanted
        guard sendNext > sendUnacknowledged, state.maySend else { return }
        // What is on its way will not come through: it goes again, in pieces that do.
        recovery = .loss(until: sendNext)
        retransmitNext = sendUnacknowledged
        timed = nil
    }

    static let timestampsLength = 12

    // MARK: Numbers

    /// Of the first byte that is not acknowledged.
    var dataStart: SequenceNumber { isSynAcknowledged ? sendUnacknowledged : initialSend + 1 }
    /// After the last byte, where the FIN is.
    var dataEnd: SequenceNumber { dataStart + outgoing.count }
    var outstanding: Int { sendNext - sendUnacknowledged }
    /// Bytes that were never sent.
    var unsent: Int { isFinSent ? 0 : max(dataEnd - sendNext, 0) }
    var hasUnsent: Bool { unsent > 0 || isSendingEnded && !isFinSent }

    func timestamp(at now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ timestampOffset
    }

    // MARK: What its user does

    /// Takes bytes to be sent, as many as there is room for.
    mutating func send(_ bytes: RawSpan) -> Int {
        guard !isSendingEnded, state != .closed, state != .timeWait else { return 0 }
        let taken = outgoing.append(bytes)
        if taken < bytes.byteCount || outgoing.room == 0 { wantsRoom = true }
        return taken
    }

    /// Lends what has come; the bytes that are taken make room for others.
    mutating func read(_ body: (RawSpan) -> Int) {
        incoming.withFirst(body)
        // Who waits for room is told when there is enough to be worth a segment (RFC 9293, section 3.8.6.2.2).
        let growth = (receiveNext + incoming.room) - receiveEdge
        if state.mayReceive, growth >= min(2 * segmentSize, incoming.limit / 2) { needsAcknowledgment = true }
    }

    /// There is nothing more to be sent.
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

    /// Nothing more is sent, and what comes is not read.
    mutating func leave(at now: Instant) {
        discards = true
        while incoming.count > 0 { read { $0.byteCount } }
        endSending(at: now)
        if state == .finWait2, forgetAt == nil { forgetAt = now + configuration.timeWait }
    }

    /// Breaks it off, and tells the other side.
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
        notices.insert(.closed)
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
