import CLinux
import LinuxProcess
import WireFormat

/// A range of addresses that the kernel routes in the same way.
public struct RoutePiece: Sendable {
    public var first: IPAddress
    public var last: IPAddress
    /// The route, or the error of the route lookup.
    public var route: Result<Route, SystemError>
}

/// Routes to many addresses. The boundaries between routes are read from the kernel's tables once; in each interval
/// the kernel is queried once, so that its policy rules apply.
public struct RouteMap {
    private let source: IPAddress?
    private let interface: UInt32
    private let mark: UInt32?
    private let typeOfService: UInt8
    /// The starts of the intervals, in ascending order, by family.
    private var starts: [IPAddress.Family: [UInt128]] = [:]
    /// The kernel's replies, by the index of the interval.
    private var answers: [IPAddress.Family: [Int: Result<Route, SystemError>]] = [:]

    /// - Parameters:
    ///   - source: the source address; nil for the one of the route.
    ///   - interface: the index of the outgoing interface; 0 for any.
    ///   - mark: the mark of the packets, for policy rules; nil for none.
    ///   - typeOfService: the type of service of the packets (RFC 791), for policy rules.
    public init(source: IPAddress? = nil, interface: UInt32 = 0, mark: UInt32? = nil, typeOfService: UInt8 = 0) {
        self.source = source
        self.interface = interface
        self.mark = mark
        self.typeOfService = typeOfService
    }

    /// Returns the route to an address, or the error of the route lookup.
    public mutating func route(to address: IPAddress) throws(SystemError) -> Result<Route, SystemError> {
        try answer(address, index(of: address, in: starts(address.family)))
    }

    /// Returns the routes to every address of a range.
    public mutating func pieces(
        from first: IPAddress, through last: IPAddress
    ) throws(SystemError) -> [RoutePiece] {
        guard first.family == last.family, first <= last else { return [] }
        let starts = try starts(first.family)
        var pieces: [RoutePiece] = []
        var index = index(of: first, in: starts)
        var lower = first.number
        while true {
            let isLast = index + 1 >= starts.count || starts[index + 1] > last.number
            let upper = isLast ? last.number : starts[index + 1] - 1
            let answer = try answer(IPAddress(first.family, number: lower), index)
            if let before = pieces.last, Self.isSame(before.route, answer) {
                pieces[pieces.count - 1].last = IPAddress(first.family, number: upper)
            } else {
                pieces.append(
                    RoutePiece(
                        first: IPAddress(first.family, number: lower), last: IPAddress(first.family, number: upper),
                        route: answer))
            }
            guard !isLast else { return pieces }
            index += 1
            lower = starts[index]
        }
    }

    private mutating func starts(_ family: IPAddress.Family) throws(SystemError) -> [UInt128] {
        if let known = starts[family] { return known }
        let highest = family == .v4 ? UInt128(UInt32.max) : UInt128.max
        var found: Set<UInt128> = [0]
        for (lower, upper) in try RouteTable.prefixes(family) {
            found.insert(lower)
            if upper < highest { found.insert(upper + 1) }
        }
        let ordered = found.sorted()
        starts[family] = ordered
        return ordered
    }

    /// Returns the index of the last start that is not greater than an address; the first start is 0.
    private func index(of address: IPAddress, in starts: [UInt128]) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address.number { low = middle + 1 } else { high = middle }
        }
        return max(low - 1, 0)
    }

    private mutating func answer(
        _ address: IPAddress, _ index: Int
    ) throws(SystemError) -> Result<Route, SystemError> {
        if let known = answers[address.family]?[index] { return known }
        let answer: Result<Route, SystemError>
        do {
            answer = .success(
                try RouteTable.route(
                    to: address, from: source, interface: interface, mark: mark, typeOfService: typeOfService))
        } catch {
            answer = .failure(error)
        }
        answers[address.family, default: [:]][index] = answer
        return answer
    }

    private static func isSame(_ left: Result<Route, SystemError>, _ right: Result<Route, SystemError>) -> Bool {
        switch (left, right) {
        case (.success(let left), .success(let right)): left == right
        case (.failure(let left), .failure(let right)): left.code == right.code
        default: false
        }
    }

}

extension RouteTable {
    /// Returns the routes to every address of a range; see `RouteMap`.
    /// - Parameter interface: the index of the outgoing interface; 0 for any.
    public static func pieces(
        from first: IPAddress, through last: IPAddress, interface: UInt32 = 0
    ) throws(SystemError) -> [RoutePiece] {
        var map = RouteMap(interface: interface)
        return try map.pieces(from: first, through: last)
    }

    /// Returns the bounds of the destinations in all tables.
    fileprivate static func prefixes(_ family: IPAddress.Family) throws(SystemError) -> [(UInt128, UInt128)] {
        var socket = try NetlinkSocket()
        var header = rtmsg()
        header.rtm_family = UInt8(family == .v4 ? AF_INET : AF_INET6)
        let width = family == .v4 ? 32 : 128
        var found: [(UInt128, UInt128)] = []
        for message in try socket.request(Int(RTM_GETROUTE), flags: clinux_NLM_F_DUMP, header: header, "routes") {
            guard let fixed = message.header(rtmsg.self), fixed.rtm_family == header.rtm_family,
                let destination = message.attributes(after: MemoryLayout<rtmsg>.size).first(where: {
                    $0.type == UInt16(RTA_DST.rawValue)
                }), let address = RouteTable.address(message.bytes[destination.range])
            else { continue }
            let free = width - Int(fixed.rtm_dst_len)
            guard free >= 0, free < 128 else { continue }
            found.append((address.number, address.number | ((UInt128(1) << UInt128(free)) - 1)))
        }
        return found
    }
}
