import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// A host whose link is interrupted.
@Suite("an interrupted link")
struct InterruptedLinkTests {
    /// The frames that a host sends, by kind.
    private final class Said {
        var probes = 0
        var announcements = 0
        var advertisements = 0
        var reports = 0
        var total = 0

        func take(_ frame: RawSpan) {
            total += 1
            if let packet = ReceivedARP(frame)?.packet {
                if packet.senderAddress.isUnspecified { probes += 1 }
                if packet.senderAddress == packet.targetAddress { announcements += 1 }
                return
            }
            guard let arrived = ReceivedMulticast(frame) else { return }
            if ReceivedMembership(arrived) != nil { reports += 1 } else { advertisements += 1 }
        }
    }

    private func host(
        _ family: IPAddress.Family, groups: [IPAddress] = [], checks: Bool = true
    ) -> (SimulatedWire, SimulatedWire.Station, Said) {
        let wire = SimulatedWire(seed: 1)
        var interface = SimulatedWire.interface(2, family: family)
        interface.groups = groups
        let station = wire.add([interface]) { $0.checksAddresses = checks }
        let said = Said()
        wire.watch = { _, _, frame in said.take(frame) }
        return (wire, station, said)
    }

    private func isUp(_ station: SimulatedWire.Station) -> Bool { station.host.isUp }

    @Test("an unfinished address check starts again", arguments: [IPAddress.Family.v4, .v6])
    func checking(family: IPAddress.Family) {
        let (wire, station, said) = host(family)
        wire.run(for: .milliseconds(family == .v4 ? 1_500 : 100))
        #expect(!isUp(station))
        station.host.setLink(1, isConnected: false, at: wire.now)
        let before = said.total
        wire.run(for: .seconds(20))
        // No station could have replied.
        #expect(said.total == before && !isUp(station))
        let probes = said.probes
        station.host.setLink(1, isConnected: true, at: wire.now)
        wire.run(for: .seconds(12))
        #expect(isUp(station) && said.total > before)
        if family == .v4 { #expect(said.probes - probes == 3 && said.announcements == 2) }
    }

    @Test("addresses in use are announced, and stay in use", arguments: [IPAddress.Family.v4, .v6])
    func announcing(family: IPAddress.Family) {
        let (wire, station, said) = host(family)
        wire.run(for: .seconds(20))
        #expect(isUp(station))
        let (announcements, advertisements, probes) = (said.announcements, said.advertisements, said.probes)
        station.host.setLink(1, isConnected: false, at: wire.now)
        #expect(isUp(station))
        wire.run(for: .milliseconds(300))
        // Another interface is not affected.
        station.host.setLink(2, isConnected: true, at: wire.now)
        wire.run(for: .milliseconds(100))
        #expect(said.announcements == announcements && said.advertisements == advertisements)
        station.host.setLink(1, isConnected: true, at: wire.now)
        wire.run(for: .seconds(20))
        #expect(isUp(station) && said.probes == probes)
        if family == .v4 {
            #expect(said.announcements == announcements + 2)
        } else {
            // Also the link-local address.
            #expect(said.advertisements == advertisements + 2)
        }
    }

    @Test("groups are reported again, as often as a change, and not while the link is down")
    func groups() {
        let (wire, station, said) = host(.v4, groups: [.v4(IPv4Address(239, 1, 2, 3))], checks: false)
        wire.run(for: .seconds(5))
        #expect(said.reports == 2)
        station.host.setLink(1, isConnected: false, at: wire.now)
        wire.run(for: .seconds(5))
        #expect(said.total == 2)
        station.host.setLink(1, isConnected: true, at: wire.now)
        // A repeated up notification, as after carrier and flags, has no effect.
        station.host.setLink(1, isConnected: true, at: wire.now)
        wire.run(for: .seconds(5))
        #expect(said.reports == 4 && said.announcements == 0)
    }
}
