import PacketEngine
import WireFormat

/// The results of one hop over many cycles.
public struct CyclesHop: Sendable {
    /// The result of one probe.
    public enum Result: Hashable, Sendable {
        case answered(Nanoseconds)
        case lost
    }

    /// The number of recent results kept for display.
    static let recentCapacity = 512

    public let timeToLive: Int
    /// The addresses that replied, in order of their first reply, and the annotation of the last reply.
    public internal(set) var addresses: [IPAddress] = []
    public internal(set) var annotation: String?
    public internal(set) var labels: [MPLSLabel] = []
    /// The path MTU to the hop, in bytes; nil if it is unknown.
    public internal(set) var mtu: Int?
    /// Whether the last reply was an ICMP error, which hosts and routers rate-limit.
    var answersByErrors = false
    /// The number of finished probes.
    public internal(set) var sent = 0
    public internal(set) var last: Nanoseconds?
    public internal(set) var statistics = RoundTripStatistics()
    /// The recent results, newest last.
    public internal(set) var recent: [Result] = []

    init(timeToLive: Int) { self.timeToLive = timeToLive }

    public var received: Int { statistics.count }
    public var lost: Int { sent - received }
    public var isUnresponsive: Bool { received == 0 }

    /// The maximum number of addresses kept.
    static let mostAddresses = 128

    mutating func add(_ address: IPAddress) {
        if !addresses.contains(address), addresses.count < Self.mostAddresses { addresses.append(address) }
    }

    mutating func add(_ result: Result) {
        sent += 1
        if case .answered(let roundTrip) = result {
            last = roundTrip
            statistics.add(roundTrip)
        }
        if recent.count == Self.recentCapacity { recent.removeFirst() }
        recent.append(result)
    }
}
