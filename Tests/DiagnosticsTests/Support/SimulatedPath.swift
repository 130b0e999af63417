import PacketEngine
import WireFormat

/// A path through routers to a target, for packets with a small time to live.
struct SimulatedPath {
    enum Router {
        case answers
        case unresponsive
        /// It rejects packets to forward with this code of destination unreachable.
        case refuses(ICMPv4UnreachableCode)
        /// It quotes this number of bytes, and alters the quote as old routers do.
        case quotes(Int)
        /// It adds a label stack (RFC 4950).
        case labels([MPLSLabel])
        /// It adds interface information (RFC 5837).
        case describes(ICMPInterfaceInformation)
        /// It replies with the address of another hop.
        case answersAs(Int)
        /// One of two routers, by the lowest bit of the destination port.
        case spreads
        /// A NAT: packets that it forwards have this source, possibly another source port, and the UDP checksum of
        /// both. It may restore the source in quotes on the way back.
        case translates(IPv4Address, port: Bool, mends: Bool)
        /// Its error limit: a burst, then a rate per second.
        case limits(burst: Int, perSecond: Double)
        /// Its replies are received with this time to live.
        case returns(UInt8)
    }

    var routers: [Router]

    init(routers: [Router], targetAnswers: Bool = true, targetListens: Bool = false, seed: UInt64 = 1) {
        random = SeededGenerator(seed: seed)
        self.routers = routers
        self.targetAnswers = targetAnswers
        self.targetListens = targetListens
    }
    var targetAnswers = true
    /// TCP: it accepts connections, one half-open one at a time; otherwise it resets.
    var targetListens = false
    /// The target's error limit: a burst, then 1 per second (Linux's icmp_ratelimit).
    var targetBurst: Int?
    /// Until then the prober's reset has not reached it.
    private var halfOpenUntil: Instant?
    /// The MTU of the link after each router, by hop; longer packets are rejected or dropped.
    var narrowLinks: [Int: (mtu: Int, isTold: Bool)] = [:]
    /// The MTU that routers report instead of their own; nil for their own.
    var reportedMTU: Int?
    /// The share of packets that the link to a hop loses, in each direction.
    var lossyLinks: [Int: Double] = [:]
    private var random: SeededGenerator
    private var limits: [Int: AnswerLimit] = [:]
    /// The one-way delay of each link.
    var linkDelay = Nanoseconds.milliseconds(2)

    static func address(_ hop: Int) -> IPv4Address { IPv4Address(198, 51, 100, UInt8(hop)) }

    /// Returns a reply, its sender, and the round-trip time.
    mutating func answer(to bytes: [UInt8], at now: Instant = Instant(nanoseconds: 0)) -> (
        bytes: [UInt8], source: IPAddress, delay: Nanoseconds
    )? {
        guard let view = try? IPv4View(bytes.rawBytes) else { return nil }
        let timeToLive = Int(view.timeToLive)
        var bytes = bytes
        for (index, router) in routers.enumerated() {
            let hop = index + 1
            guard !isLost(hop) else { return nil }
            if timeToLive == hop {
                if case .limits(let burst, let rate) = router, !spend(hop, burst, rate, now) { return nil }
                guard !isLostBack(hop) else { return nil }
                return expired(bytes, at: hop, router, to: view.source)
            }
            if let link = narrowLinks[hop], bytes.count > link.mtu {
                guard link.isTold else { return nil }
                if case .limits(let burst, let rate) = router, !spend(hop, burst, rate, now) { return nil }
                var quote = Array(bytes.prefix(28))
                quote[8] = UInt8(clamping: timeToLive - index)
                let body = ICMPErrorBody(restOfHeader: UInt32(reportedMTU ?? link.mtu), data: quote)
                return answer(.destinationUnreachable(.fragmentationNeeded, body), hop, view.source)
            }
            if case .translates(let address, let port, let mends) = router {
                bytes = Self.translated(bytes, from: view.source, to: address, port: port, mends: mends)
            }
            if case .refuses(let code) = router {
                return answer(
                    .destinationUnreachable(code, ICMPErrorBody(data: Array(bytes.prefix(28)))), hop, view.source)
            }
        }
        guard targetAnswers, !isLost(routers.count + 1), !isLostBack(routers.count + 1) else { return nil }
        return target(bytes, view.source, view.destination, now)
    }

    private mutating func isLost(_ link: Int) -> Bool {
        guard let share = lossyLinks[link] else { return false }
        return Double.random(in: 0..<1, using: &random) < share
    }

    private mutating func isLostBack(_ hop: Int) -> Bool {
        for link in lossyLinks.keys.sorted() where link <= hop && isLost(link) { return true }
        return false
    }

    private mutating func spend(_ hop: Int, _ burst: Int, _ rate: Double, _ now: Instant) -> Bool {
        limits[hop, default: AnswerLimit(.bucket(rate: rate, burst: Double(burst)))].allows(at: now)
    }

    private func expired(
        _ bytes: [UInt8], at hop: Int, _ router: Router, to source: IPv4Address
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        var quote = Array(bytes.prefix(28))
        switch router {
        case .unresponsive: return nil
        case .quotes(let count):
            quote = Array(bytes.prefix(count))
            // Time to live, type of service, total length and checksum differ from those sent.
            for index in [1, 2, 3, 8, 10, 11] where index < quote.count { quote[index] ^= 0x5A }
        case .labels(let labels):
            let data = labels.flatMap { label in
                stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: label.rawValue >> UInt32($0)) }
            }
            let extensions = ICMPExtensions([.init(classNumber: 1, classType: 1, data: data)])
            return answer(.timeExceeded(code: 0, ICMPErrorBody(v4Original: quote, extensions: extensions)), hop, source)
        case .describes(let information):
            let extensions = ICMPExtensions([information.object])
            return answer(.timeExceeded(code: 0, ICMPErrorBody(v4Original: quote, extensions: extensions)), hop, source)
        case .answersAs(let other):
            return answer(.timeExceeded(code: 0, ICMPErrorBody(data: quote)), hop, source, as: Self.address(other))
        case .spreads where bytes[23] & 1 == 1:
            let other = IPv4Address(203, 0, 113, UInt8(hop))
            return answer(.timeExceeded(code: 0, ICMPErrorBody(data: quote)), hop, source, as: other)
        case .returns(let left):
            return answer(.timeExceeded(code: 0, ICMPErrorBody(data: quote)), hop, source, timeToLive: left)
        case .answers, .refuses, .spreads, .translates, .limits: break
        }
        return answer(.timeExceeded(code: 0, ICMPErrorBody(data: quote)), hop, source)
    }

    private func answer(
        _ body: ICMPv4Message.Body, _ hop: Int, _ destination: IPv4Address, as other: IPv4Address? = nil,
        timeToLive: UInt8 = 64
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds) {
        let sender = other ?? Self.address(hop)
        let message = ICMPv4Message(body).encoded()
        let header = IPv4Header(
            source: sender, destination: destination, protocol: .icmp, payloadLength: message.count,
            timeToLive: timeToLive)
        return (header.encoded() + message, .v4(sender), linkDelay * Int64(2 * hop))
    }

    private mutating func target(
        _ bytes: [UInt8], _ source: IPv4Address, _ address: IPv4Address, _ now: Instant
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        let delay = linkDelay * Int64(2 * (routers.count + 1))
        if bytes[9] == IPProtocol.tcp.rawValue {
            let arrival = now + Nanoseconds(delay.count / 2)
            if targetListens, let until = halfOpenUntil, arrival < until { return nil }
            halfOpenUntil = arrival + delay
            var segment = TCPSegment(
                sourcePort: bytes.rawBytes.bigEndian16(at: 22), destinationPort: bytes.rawBytes.bigEndian16(at: 20),
                sequenceNumber: 1, acknowledgmentNumber: bytes.rawBytes.bigEndian32(at: 24) &+ 1,
                flags: targetListens ? [.syn, .ack] : [.rst, .ack])
            segment.updateChecksum(source: .v4(address), destination: .v4(source))
            let header = IPv4Header(
                source: address, destination: source, protocol: .tcp, payloadLength: segment.byteCount)
            return (header.encoded() + segment.encoded(), .v4(address), delay)
        }
        if let echo = Echo.reply(to: bytes, from: .v4(address)) { return (echo, .v4(address), delay) }
        if let targetBurst, !spend(routers.count + 1, targetBurst, 1, now) { return nil }
        let message = ICMPv4Message(.destinationUnreachable(.port, ICMPErrorBody(data: Array(bytes.prefix(28)))))
            .encoded()
        return (Echo.datagram(message, from: address, to: source), .v4(address), delay)
    }

    /// A UDP datagram as a NAT forwards it, or as it quotes a forwarded one.
    private static func translated(
        _ bytes: [UInt8], from source: IPv4Address, to address: IPv4Address, port: Bool, mends: Bool
    ) -> [UInt8] {
        var bytes = bytes
        guard bytes[9] == IPProtocol.udp.rawValue else {
            if !mends { replace(address) }
            return bytes
        }
        var checksum = InternetChecksum.updated(
            bytes.rawBytes.bigEndian16(at: 26), replacing: UInt64(source.rawValue), with: UInt64(address.rawValue))
        if port {
            let old = bytes.rawBytes.bigEndian16(at: 20)
            checksum = InternetChecksum.updated(checksum, replacing: old, with: old ^ 0x4000)
            if !mends { bytes[20] ^= 0x40 }
        }
        bytes[26] = UInt8(checksum >> 8)
        bytes[27] = UInt8(checksum & 0xFF)
        if !mends { replace(address) }
        return bytes

        func replace(_ address: IPv4Address) {
            for index in 0..<4 {
                bytes[12 + index] = UInt8(truncatingIfNeeded: address.rawValue >> UInt32(24 - 8 * index))
            }
        }
    }
}
