import HostStack
import PacketEngine
import WireFormat

/// What the other side's SYN-ACK showed of it (RFC 9293, section 3.5).
public struct HandshakeFacts: Hashable, Sendable {
    /// Time to live, or hop limit, as it arrived.
    public var hopLimit: UInt8
    /// As it stands in the header, not scaled.
    public var window: UInt16
    /// The options as they came, in their order.
    public var options: [UInt8]
    /// From our SYN to it; nil when the SYN was not seen.
    public var roundTrip: Nanoseconds?
}

/// Tells the segments of a run's own connections from all others, and keeps what their handshakes show.
package struct ConnectionTracker: Sendable {
    /// Which way a segment went.
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

    /// A connection that is being made.
    package mutating func begin(_ address: IPAddress, port: UInt16, localPort: UInt16) {
        let key = Key(address: address, port: port, localPort: localPort)
        own.insert(key)
        // A port that is used again begins anew.
        synSent[key] = nil
        handshakes[key] = nil
    }

    /// What the SYN-ACK of a connection showed; nil when it was not seen.
    package func handshake(_ address: IPAddress, port: UInt16, localPort: UInt16) -> HandshakeFacts? {
        handshakes[Key(address: address, port: port, localPort: localPort)]
    }

    /// Takes a frame as it passed.
    /// - Parameters:
    ///   - hasEthernetHeader: otherwise it begins with the IP header.
    ///   - stamp: when, in nanoseconds.
    /// - Returns: which way it went; nil when it is no segment of ours.
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
