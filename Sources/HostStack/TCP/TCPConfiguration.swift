import PacketEngine

/// How connections are run.
public struct TCPConfiguration: Sendable {
    /// Bytes of data in the largest segment that is taken, and sent where the other side takes as much.
    public var maximumSegmentSize = 1_460
    /// Bytes that wait to be acknowledged or sent.
    public var sendLimit = 256 << 10
    /// Bytes that wait to be read, and what came beyond gaps: the window.
    public var receiveLimit = 256 << 10
    /// After how long without an answer a connection is given up (R2 of RFC 9293, section 3.8.3).
    public var patience = Nanoseconds.seconds(180)
    /// How long the last acknowledgment of a connection can be asked for again: twice the life of a segment.
    public var timeWait = Nanoseconds.seconds(60)
    /// How long an acknowledgment waits for company (RFC 9293, section 3.8.6.3).
    public var acknowledgmentDelay = Nanoseconds.milliseconds(40)
    /// After how much silence it is asked whether the other side is still there; nil for never (RFC 1122, section 4.2.3.6).
    public var keepAlive: Nanoseconds?
    /// Questions that go unanswered before it is taken for gone.
    public var keepAliveProbes = 9
    public var usesTimestamps = true
    public var usesSelectiveAcknowledgment = true
    public var usesWindowScale = true

    /// The shift that a SYN offers, where another has sent it; nil for the least by which the window can be told.
    public var offeredWindowScale: UInt8?

    public init() {}

    var windowScale: UInt8 {
        if let offeredWindowScale { return offeredWindowScale }
        var scale: UInt8 = 0
        while scale < 14, receiveLimit >> Int(scale) > Int(UInt16.max) { scale += 1 }
        return scale
    }
}
