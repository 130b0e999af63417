import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// The ARP module, driven by received packets and a simulated time.
@Suite("the ARP module")
struct ARPModuleTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let other = MACAddress(rawValue: 0x0200_0000_0002)
    private static let address = IPv4Address(192, 0, 2, 1)
    private static let hop = IPv4Address(192, 0, 2, 2)

    private static func second(_ count: Int64) -> Instant { Instant(nanoseconds: count * 1_000_000_000) }

    private func module(_ configure: (inout ARPConfiguration) -> Void = { _ in }) -> ARPModule {
        var configuration = ARPConfiguration(mac: Self.us, addresses: [Self.address])
        configure(&configuration)
        return ARPModule(configuration)
    }

    private func events(_ module: inout ARPModule) -> [NeighborEvent<IPv4Address>] {
        var events: [NeighborEvent<IPv4Address>] = []
        module.drain { events.append($0) }
        return events
    }

    private func reply(
        _ sender: IPv4Address = hop, _ mac: MACAddress = other, to target: IPv4Address = address
    ) -> ARPPacket {
        ARPPacket(operation: .reply, senderMAC: mac, senderAddress: sender, targetMAC: Self.us, targetAddress: target)
    }

    private func frame(_ datagram: [UInt8], to mac: MACAddress) -> NeighborEvent<IPv4Address> {
        .frame(
            EthernetHeader.padded(
                EthernetHeader(destination: mac, source: Self.us, etherType: .ipv4).encoded() + datagram))
    }

    private var request: NeighborEvent<IPv4Address> {
        .frame(ARPFrame.bytes(.request(for: Self.hop, from: Self.us, Self.address), to: .broadcast))
    }

    @Test("a datagram waits for the reply, and later ones are sent at once, in order")
    func output() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        module.output([2], to: Self.hop, at: Self.second(0))
        #expect(events(&module) == [request])
        module.input(reply(), at: Self.second(0))
        #expect(
            events(&module) == [
                .resolved(Self.hop, Self.other), frame([1], to: Self.other), frame([2], to: Self.other),
            ])
        module.output([3], to: Self.hop, at: Self.second(1))
        #expect(events(&module) == [frame([3], to: Self.other)] && module.mac(of: Self.hop) == Self.other)
    }

    @Test("multicast and broadcast addresses are not resolved")
    func groups() {
        var module = module()
        module.output([1], to: IPv4Address(239, 1, 2, 3), at: Self.second(0))
        module.output([2], to: .limitedBroadcast, at: Self.second(0))
        #expect(
            events(&module) == [
                frame([1], to: MACAddress(multicast: IPv4Address(239, 1, 2, 3))), frame([2], to: .broadcast),
            ])
        #expect(module.count == 0 && module.due == nil)
    }

    @Test("no reply: 5 requests, 1 s apart, then unresolved")
    func silence() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        var asked: [Int64] = []
        var given: [NeighborEvent<IPv4Address>] = []
        for tenth in 0..<100 as Range<Int64> {
            let now = Instant(nanoseconds: tenth * 100_000_000)
            if tenth == 3 { module.output([2], to: Self.hop, at: now) }
            module.control(at: now)
            for event in events(&module) {
                if event == request { asked.append(tenth) } else { given.append(event) }
            }
        }
        #expect(asked == [0, 10, 20, 30, 40])
        #expect(
            given == [
                .undeliverable([1], nextHop: Self.hop), .undeliverable([2], nextHop: Self.hop), .unresolved(Self.hop),
            ])
        #expect(module.count == 0 && module.due == nil)
    }

    @Test("the queue is bounded, and the oldest datagram is dropped")
    func queue() {
        var module = module { $0.queueDepth = 2 }
        for byte in 1...4 as ClosedRange<UInt8> { module.output([byte], to: Self.hop, at: Self.second(0)) }
        #expect(
            events(&module) == [
                request, .crowdedOut([1], nextHop: Self.hop), .crowdedOut([2], nextHop: Self.hop),
            ])
        module.input(reply(), at: Self.second(0))
        #expect(events(&module).suffix(2) == [frame([3], to: Self.other), frame([4], to: Self.other)])
    }

    @Test("an entry expires 20 minutes after the last packet that refreshed it")
    func expiry() {
        var module = module()
        module.output([1], to: Self.hop, at: Self.second(0))
        module.input(reply(), at: Self.second(0))
        module.input(reply(), at: Self.second(600))
        _ = events(&module)
        module.control(at: Self.second(1_799))
        #expect(module.mac(of: Self.hop) == Self.other && module.due == Self.second(1_800))
        module.control(at: Self.second(1_800))
        #expect(events(&module) == [.expired(Self.hop, Self.other)] && module.count == 0)
        // An expired entry is not used even before cache control removed it.
        module.input(reply(), at: Self.second(2_000))
        module.output([2], to: Self.hop, at: Self.second(4_000))
        #expect(events(&module) == [.resolved(Self.hop, Self.other), .expired(Self.hop, Self.other), request])
    }

    @Test("RFC 826: senders of requests to us are answered and added; other senders only refresh known entries")
    func input() {
        var module = module()
        let question = ARPPacket.request(for: Self.address, from: Self.other, Self.hop)
        module.input(question, at: Self.second(0))
        #expect(
            events(&module) == [
                .resolved(Self.hop, Self.other), .frame(ARPFrame.bytes(question.reply(from: Self.us), to: Self.other)),
            ])
        let third = MACAddress(rawValue: 0x0200_0000_0003)
        // A gratuitous announcement of a known sender, and of an unknown one.
        module.input(.request(for: Self.hop, from: third, Self.hop), at: Self.second(1))
        module.input(
            .request(for: IPv4Address(192, 0, 2, 9), from: third, IPv4Address(192, 0, 2, 9)), at: Self.second(1))
        #expect(events(&module) == [.moved(Self.hop, from: Self.other, to: third)] && module.count == 1)
    }

    @Test("probes, own packets, groups and other operations are ignored; our address at another station is a conflict")
    func rejectedMessages() {
        var module = module()
        let probe = ARPPacket.request(for: Self.address, from: Self.other, .unspecified)
        module.input(probe, at: Self.second(0))
        #expect(events(&module) == [.frame(ARPFrame.bytes(probe.reply(from: Self.us), to: Self.other))])
        module.input(reply(Self.hop, Self.us), at: Self.second(0))
        module.input(reply(Self.hop, .broadcast), at: Self.second(0))
        module.input(reply(IPv4Address(239, 1, 2, 3)), at: Self.second(0))
        module.input(reply(.limitedBroadcast), at: Self.second(0))
        var strange = reply()
        strange.operation = .reverseReply
        module.input(strange, at: Self.second(0))
        #expect(events(&module).isEmpty && module.count == 0)
        module.input(reply(Self.address), at: Self.second(0))
        #expect(events(&module) == [.conflict(Self.address, Self.other)] && module.count == 0)
    }

    @Test("a permanent entry is not changed by received packets")
    func permanent() {
        var module = module { $0.capacity = 2 }
        module.output([1], to: Self.hop, at: Self.second(0))
        _ = events(&module)
        module.setPermanent(Self.hop, Self.other, at: Self.second(0))
        #expect(events(&module) == [frame([1], to: Self.other)])
        module.input(reply(Self.hop, MACAddress(rawValue: 0x0200_0000_0066)), at: Self.second(1))
        module.control(at: Self.second(100_000))
        #expect(module.mac(of: Self.hop) == Self.other && events(&module).isEmpty)
        module.setPermanent(IPv4Address(192, 0, 2, 3), Self.other, at: Self.second(2))
        module.output([9], to: IPv4Address(192, 0, 2, 4), at: Self.second(3))
        #expect(events(&module) == [.crowdedOut([9], nextHop: IPv4Address(192, 0, 2, 4))] && module.count == 2)
    }

    @Test("floods: the table is bounded, and entries in use remain", arguments: 1...10 as ClosedRange<UInt64>)
    func floods(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var module = module { $0.capacity = 64 }
        module.input(reply(), at: Self.second(0))
        for step in 1...5_000 as ClosedRange<Int64> {
            let now = Instant(nanoseconds: step * 1_000_000)
            let otherHost = IPv4Address(rawValue: 0x0A00_0000 | UInt32.random(in: 1...0xFF_FFFF, using: &generator))
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: module.input(.request(for: Self.address, from: Self.other, otherHost), at: now)
            case 1: module.output([1], to: otherHost, at: now)
            default: module.control(at: now)
            }
            module.output([2], to: Self.hop, at: now)
            #expect(module.count <= 64, "seed \(seed)")
        }
        var waiting = 0
        for event in events(&module) {
            switch event {
            case .undeliverable, .crowdedOut: waiting += 1
            default: break
            }
        }
        #expect(module.mac(of: Self.hop) == Self.other && waiting > 100, "seed \(seed): \(waiting)")
    }

    @Test("two hosts with these modules resolve each other despite loss", arguments: 1...20 as ClosedRange<UInt64>)
    func conversation(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var hosts = [
            ARPModule(ARPConfiguration(mac: Self.us, addresses: [Self.address])),
            ARPModule(ARPConfiguration(mac: Self.other, addresses: [Self.hop])),
        ]
        var arrived = 0
        hosts[0].output([7], to: Self.hop, at: Self.second(0))
        for second in 0..<6 as Range<Int64> {
            hosts[0].control(at: Self.second(second))
            for _ in 0..<4 {
                for index in 0..<2 {
                    for event in events(&hosts[index]) {
                        guard case .frame(let bytes) = event, Double.random(in: 0..<1, using: &generator) > 0.2 else {
                            continue
                        }
                        if let arp = ReceivedARP(bytes.rawBytes) {
                            hosts[1 - index].input(arp.packet, at: Self.second(second))
                        } else if bytes[14] == 7 {
                            arrived += 1
                        }
                    }
                }
            }
        }
        // The datagram itself may be lost as well, but the address is resolved.
        #expect(hosts[0].mac(of: Self.hop) == Self.other && arrived <= 1, "seed \(seed)")
    }
}
