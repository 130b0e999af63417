import PacketEngine
import WireFormat

/// Frames with their send times, and the time from which an address may be used.
struct ClaimSchedule: Sendable {
    /// The frames, with their times relative to the start.
    private var plan: [(after: Nanoseconds, address: IPAddress, frame: [UInt8])] = []
    /// The number of frames that have been sent.
    private var sent = 0
    /// The time from which the address may be used, relative to the start.
    var firstUse = Nanoseconds.zero
    private var start: Instant?
    private(set) var isDone = false

    mutating func add(_ frame: [UInt8], of address: IPAddress, after: Nanoseconds) {
        plan.append((after, address, frame))
    }

    /// Removes the frames of an address that is not used anymore.
    mutating func remove(_ address: IPAddress) {
        sent -= plan.prefix(sent).count { $0.address == address }
        plan.removeAll { $0.address == address }
    }

    /// The time of the next frame or of first use; immediately if not started.
    var due: Instant? {
        guard let start else { return Instant(nanoseconds: 0) }
        return sent < plan.count ? start + plan[sent].after : isDone ? nil : start + firstUse
    }

    /// Returns the frame that is due, if any.
    mutating func advance(at now: Instant) -> [UInt8]? {
        var start = start ?? now
        defer { self.start = start }
        let frame = sent < plan.count ? plan[sent] : nil
        if !isDone, frame.map({ $0.after >= firstUse }) ?? true, now >= start + firstUse { isDone = true }
        guard let frame, start + frame.after <= now else { return nil }
        // After a late frame, the following frames keep their distance from it.
        start = now - frame.after
        sent += 1
        return frame.frame
    }

    /// Reports that a frame could not be sent: an unfinished address check starts again after a delay.
    mutating func sendingFailed(at now: Instant) {
        guard !isDone else { return }
        start = now + Self.retryInterval
        sent = 0
    }

    private static let retryInterval = Nanoseconds.seconds(1)

    /// Restarts after a link interruption, because earlier probes may have been lost. An address that is already in use
    /// stays in use and is only announced again, although RFC 5227, section 2.1, asks for new probes.
    mutating func restart(at now: Instant) {
        guard isDone else {
            start = nil
            sent = 0
            return
        }
        start = now - firstUse
        sent = plan.firstIndex { $0.after >= firstUse } ?? plan.count
    }
}

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
                schedule.add(
                    ARPFrame.bytes(ARPPacket.probe(for: address, from: mac), to: .broadcast), of: .v4(address),
                    after: after)
            }
        }
        schedule.firstUse = after + announceWait
        for number in 0..<announceCount {
            for address in addresses {
                schedule.add(
                    ARPFrame.bytes(ARPPacket.announcement(of: address, at: mac), to: .broadcast), of: .v4(address),
                    after: schedule.firstUse + announceInterval * Int64(number))
            }
        }
        return schedule
    }
}

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
                NDPFrame.solicitation(for: address, from: .unspecified, mac: configuration.mac), of: .v6(address),
                after: after)
        }
        for (address, _) in configuration.addresses {
            schedule.add(
                NDPFrame.announcement(of: address, configuration), of: .v6(address), after: schedule.firstUse)
        }
        return schedule
    }
}
