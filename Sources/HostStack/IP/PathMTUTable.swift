import PacketEngine
import WireFormat

/// How long packets may be on their way to a destination, as routers have said (RFC 1191, section 6; RFC 8201,
/// section 5.2).
struct PathMTUTable: Sendable {
    private struct Entry: Sendable {
        var mtu: Int
        var since: Instant
    }

    private var entries: [IPAddress: Entry] = [:]

    private static let limit = 1_024
    /// A longer way is tried again after this (RFC 1191, section 6.3).
    private static let lifetime = Nanoseconds.seconds(600)
    /// Who says less does not mean well: what every module must take (RFC 791) and every link (RFC 8200, section 5).
    private static func least(_ family: IPAddress.Family) -> Int { family == .v4 ? 68 : 1_280 }
    /// What routers say that leave the field empty (RFC 1191, section 5).
    private static let plateaus = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68]

    func mtu(to destination: IPAddress, at now: Instant) -> Int? {
        guard let entry = entries[destination], now - entry.since < Self.lifetime else { return nil }
        return entry.mtu
    }

    /// A router could not pass on a packet.
    /// - Parameters:
    ///   - said: what it says that it could, 0 for nothing.
    ///   - length: of the packet.
    /// - Returns: what is believed; nil where the packet is no longer than that.
    mutating func learn(_ said: Int, length: Int, to destination: IPAddress, at now: Instant) -> Int? {
        let least = Self.least(destination.family)
        let mtu = max(said > 0 ? said : Self.plateaus.first { $0 < length } ?? least, least)
        guard mtu < length else { return nil }
        // Others on the same way may have learned it already.
        if let known = self.mtu(to: destination, at: now), known <= mtu { return known }
        if entries.count >= Self.limit, entries[destination] == nil {
            let oldest = entries.min { $0.value.since < $1.value.since }?.key
            if let oldest { entries[oldest] = nil }
        }
        entries[destination] = Entry(mtu: mtu, since: now)
        return mtu
    }
}
