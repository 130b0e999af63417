/// The options of `ping` that take a value: their names, for the parser and for `PingWords`.
enum PingValue: String, CommandValue {
    case count
    case identifier
    case flowLabel
    case interval
    case interface
    case preload
    case mark
    case pathMTUDiscovery
    case pattern
    case trafficClass
    case size
    case sendBuffer
    case timeToLive
    case timestampOption
    case deadline
    case timeout
    case targetsFile
    case rate
    case retries
    case icmp
    case fragment
    case fragmentOrder
    case reportEvery
    case pcap
    case explain
    case color

    var names: (short: Character?, long: String) {
        switch self {
        case .count: ("c", "count")
        case .identifier: ("e", "identifier")
        case .flowLabel: ("F", "flow-label")
        case .interval: ("i", "interval")
        case .interface: ("I", "interface")
        case .preload: ("l", "preload")
        case .mark: ("m", "mark")
        case .pathMTUDiscovery: ("M", "pmtu-discovery")
        case .pattern: ("p", "pattern")
        case .trafficClass: ("Q", "tos")
        case .size: ("s", "size")
        case .sendBuffer: ("S", "send-buffer")
        case .timeToLive: ("t", "ttl")
        case .timestampOption: ("T", "timestamp")
        case .deadline: ("w", "deadline")
        case .timeout: ("W", "timeout")
        case .targetsFile: (nil, "targets")
        case .rate: (nil, "rate")
        case .retries: (nil, "retries")
        case .icmp: (nil, "icmp")
        case .fragment: (nil, "fragment")
        case .fragmentOrder: (nil, "fragment-order")
        case .reportEvery: (nil, "report-every")
        case .pcap: (nil, "pcap")
        case .explain: (nil, "explain")
        case .color: (nil, "color")
        }
    }

    var preset: String? { self == .explain ? "2" : nil }
}

/// A right command line of `ping`.
typealias PingWords = CommandWords<PingSwitch, PingValue>
