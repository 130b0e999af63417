import PacketEngine
import WireFormat

/// Routers that balance flows over several paths, each with its own hash.
struct SimulatedGraph {
    /// For each router of each hop, the routers of the next hop that it forwards to; the last ones forward to the
    /// target.
    var layers: [[[Int]]]
    var seed: UInt64
    var linkDelay = Nanoseconds.milliseconds(2)
    /// Unresponsive routers, as hop and index.
    var unresponsive: Set<[Int]> = []
    /// Routers that drop packets to forward, as hop and index.
    var dropping: Set<[Int]> = []
    /// Routers that drop this share of the packets to forward, as hop and index.
    var lossy: [[Int]: Double] = [:]
    /// Routers that reject everything with network unreachable.
    var refusing: Set<[Int]> = []
    /// The error limit of one router: a burst, then 1 per second (Linux's icmp_ratelimit).
    var burst: Int?
    /// The same for the target.
    var targetBurst: Int?
    private var generator: SeededGenerator
    private var limits: [[Int]: AnswerLimit] = [:]

    init(_ layers: [[[Int]]], seed: UInt64) {
        self.layers = layers
        self.seed = seed
        generator = SeededGenerator(seed: seed ^ 0x10_55)
    }

    /// A single router, `width` equal ones after it, and one that joins them.
    static func diamond(_ width: Int, seed: UInt64) -> SimulatedGraph {
        SimulatedGraph([[Array(0..<width)], Array(repeating: [0], count: width), [[]]], seed: seed)
    }

    static func address(_ hop: Int, _ index: Int) -> IPv4Address { IPv4Address(198, 18, UInt8(hop), UInt8(index + 1)) }

    /// Every link, as the hop of its end, and both indices; nil for the target.
    var links: Set<[Int]> {
        var links: Set<[Int]> = []
        for (layer, routers) in layers.enumerated() {
            for (index, next) in routers.enumerated() { for other in next { links.insert([layer + 2, index, other]) } }
        }
        return links
    }

    mutating func answer(
        to bytes: [UInt8], at now: Instant
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        guard let view = try? IPv4View(bytes.rawBytes) else { return nil }
        let (source, target) = (view.source, view.destination)
        let ports = bytes.rawBytes.bigEndian32(at: 20)
        let timeToLive = Int(view.timeToLive)
        var index = 0
        for hop in 1...layers.count {
            if refusing.contains([hop, index]) {
                guard spend([hop, index], burst, now) else { return nil }
                return message(
                    .destinationUnreachable(.network, ICMPErrorBody(data: Array(bytes.prefix(28)))),
                    from: Self.address(hop, index), to: source, hop)
            }
            if hop == timeToLive {
                guard !unresponsive.contains([hop, index]), spend([hop, index], burst, now) else { return nil }
                return message(
                    .timeExceeded(code: 0, ICMPErrorBody(data: Array(bytes.prefix(28)))),
                    from: Self.address(hop, index), to: source, hop)
            }
            if dropping.contains([hop, index]) { return nil }
            if let share = lossy[[hop, index]], Double.random(in: 0..<1, using: &generator) < share { return nil }
            let next = layers[hop - 1][index]
            guard !next.isEmpty else { break }
            var random = SeededGenerator(
                seed: seed &* 1_000_003 &+ UInt64(ports) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(hop * 64 + index) << 40)
            index = next[Int.random(in: 0..<next.count, using: &random)]
        }
        guard spend([], targetBurst, now) else { return nil }
        return message(
            .destinationUnreachable(.port, ICMPErrorBody(data: Array(bytes.prefix(28)))), from: target, to: source,
            layers.count + 1)
    }

    private mutating func spend(_ router: [Int], _ burst: Int?, _ now: Instant) -> Bool {
        guard let burst else { return true }
        return limits[router, default: AnswerLimit(.bucket(rate: 1, burst: Double(burst)))].allows(at: now)
    }

    private func message(
        _ body: ICMPv4Message.Body, from sender: IPv4Address, to destination: IPv4Address, _ hop: Int
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds) {
        (
            Echo.datagram(ICMPv4Message(body).encoded(), from: sender, to: destination), .v4(sender),
            linkDelay * Int64(2 * hop)
        )
    }
}
