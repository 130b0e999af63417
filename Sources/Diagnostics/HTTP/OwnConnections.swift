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
public struct OwnConnections: Sendable {
    /// Which way a segment went.
    public enum Direction: Sendable {
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

    public init() {}

    /// A connection that is being made.
    public mutating func begin(_ address: IPAddress, port: UInt16, localPort: UInt16) {
        let key = Key(address: address, port: port, localPort: localPort)
        own.insert(key)
        // A port that is used again begins anew.
        synSent[key] = nil
        handshakes[key] = nil
    }

    /// What the SYN-ACK of a connection showed; nil when it was not seen.
    public func handshake(_ address: IPAddress, port: UInt16, localPort: UInt16) -> HandshakeFacts? {
        handshakes[Key(address: address, port: port, localPort: localPort)]
    }

    /// Takes a frame as it passed.
    /// - Parameters:
    ///   - hasEthernetHeader: otherwise it begins with the IP header.
    ///   - stamp: when, in nanoseconds.
    /// - Returns: which way it went; nil when it is no segment of ours.
    public mutating func take(_ frame: RawSpan, hasEthernetHeader: Bool, stamp: Int64) -> Direction? {
        var datagram = frame
        if hasEthernetHeader {
            guard let arrived = ArrivedFrame(frame) else { return nil }
            datagram = frame.dropping(arrived.payloadOffset)
        }
        guard datagram.byteCount > 0 else { return nil }
        if datagram.byte(at: 0) >> 4 == 4 {
            guard let header = try? IPv4View(datagram), header.protocol == .tcp else { return nil }
            return take(
                header.payload, from: .v4(header.source), to: .v4(header.destination), hopLimit: header.timeToLive,
                stamp)
        }
        guard let header = try? IPv6View(datagram), header.nextHeader == .tcp else { return nil }
        return take(
            header.payload, from: .v6(header.source), to: .v6(header.destination), hopLimit: header.hopLimit, stamp)
    }

    private mutating func take(
        _ segment: RawSpan, from source: IPAddress, to destination: IPAddress, hopLimit: UInt8, _ stamp: Int64
    ) -> Direction? {
        guard let view = try? TCPView(segment) else { return nil }
        let sent = Key(address: destination, port: view.destinationPort, localPort: view.sourcePort)
        let received = Key(address: source, port: view.sourcePort, localPort: view.destinationPort)
        if own.contains(sent) {
            if view.flags.contains(.syn), synSent[sent] == nil { synSent[sent] = stamp }
            return .outbound
        }
        guard own.contains(received) else { return nil }
        if view.flags.isSuperset(of: [.syn, .ack]), handshakes[received] == nil {
            handshakes[received] = HandshakeFacts(
                hopLimit: hopLimit, window: view.window, options: view.options.copied(),
                roundTrip: synSent[received].map { Nanoseconds(max(stamp &- $0, 0)) })
        }
        return .inbound
    }
}
