import PacketEngine
import WireFormat

/// Probes for an address before it is used, and announces it afterwards (RFC 5227, sections 2.1 and 2.3).
enum AddressClaim {
    private static let probeCount = 3
    private static let announceWait = Nanoseconds.seconds(2)
    private static let announceCount = 2
    private static let announceInterval = Nanoseconds.seconds(2)

    static func schedule(
        _ addresses: [IPv4Address], mac: MACAddress, random: inout SeededGenerator
    ) -> ClaimSchedule {
        var schedule = ClaimSchedule()
        // PROBE_WAIT (0 to 1 s), then PROBE_MIN to PROBE_MAX (1 to 2 s).
        var after = Nanoseconds.milliseconds(Int64(random.next() % 1_000))
        for number in 0..<probeCount {
            if number > 0 { after = after + .milliseconds(1_000 + Int64(random.next() % 1_000)) }
            for address in addresses {
                schedule.add(ARPFrame.bytes(ARPPacket.probe(for: address, from: mac), to: .broadcast), after: after)
            }
        }
        schedule.firstUse = after + announceWait
        for number in 0..<announceCount {
            for address in addresses {
                schedule.add(
                    ARPFrame.bytes(ARPPacket.announcement(of: address, at: mac), to: .broadcast),
                    after: schedule.firstUse + announceInterval * Int64(number))
            }
        }
        return schedule
    }
}
