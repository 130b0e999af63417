import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// A host whose link is interrupted for a while.
@Suite("an interrupted link")
struct InterruptedLinkTests {
    /// What a host says, by kind.
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

    @Test("an address that was being asked for is asked for from the beginning", arguments: [IPAddress.Family.v4, .v6])
    func checking(family: IPAddress.Family) {
        let (wire, station, said) = host(family)
        wire.run(for: .milliseconds(family == .v4 ? 1_500 : 100))
        #expect(!isUp(station))
        station.host.setLink(1, isConnected: false, at: wire.now)
        let before = said.total
        wire.run(for: .seconds(20))
        // Nobody could have answered.
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
        // Of another interface nothing is ours.
        station.host.setLink(2, isConnected: true, at: wire.now)
        wire.run(for: .milliseconds(100))
        #expect(said.announcements == announcements && said.advertisements == advertisements)
        station.host.setLink(1, isConnected: true, at: wire.now)
        wire.run(for: .seconds(20))
        #expect(isUp(station) && said.probes == probes)
        if family == .v4 {
            #expect(said.announcements == announcements + 2)
        } else {
            // The link-local address too.
            #expect(said.advertisements == advertisements + 2)
        }
    }

    @Test("groups are reported anew, as often as a change is, and nothing meanwhile")
    func groups() {
        let (wire, station, said) = host(.v4, groups: [.v4(IPv4Address(239, 1, 2, 3))], checks: false)
        wire.run(for: .seconds(5))
        #expect(said.reports == 2)
        station.host.setLink(1, isConnected: false, at: wire.now)
        wire.run(for: .seconds(5))
        #expect(said.total == 2)
        station.host.setLink(1, isConnected: true, at: wire.now)
        // That it is up is said once more, as after carrier and flags: it changes nothing.
        station.host.setLink(1, isConnected: true, at: wire.now)
        wire.run(for: .seconds(5))
        #expect(said.reports == 4 && said.announcements == 0)
    }
}
