import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// The NDP module, driven by received packets and a simulated time (RFC 4861, sections 7.2 and 7.3).
@Suite("the NDP module")
struct NDPModuleTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let other = MACAddress(rawValue: 0x0200_0000_0002)
    private static let third = MACAddress(rawValue: 0x0200_0000_0003)
    private static let address = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1)
    private static let hop = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 2)

    private static func second(_ count: Double) -> Instant { Instant(nanoseconds: Int64(count * 1e9)) }

    private func module(isRouter: Bool = false, queueDepth: Int = 64, capacity: Int = 1_024) -> NDPModule {
        var configuration = NDPConfiguration(
            mac: Self.us, addresses: [(Self.address, 64), (Self.us.linkLocalAddress, 64)])
        configuration.isRouter = isRouter
        configuration.queueDepth = queueDepth
        configuration.capacity = capacity
        return NDPModule(configuration)
    }

    private func events(_ module: inout NDPModule) -> [NeighborEvent<IPv6Address>] {
        var events: [NeighborEvent<IPv6Address>] = []
        module.drain { events.append($0) }
        return events
    }

    /// Returns a message as received; nil if it is invalid.
    private func arrived(
        _ frame: [UInt8], _ change: (inout [UInt8]) -> Void = { _ in }
    ) -> ReceivedNDP? {
        var frame = frame
        change(&frame)
        let bytes = frame.rawBytes
        guard let ethernet = ReceivedFrame(bytes), let view = try? IPv6View(bytes.dropping(ethernet.payloadOffset)),
            let icmp = try? ICMPv6View(view.payload)
        else { return nil }
        return ReceivedNDP(view, icmp, mac: ethernet.source)
    }

    private func take(_ frame: [UInt8], _ module: inout NDPModule, at second: Double) {
        guard let message = arrived(frame) else {
            Issue.record("not believed")
            return
        }
        module.input(message, at: Self.second(second))
    }

    private func advertisement(
        _ flags: NDPMessage.NeighborFlags = [.solicited, .override], of target: IPv6Address = hop,
        mac: MACAddress = other, to destination: IPv6Address = address
    ) -> [UInt8] {
        NDPFrame.advertisement(of: target, flags: flags, to: destination, mac: mac)
    }

    private func frame(_ packet: [UInt8], to mac: MACAddress) -> NeighborEvent<IPv6Address> {
        .frame(EthernetFrame.bytes(packet.rawBytes, .ipv6, from: Self.us, to: mac))
    }

    private var question: NeighborEvent<IPv6Address> {
        .frame(NDPFrame.solicitation(for: Self.hop, from: Self.address, mac: Self.us))
    }

    private var probe: NeighborEvent<IPv6Address> {
        .frame(NDPFrame.solicitation(for: Self.hop, from: Self.address, mac: Self.us, at: Self.other))
    }

    /// Returns a module with a neighbor that replied at second 0.
    private func reachable() -> NDPModule {
        var module = module()
        module.resolve(Self.hop, at: Self.second(0))
        take(advertisement(), &module, at: 0)
        _ = events(&module)
        return module
    }

    @Test("INCOMPLETE to REACHABLE: packets wait for the reply and are sent in order")
    func resolution() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        module.output([2], to: Self.hop, at: Self.second(0))
        #expect(events(&module) == [question])
        take(advertisement(), &module, at: 0.1)
        #expect(
            events(&module) == [
                .resolved(Self.hop, Self.other), frame([1], to: Self.other), frame([2], to: Self.other),
            ])
        #expect(module.mac(of: Self.hop) == Self.other && !module.wantsUse(of: Self.hop))
    }

    @Test("INCOMPLETE to removed: 3 solicitations, 1 s apart, then unresolved")
    func silence() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        var asked = 0
        for tenth in 0...40 {
            module.control(at: Self.second(Double(tenth) / 10))
            for event in events(&module) {
                if event == question {
                    asked += 1
                } else if event == .undeliverable([1], nextHop: Self.hop) {
                    #expect(tenth == 30)
                } else {
                    #expect(event == .unresolved(Self.hop))
                }
            }
        }
        #expect(asked == 3 && module.count == 0 && module.due == nil)
    }

    @Test("INCOMPLETE: a reply without a link-layer address is ignored")
    func answerWithoutAddress() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        _ = events(&module)
        let message = NDPMessage(.neighborAdvertisement(flags: .solicited, target: Self.hop))
        take(NDPFrame.bytes(message, from: Self.hop, to: Self.address, mac: Self.other), &module, at: 0)
        #expect(events(&module).isEmpty && module.mac(of: Self.hop) == nil)
    }

    @Test("INCOMPLETE to STALE: an unsolicited reply is used, and probed later")
    func unsolicited() {
        var module = module()
        module.resolve(Self.hop, at: Self.second(0))
        take(advertisement(.override, to: .allNodes), &module, at: 0)
        #expect(module.mac(of: Self.hop) == Self.other && module.wantsUse(of: Self.hop))
    }

    @Test("REACHABLE, STALE, DELAY, PROBE and removed: by time, by use, by lack of a reply")
    func unreachabilityDetection() {
        var module = reachable()
        module.control(at: Self.second(29.9))
        #expect(!module.wantsUse(of: Self.hop))
        module.control(at: Self.second(30))
        // STALE: nothing happens while the entry is not used.
        #expect(module.wantsUse(of: Self.hop) && module.due == nil)
        module.output([1], to: Self.hop, at: Self.second(100))
        #expect(events(&module) == [frame([1], to: Self.other)] && !module.wantsUse(of: Self.hop))
        module.control(at: Self.second(104.9))
        #expect(events(&module).isEmpty)
        for second in [105.0, 106, 107] {
            module.control(at: Self.second(second))
            #expect(events(&module) == [probe], "\(second)")
        }
        module.control(at: Self.second(108))
        #expect(events(&module) == [.expired(Self.hop, Self.other)] && module.count == 0)
    }

    @Test("PROBE to REACHABLE: the neighbor replied")
    func probed() {
        var module = reachable()
        module.control(at: Self.second(30))
        module.resolve(Self.hop, at: Self.second(40))
        module.control(at: Self.second(45))
        #expect(events(&module) == [probe])
        take(advertisement(.solicited), &module, at: 45.1)
        #expect(module.due == Self.second(75.1))
    }

    @Test("REACHABLE: another address with the Override flag is accepted, without it the entry becomes stale")
    func override() {
        var module = reachable()
        take(advertisement(.solicited, mac: Self.third), &module, at: 1)
        #expect(module.mac(of: Self.hop) == Self.other && module.wantsUse(of: Self.hop))
        module = reachable()
        take(advertisement([.override, .solicited], mac: Self.third), &module, at: 1)
        #expect(events(&module) == [.moved(Self.hop, from: Self.other, to: Self.third)])
        #expect(module.mac(of: Self.hop) == Self.third && !module.wantsUse(of: Self.hop))
        module = reachable()
        take(advertisement(.override, mac: Self.third, to: .allNodes), &module, at: 1)
        #expect(module.mac(of: Self.hop) == Self.third && module.wantsUse(of: Self.hop))
    }

    @Test("REACHABLE, and packets are lost: probed at once, once per second")
    func doubt() {
        var module = reachable()
        module.doubt(Self.hop, at: Self.second(5))
        module.doubt(Self.hop, at: Self.second(5))
        #expect(events(&module) == [probe] && module.mac(of: Self.hop) == Self.other)
    }

    @Test("a solicitation is answered and adds an entry; an unspecified source is answered to all nodes")
    func solicited() {
        var module = module()
        take(NDPFrame.solicitation(for: Self.address, from: Self.hop, mac: Self.other), &module, at: 0)
        #expect(
            events(&module) == [
                .resolved(Self.hop, Self.other),
                .frame(
                    NDPFrame.advertisement(
                        of: Self.address, flags: [.solicited, .override], to: Self.hop, mac: Self.us, at: Self.other)),
            ])
        #expect(module.wantsUse(of: Self.hop) && module.mac(of: Self.hop) == Self.other)
        var router = self.module(isRouter: true)
        take(NDPFrame.solicitation(for: Self.address, from: .unspecified, mac: Self.other), &router, at: 0)
        #expect(
            events(&router) == [
                .frame(
                    NDPFrame.advertisement(
                        of: Self.address, flags: [.router, .override], to: .allNodes, mac: Self.us))
            ])
        #expect(router.count == 0)
        take(NDPFrame.solicitation(for: Self.hop, from: Self.hop, mac: Self.other), &router, at: 0)
        #expect(events(&router).isEmpty)
    }

    @Test("our address at another station is a conflict")
    func conflict() {
        var module = module()
        take(advertisement(.override, of: Self.address, mac: Self.other, to: .allNodes), &module, at: 0)
        #expect(events(&module) == [.conflict(Self.address, Self.other)])
    }

    @Test("the queue and the cache are bounded, and the oldest is dropped")
    func bounds() {
        var module = module(queueDepth: 2, capacity: 2)
        for byte in 1...4 as ClosedRange<UInt8> { module.output([byte], to: Self.hop, at: Self.second(0)) }
        #expect(
            events(&module) == [
                question, .crowdedOut([1], nextHop: Self.hop), .crowdedOut([2], nextHop: Self.hop),
            ])
        for low in 3...9 as ClosedRange<UInt64> {
            module.resolve(IPv6Address(high: Self.hop.high, low: low), at: Self.second(Double(low)))
        }
        #expect(module.count == 2)
        #expect(events(&module).contains(.crowdedOut([3], nextHop: Self.hop)))
    }

    @Test("messages from beyond the link, with a code or invalid options are ignored (RFC 4861, sections 6.1 and 7.1)")
    func rejectedMessages() {
        let good = advertisement()
        #expect(arrived(good) != nil)
        #expect(arrived(good) { $0[14 + 7] = 254 } == nil)
        #expect(arrived(good) { $0[14 + 40 + 1] = 1 } == nil)
        // An invalid option length.
        #expect(arrived(good) { $0[14 + 40 + 24 + 1] = 0 } == nil)
        #expect(arrived(advertisement(of: .allNodes)) == nil)
        #expect(arrived(advertisement([.solicited], to: .allNodes)) == nil)
        let probe = NDPFrame.solicitation(for: Self.address, from: .unspecified, mac: Self.other)
        #expect(arrived(probe) != nil)
        let withOption = NDPFrame.bytes(
            NDPMessage(
                .neighborSolicitation(reserved: 0, target: Self.address),
                options: [.sourceLinkLayerAddress(Self.other)]), from: .unspecified,
            to: Self.address.solicitedNodeGroup, mac: Self.other)
        #expect(arrived(withOption) == nil)
        let toOne = NDPFrame.bytes(
            NDPMessage(.neighborSolicitation(reserved: 0, target: Self.address)), from: .unspecified,
            to: Self.address, mac: Self.other, frameTo: Self.us)
        #expect(arrived(toOne) == nil)
        let routerFromAfar = NDPFrame.bytes(
            NDPMessage(.routerAdvertisement(.init(currentHopLimit: 64, routerLifetime: 9))), from: Self.hop,
            to: .allNodes, mac: Self.other)
        #expect(arrived(routerFromAfar) == nil)
    }
}
