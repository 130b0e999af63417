import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Invalid replies, and how they are reported.
@Suite("ignored replies")
struct IgnoredReplyTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let other = MACAddress(rawValue: 0x0200_0000_0002)
    private static let otherMAC = MACAddress(rawValue: 0x0200_0000_0009)
    private static let here = IPv4Address(192, 0, 2, 1)
    private static let target = IPv4Address(192, 0, 2, 2)
    private static let zero = MACAddress(rawValue: 0)
    private static let group = MACAddress(rawValue: 0x0100_5E00_0001)

    /// A reply that every engine here accepts, except for its changed fields.
    private static func frame(
        reverse: Bool = false, frameSource: MACAddress = other, _ change: (inout ARPPacket) -> Void = { _ in }
    ) -> [UInt8] {
        var packet = ARPPacket(
            operation: reverse ? .reverseReply : .reply, senderMAC: other, senderAddress: target, targetMAC: us,
            targetAddress: reverse ? IPv4Address(192, 0, 2, 7) : here)
        change(&packet)
        var bytes = ARPFrame.bytes(packet, to: us)
        for index in 0..<6 { bytes[6 + index] = UInt8(truncatingIfNeeded: frameSource.rawValue >> (40 - 8 * index)) }
        return bytes
    }

    /// Sends one request, and receives these replies 1 ms apart.
    private func ignored<E: Engine & ~Copyable>(
        _ engine: inout E, _ frames: [[UInt8]], pause: Nanoseconds = .milliseconds(1),
        _ reply: (E.Event) -> IgnoredReply?
    ) -> [IgnoredReply] {
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        var now = Instant(nanoseconds: 1_000_000_000)
        _ = engine.transmit(into: &batch, at: now)
        for entry in batch.entries { engine.transmitted(entry.token, at: now, isExact: true) }
        for frame in frames {
            now = now + pause
            engine.receive(ReceivedPacket(frame: frame.rawBytes, arrival: now))
        }
        var replies: [IgnoredReply] = []
        engine.drain { if let ignored = reply($0) { replies.append(ignored) } }
        return replies
    }

    private func arping(_ frames: [[UInt8]], reports: Bool = true, pause: Nanoseconds = .milliseconds(1))
        -> (replies: [IgnoredReply], received: Int)
    {
        var configuration = ArpingConfiguration(mac: Self.us, source: Self.here, target: Self.target)
        configuration.reportsIgnored = reports
        var engine = ArpingEngine(configuration)
        let replies = ignored(&engine, frames, pause: pause) {
            if case .ignored(let reply) = $0 { reply } else { nil }
        }
        return (replies, engine.summary.received)
    }

    private func sweep(_ frames: [[UInt8]]) throws -> (replies: [IgnoredReply], received: Int) {
        var targets = AddressSet()
        try targets.insert(.v4(Self.target))
        var configuration = ArpingSweepConfiguration(mac: Self.us, source: Self.here, targets: targets)
        configuration.reportsIgnored = true
        var engine = ArpingSweepEngine(configuration)
        let replies = ignored(&engine, frames) { if case .ignored(let reply) = $0 { reply } else { nil } }
        return (replies, engine.summary.received)
    }

    private func rarp(_ frames: [[UInt8]]) -> (replies: [IgnoredReply], received: Int) {
        var configuration = RARPQueryConfiguration(mac: Self.us, subjects: [Self.us])
        configuration.reportsIgnored = true
        var engine = RARPQueryEngine(configuration)
        let replies = ignored(&engine, frames) { if case .ignored(let reply) = $0 { reply } else { nil } }
        return (replies, engine.summary.received)
    }

    @Test("invalid sender addresses, and replies to others, by arping and a sweep")
    func requests() throws {
        let rows: [([UInt8], IgnoredReply.Reason)] = [
            (Self.frame { $0.senderMAC = Self.zero }, .sender(Self.zero)),
            (Self.frame { $0.senderMAC = .broadcast }, .sender(.broadcast)),
            (Self.frame(frameSource: Self.group), .sender(Self.group)),
            (Self.frame { $0.targetMAC = Self.otherMAC }, .otherStation(Self.otherMAC)),
            (
                Self.frame { $0.targetAddress = IPv4Address(192, 0, 2, 9) },
                .otherAddress(IPv4Address(192, 0, 2, 9))
            ),
        ]
        for (frame, reason) in rows {
            for outcome in [arping([frame]), try sweep([frame])] {
                #expect(outcome.replies.map(\.reason) == [reason] && outcome.received == 0)
            }
        }
        // Packets about another target, and requests, are not replies to us.
        let others = [
            Self.frame { $0.senderAddress = IPv4Address(192, 0, 2, 8) },
            Self.frame {
                $0.operation = .request; $0.targetMAC = Self.zero; $0.targetAddress = Self.target
            },
        ]
        for outcome in [arping(others), try sweep(others)] {
            #expect(outcome.replies.isEmpty && outcome.received == 0)
        }
        for outcome in [arping([Self.frame()]), try sweep([Self.frame()])] {
            #expect(outcome.replies.isEmpty && outcome.received == 1)
        }
    }

    @Test("invalid IP addresses, senders and other MAC addresses, by rarp query")
    func reverse() {
        for address in [
            IPv4Address(0, 0, 0, 0), IPv4Address(127, 0, 0, 1), IPv4Address(239, 1, 1, 1), .limitedBroadcast,
        ] {
            let outcome = rarp([Self.frame(reverse: true) { $0.targetAddress = address }])
            #expect(outcome.replies.map(\.reason) == [.address(address)] && outcome.received == 0)
        }
        let others = rarp([
            Self.frame(reverse: true) { $0.senderMAC = Self.group },
            Self.frame(reverse: true) { $0.targetMAC = Self.otherMAC }, Self.frame(reverse: true),
        ])
        #expect(others.replies.map(\.reason) == [.sender(Self.group), .otherStation(Self.otherMAC)])
        #expect(others.replies.allSatisfy { $0.source == Self.other } && others.received == 1)
    }

    @Test("of a flood 20 per second are reported, and none if not requested")
    func flood() {
        let frame = Self.frame { $0.senderMAC = Self.zero }
        let frames = [[UInt8]](repeating: frame, count: 3_000)
        #expect(arping(frames, reports: false).replies.isEmpty)
        // In 3 s.
        #expect((60...80).contains(arping(frames).replies.count))
        #expect(arping(frames, pause: .microseconds(1)).replies.count == 20)
    }
}
