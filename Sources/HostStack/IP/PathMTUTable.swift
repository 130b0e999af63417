import PacketEngine
import WireFormat

/// Path MTUs by destination, as reported by routers (RFC 1191, section 6; RFC 8201, section 5.2).
struct PathMTUTable: Sendable {
    private struct Entry: Sendable {
        var mtu: Int
        var since: Instant
    }

    private var entries: [IPAddress: Entry] = [:]

    private static let limit = 1_024
    /// The lifetime of an entry; afterwards larger packets are tried again (RFC 1191, section 6.3).
    private static let lifetime = Nanoseconds.seconds(600)
    /// The minimum MTU that is accepted, against spoofed errors: 68 for IPv4 (RFC 791), 1,280 for IPv6 (RFC 8200,
    /// section 5).
    private static func least(_ family: IPAddress.Family) -> Int { family == .v4 ? 68 : 1_280 }
    /// Common MTUs, for errors without a next-hop MTU (RFC 1191, section 5).
    private static let plateaus = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68]

    func mtu(to destination: IPAddress, at now: Instant) -> Int? {
        guard let entry = entries[destination], now - entry.since < Self.lifetime else { return nil }
        return entry.mtu
    }

    /// Records that a packet exceeded the path MTU.
    /// - Parameters:
    ///   - said: the MTU in the error, or 0 if it has none.
    ///   - length: the length of the packet, in bytes.
    /// - Returns: the path MTU, or nil if the packet is not longer than it.
    mutating func learn(_ said: Int, length: Int, to destination: IPAddress, at now: Instant) -> Int? {
        let least = Self.least(destination.family)
        let mtu = max(said > 0 ? said : Self.plateaus.first { $0 < length } ?? least, least)
        guard mtu < length else { return nil }
        // An earlier error for the same destination may have reported a smaller MTU.
        if let known = self.mtu(to: destination, at: now), known <= mtu { return known }
        if entries.count >= Self.limit, entries[destination] == nil {
            let oldest = entries.min { $0.value.since < $1.value.since }?.key
            if let oldest { entries[oldest] = nil }
        }
        entries[destination] = Entry(mtu: mtu, since: now)
        return mtu
    }
}
