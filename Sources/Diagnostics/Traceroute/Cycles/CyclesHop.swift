import PacketEngine
import WireFormat

/// What is known of one hop after many cycles.
public struct CyclesHop: Sendable {
    /// What became of one probe.
    public enum Result: Hashable, Sendable {
        case answered(Nanoseconds)
        case lost
    }

    /// Results that are kept for a picture of the last ones.
    static let recentCapacity = 128

    public let timeToLive: Int
    /// Who answered, the first first, and the annotation of the last answer.
    public internal(set) var addresses: [IPAddress] = []
    public internal(set) var annotation: String?
    public internal(set) var labels: [MPLSLabel] = []
    /// The last answer was an ICMP error, which hosts and routers send at a limited rate.
    var answersByErrors = false
    /// Probes whose fate is known.
    public internal(set) var sent = 0
    public internal(set) var last: Nanoseconds?
    public internal(set) var statistics = RoundTripStatistics()
    /// The newest last.
    public internal(set) var recent: [Result] = []

    init(timeToLive: Int) { self.timeToLive = timeToLive }

    public var received: Int { statistics.count }
    public var lost: Int { sent - received }
    public var isSilent: Bool { received == 0 }

    /// Addresses that are kept.
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
