import PacketEngine
import WireFormat

/// A way through routers to a target, for packets with few hops to live.
struct SimulatedPath {
    enum Router {
        case answers
        case silent
        /// It refuses what is to go on with this code of destination unreachable.
        case refuses(ICMPv4UnreachableCode)
        /// It quotes so many bytes, and alters the quote as old routers do.
        case quotes(Int)
        /// It adds a label stack (RFC 4950).
        case labels([MPLSLabel])
    }

    var routers: [Router]
    var targetAnswers = true
    /// One way over each link.
    var linkDelay = Nanoseconds.milliseconds(2)

    static func address(_ hop: Int) -> IPv4Address { IPv4Address(198, 51, 100, UInt8(hop)) }

    /// What comes back, from whom, and how long the way there and back takes.
    func answer(to bytes: [UInt8]) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        guard let view = try? IPv4View(bytes.rawBytes) else { return nil }
        let timeToLive = Int(view.timeToLive)
        for (index, router) in routers.enumerated() {
            let hop = index + 1
            if timeToLive == hop { return expired(bytes, at: hop, router, to: view.source) }
            if case .refuses(let code) = router {
                return answer(
                    .destinationUnreachable(code, ICMPErrorBody(data: Array(bytes.prefix(28)))), hop, view.source)
            }
        }
        guard targetAnswers else { return nil }
        return target(bytes, view.source, view.destination)
    }

    private func expired(
        _ bytes: [UInt8], at hop: Int, _ router: Router, to source: IPv4Address
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        var quote = Array(bytes.prefix(28))
        switch router {
        case .silent: return nil
        case .quotes(let count):
            quote = Array(bytes.prefix(count))
            // Time to live, type of service, total length and checksum are not what they were.
            for index in [1, 2, 3, 8, 10, 11] where index < quote.count { quote[index] ^= 0x5A }
        case .labels(let labels):
            let data = labels.flatMap { label in
                stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: label.rawValue >> UInt32($0)) }
            }
            let extensions = ICMPExtensions([.init(classNumber: 1, classType: 1, data: data)])
            return answer(.timeExceeded(code: 0, ICMPErrorBody(v4Original: quote, extensions: extensions)), hop, source)
        case .answers, .refuses: break
        }
        return answer(.timeExceeded(code: 0, ICMPErrorBody(data: quote)), hop, source)
    }

    private func answer(
        _ body: ICMPv4Message.Body, _ hop: Int, _ destination: IPv4Address
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds) {
        let bytes = Echo.datagram(ICMPv4Message(body).encoded(), from: Self.address(hop), to: destination)
        return (bytes, .v4(Self.address(hop)), linkDelay * Int64(2 * hop))
    }

    private func target(
        _ bytes: [UInt8], _ source: IPv4Address, _ address: IPv4Address
    ) -> (bytes: [UInt8], source: IPAddress, delay: Nanoseconds)? {
        let delay = linkDelay * Int64(2 * (routers.count + 1))
        if let echo = Echo.reply(to: bytes, from: .v4(address)) { return (echo, .v4(address), delay) }
        let message = ICMPv4Message(.destinationUnreachable(.port, ICMPErrorBody(data: Array(bytes.prefix(28)))))
            .encoded()
        return (Echo.datagram(message, from: address, to: source), .v4(address), delay)
    }
}
