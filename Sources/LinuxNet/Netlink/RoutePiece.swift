import CLinux
import WireFormat

/// Neighbouring addresses that the kernel treats alike.
public struct RoutePiece: Sendable {
    public var first: IPAddress
    public var last: IPAddress
    /// The route to them, or why there is none.
    public var route: Result<Route, SystemError>
}

extension RouteTable {
    /// The routes to every address of a range: where one begins or ends is read from the tables, and
    /// in between the kernel is asked once, so that its rules hold.
    /// - Parameters:
    ///   - source: the address to send from; nil for the route's.
    ///   - interface: index of the interface to leave by; 0 for any.
    public static func pieces(
        from first: IPAddress, through last: IPAddress, source: IPAddress? = nil, interface: UInt32 = 0,
        mark: UInt32? = nil, typeOfService: UInt8 = 0
    ) throws(SystemError) -> [RoutePiece] {
        let family = first.family
        var starts: Set<UInt128> = [first.number]
        for (lower, upper) in try prefixes(family) {
            if lower > first.number, lower <= last.number { starts.insert(lower) }
            if upper >= first.number, upper < last.number { starts.insert(upper + 1) }
        }
        let ordered = starts.sorted()
        var pieces: [RoutePiece] = []
        for (index, start) in ordered.enumerated() {
            let end = index + 1 < ordered.count ? ordered[index + 1] - 1 : last.number
            let address = IPAddress(family, number: start)
            let answer: Result<Route, SystemError>
            do {
                answer = .success(
                    try route(
                        to: address, from: source, interface: interface, mark: mark, typeOfService: typeOfService))
            } catch {
                answer = .failure(error)
            }
            if let before = pieces.last, isSame(before.route, answer) {
                pieces[pieces.count - 1].last = IPAddress(family, number: end)
            } else {
                pieces.append(RoutePiece(first: address, last: IPAddress(family, number: end), route: answer))
            }
        }
        return pieces
    }

    private static func isSame(_ left: Result<Route, SystemError>, _ right: Result<Route, SystemError>) -> Bool {
        switch (left, right) {
        case (.success(let left), .success(let right)): left == right
        case (.failure(let left), .failure(let right)): left.code == right.code
        default: false
        }
    }

    /// Where the destinations of all tables begin and end.
    private static func prefixes(_ family: IPAddress.Family) throws(SystemError) -> [(UInt128, UInt128)] {
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
