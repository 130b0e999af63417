import PacketEngine

/// The parameters of TCP connections.
public struct TCPConfiguration: Sendable {
    /// The maximum segment size to offer and to use if the peer allows it, in bytes.
    public var maximumSegmentSize = 1_460
    /// The size of the send buffer, in bytes.
    public var sendLimit = 256 << 10
    /// The size of the receive buffer, and thereby the maximum window, in bytes.
    public var receiveLimit = 256 << 10
    /// The time without an acknowledgment after which a connection fails (R2 of RFC 9293, section 3.8.3).
    public var patience = Nanoseconds.seconds(180)
    /// The duration of TIME-WAIT: twice the maximum segment lifetime.
    public var timeWait = Nanoseconds.seconds(60)
    /// The maximum delay of an acknowledgment (RFC 9293, section 3.8.6.3).
    public var acknowledgmentDelay = Nanoseconds.milliseconds(40)
    /// The idle time before keep-alive probes are sent; nil for none (RFC 1122, section 4.2.3.6).
    public var keepAlive: Nanoseconds?
    /// The number of unanswered keep-alive probes after which a connection fails.
    public var keepAliveProbes = 9
    public var usesTimestamps = true
    public var usesSelectiveAcknowledgment = true
    public var usesWindowScale = true

    /// The window scale of a SYN sent by another program; nil for the smallest scale that can express the window.
    public var offeredWindowScale: UInt8?

    public init() {}

    var windowScale: UInt8 {
        if let offeredWindowScale { return offeredWindowScale }
        var scale: UInt8 = 0
        while scale < 14, receiveLimit >> Int(scale) > Int(UInt16.max) { scale += 1 }
        return scale
    }
}
