import HostStack
import PacketEngine
import WireFormat

/// The properties of the peer that its SYN-ACK shows (RFC 9293, section 3.5).
public struct HandshakeFacts: Hashable, Sendable {
    /// The time to live or hop limit on receipt.
    public var hopLimit: UInt8
    /// The window field, unscaled.
    public var window: UInt16
    /// The TCP options in order.
    public var options: [UInt8]
    /// The time from our SYN to the SYN-ACK; nil if the SYN was not captured.
    public var roundTrip: Nanoseconds?
}

/// Recognizes the segments of a run's own connections and records their handshakes.
package struct ConnectionTracker: Sendable {
    /// The direction of a segment.
    package enum Direction: Sendable {
        case outbound
        case inbound
    }

    private struct Key: Hashable {
        var address: IPAddress
        var port: UInt16
        var localPort: UInt16
    }

    private var synSent: [Key: Int64] = [:]
    private var handshakes: [Key: HandshakeFacts] = [:]
    private var own: Set<Key> = []

    package init() {}

    /// Registers a connection that is being opened.
    package mutating func begin(_ address: IPAddress, port: UInt16, localPort: UInt16) {
        let key = Key(address: address, port: port, localPort: localPort)
        own.insert(key)
        // A reused port starts a new connection.
        synSent[key] = nil
        handshakes[key] = nil
    }

    /// Returns what the SYN-ACK of a connection showed; nil if it was not captured.
    package func handshake(_ address: IPAddress, port: UInt16, localPort: UInt16) -> HandshakeFacts? {
        handshakes[Key(address: address, port: port, localPort: localPort)]
    }

    /// Processes a captured frame.
    /// - Parameters:
    ///   - hasEthernetHeader: whether it begins with an Ethernet header rather than the IP header.
    ///   - stamp: the capture time, in nanoseconds.
    /// - Returns: its direction; nil if it is not a segment of ours.
    package mutating func take(_ frame: RawSpan, hasEthernetHeader: Bool, stamp: Int64) -> Direction? {
        let datagram = hasEthernetHeader ? ReceivedFrame(frame)?.datagram(in: frame) : try? DatagramView(frame)
        guard let datagram, datagram.protocol == .tcp, let view = try? TCPView(datagram.payload) else { return nil }
        let (source, destination) = (datagram.source, datagram.destination)
        let sent = Key(address: destination, port: view.destinationPort, localPort: view.sourcePort)
        let received = Key(address: source, port: view.sourcePort, localPort: view.destinationPort)
        if own.contains(sent) {
            if view.flags.contains(.syn), synSent[sent] == nil { synSent[sent] = stamp }
            return .outbound
        }
        guard own.contains(received) else { return nil }
        if view.flags.isSuperset(of: [.syn, .ack]), handshakes[received] == nil {
            handshakes[received] = HandshakeFacts(
                hopLimit: datagram.hopLimit, window: view.window, options: view.options.copied(),
                roundTrip: synSent[received].map { Nanoseconds(max(stamp &- $0, 0)) })
        }
        return .inbound
    }
}
