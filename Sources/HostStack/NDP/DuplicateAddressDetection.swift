import PacketEngine
import WireFormat

/// Duplicate address detection before an address is used (RFC 4862, section 5.4), and unsolicited advertisements
/// afterwards (RFC 9131, section 6.1).
enum DuplicateAddressDetection {
    static func schedule(_ configuration: NDPConfiguration, random: inout SeededGenerator) -> ClaimSchedule {
        var schedule = ClaimSchedule()
        // A random delay of up to 1 s, so that hosts that start together do not probe together (RFC 4862, section
        // 5.4.2).
        let after = Nanoseconds.milliseconds(Int64(random.next() % 1_000))
        schedule.firstUse = after + configuration.retransmissionTimer
        for (address, _) in configuration.addresses {
            schedule.add(
                NDPFrame.solicitation(for: address, from: .unspecified, mac: configuration.mac), after: after)
        }
        for (address, _) in configuration.addresses {
            schedule.add(
                NDPFrame.advertisement(
                    of: address, flags: configuration.isRouter ? [.router, .override] : .override, to: .allNodes,
                    mac: configuration.mac),
                after: schedule.firstUse)
        }
        return schedule
    }
}
