import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Which packets a scan takes for replies to its probes, and which ones a capture of the run has.
@Suite("tcp-syn-scan engine and replies")
struct SYNScanReplyTests {
    @Test("rejected replies: every forgery leaves the port filtered")
    func forgeries() throws {
        typealias Forgery = @Sendable (SimulatedProbe) -> [UInt8]
        let router = IPv4Address(192, 0, 2, 254)
        let forgeries: [(UInt16, Forgery)] = [
            (1, { $0.answer([.syn, .ack], acknowledging: 2) }),
            (2, { $0.answer([.rst, .ack], acknowledging: 0) }),
            (3, { $0.answer([.rst]) }),
            (4, { $0.answer([.syn]) }),
            (5, { $0.answer([.ack]) }),
            (6, { $0.answer([.syn, .ack], from: IPAddress("198.18.0.99")) }),
            (7, { $0.error(code: 13, from: router) { $0[24] ^= 1 } }),
            (8, { $0.error(code: 13, from: router) { $0[19] ^= 1 } }),
            (9, { $0.error(code: 13, quoting: 7, from: router) }),
            (10, { $0.error(code: 4, from: router) }),
            (11, { $0.error(type: 11, code: 0, from: router) }),
            // A wrong checksum of TCP, of IP, of ICMP.
            (
                12,
                {
                    var frame = $0.answer([.syn, .ack]); frame[50] ^= 1; return frame
                }
            ),
            (
                13,
                {
                    var frame = $0.answer([.syn, .ack]); frame[24] ^= 1; return frame
                }
            ),
            (
                14,
                {
                    var frame = $0.error(code: 13, from: router); frame[36] ^= 1; return frame
                }
            ),
            // A data offset beyond the segment, an IP length beyond the frame: correct checksums.
            (15, { Self.resummed($0, offset: 46, value: 0xF0) }),
            (16, { Self.relengthened($0) }),
            (17, { Array($0.answer([.syn, .ack]).prefix(40)) }),
            // A fragment.
            (18, { Self.fragmented($0) }),
            // The rest of a datagram, which begins like a reply.
            (19, { Self.fragmented($0, offset: 1) }),
        ]
        let configuration = try SYNScanEngineTests.configuration("198.18.0.1", ports: forgeries.map(\.0), seed: 5)
        let outcome = SYNScanEngineTests.run(configuration) { probe in
            forgeries.first { $0.0 == probe.segment.destinationPort }.map { [($0.1(probe), .milliseconds(1))] } ?? []
        }
        #expect(
            outcome.summary.filtered == UInt64(forgeries.count), "\(outcome.findings.filter { $0.state != .filtered })")
        #expect(outcome.findings.allSatisfy { $0.reason == .noResponse }, "\(outcome.findings)")
        #expect(outcome.summary.refused > 0 && outcome.summary.received == 0)
    }

    private static func resummed(_ probe: SimulatedProbe, offset: Int, value: UInt8) -> [UInt8] {
        var frame = probe.answer([.syn, .ack])
        let old = UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1])
        frame[offset] = value
        let new = UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1])
        let checksum = InternetChecksum.updated(
            UInt16(frame[50]) << 8 | UInt16(frame[51]), replacing: old, with: new)
        frame[50] = UInt8(checksum >> 8)
        frame[51] = UInt8(checksum & 0xFF)
        return frame
    }

    private static func relengthened(_ probe: SimulatedProbe) -> [UInt8] {
        let frame = probe.answer([.syn, .ack])
        guard case .v4(let source) = probe.source, case .v4(let destination) = probe.destination else { return [] }
        let header = IPv4Header(source: destination, destination: source, protocol: .tcp, payloadLength: 400)
        return Array(frame[..<14]) + header.encoded() + frame[34...]
    }

    private static func fragmented(_ probe: SimulatedProbe, offset: UInt16 = 0) -> [UInt8] {
        let frame = probe.answer([.syn, .ack])
        guard case .v4(let source) = probe.source, case .v4(let destination) = probe.destination else { return [] }
        var header = IPv4Header(
            source: destination, destination: source, protocol: .tcp, payloadLength: frame.count - 34)
        header.moreFragments = offset == 0
        header.fragmentOffset = offset
        return Array(frame[..<14]) + header.encoded() + frame[34...]
    }

    @Test("accepted replies: a reset with data, errors with 8 quoted bytes, the first of two replies")
    func beliefs() throws {
        let router = IPv4Address(192, 0, 2, 254)
        let codes: [UInt8] = [0, 1, 2, 3, 9, 10, 13]
        let configuration = try SYNScanEngineTests.configuration(
            "198.18.0.1", ports: Array(1...3) + Array(100...106), seed: 6)
        let outcome = SYNScanEngineTests.run(configuration) { probe in
            switch probe.segment.destinationPort {
            case 1: [(probe.answer([.rst, .ack], data: Array("no".utf8)), .milliseconds(1))]
            case 2:
                [(probe.answer([.rst, .ack]), .milliseconds(1)), (probe.answer([.syn, .ack]), .milliseconds(2))]
            case 3:
                [(probe.answer([.syn, .ack]), .milliseconds(1)), (probe.answer([.rst, .ack]), .milliseconds(2))]
            case let port: [(probe.error(code: codes[Int(port) - 100], from: router), .milliseconds(1))]
            }
        }
        let states = outcome.states
        #expect(states[1]?.state == .closed && states[2]?.state == .closed && states[3]?.state == .open)
        for (index, code) in codes.enumerated() {
            let finding = states[UInt16(100 + index)]
            #expect(finding?.state == .filtered && finding?.reason == .icmp(type: 3, code: code, from: .v4(router)))
        }
        #expect(outcome.findings.count == 10)
    }

    @Test("IPv6: a valid probe, and accepted replies")
    func ipv6() throws {
        let outcome = SYNScanEngineTests.run(
            try SYNScanEngineTests.configuration("2001:db8::2", ports: [22, 80], seed: 7), SYNScanEngineTests.usual)
        #expect(outcome.summary.open == 1 && outcome.summary.closed == 1, "\(outcome.summary)")
    }

    /// The IPv6 datagram of a frame, with an extension header before its payload.
    private static func extended(
        _ probe: SimulatedProbe, _ frame: [UInt8], _ header: IPv6ExtensionHeader, _ next: IPProtocol = .tcp
    ) -> [UInt8] {
        probe.frame(header.before(Array(frame[54...]), next), header.protocol, from: probe.destination)
    }

    /// An ICMPv6 error about the probe, which reached its sender with destination options.
    private static func error6(_ probe: SimulatedProbe) -> [UInt8] {
        guard case .v6(let source) = probe.source, case .v6(let destination) = probe.destination else { return [] }
        let segment = IPv6ExtensionHeader.padding.before(probe.segment.encoded(), .tcp)
        let quote = IPv6Header(
            source: source, destination: destination, nextHeader: .destinationOptions, payloadLength: segment.count)
        let message = ICMPv6Message(
            .destinationUnreachable(.administrativelyProhibited, ICMPErrorBody(data: quote.encoded() + segment)),
            source: destination, destination: source)
        return probe.frame(message.encoded(), .icmpv6, from: probe.destination)
    }

    @Test("IPv6: replies after extension headers are received, fragments are not")
    func extensionHeaders() throws {
        let atomic = IPv6ExtensionHeader.fragment(offset: 0, reserved: 0, moreFragments: false, identification: 9)
        let first = IPv6ExtensionHeader.fragment(offset: 0, reserved: 0, moreFragments: true, identification: 9)
        let configuration = try SYNScanEngineTests.configuration("2001:db8::2", ports: Array(1...8), seed: 7)
        let outcome = SYNScanEngineTests.run(configuration) { probe in
            let answer = probe.answer([.syn, .ack])
            let frame =
                switch probe.segment.destinationPort {
                case 1: Self.extended(probe, answer, .padding)
                case 2: Self.extended(probe, answer, .hopByHopOptions([.padN([0, 0, 0, 0])]))
                case 3: Self.extended(probe, answer, atomic)
                case 4: Self.extended(probe, probe.answer([.rst, .ack]), .padding)
                case 5: Self.extended(probe, answer, first)
                case 6: Self.extended(probe, answer, .laterFragment)
                case 7: Self.error6(probe)
                default: Self.extended(probe, Self.error6(probe), .padding, .icmpv6)
                }
            return [(frame, .milliseconds(1))]
        }
        let states = outcome.states
        #expect(
            (1...8).map { states[$0]?.state } == [.open, .open, .open, .closed] + Array(repeating: .filtered, count: 4))
        #expect(states[5]?.reason == .noResponse && states[6]?.reason == .noResponse)
        let reason = ScanReason.icmp(type: 1, code: 1, from: try #require(IPAddress("2001:db8::2")))
        #expect(states[7]?.reason == reason && states[8]?.reason == reason)
    }

    @Test("a capture of a run has errors about its probes, and no other ICMP", arguments: [false, true])
    func ownMessages(ownsSource: Bool) throws {
        var configuration = try SYNScanEngineTests.configuration("2001:db8::2", ports: [1], seed: 7)
        configuration.ownsSource = ownsSource
        let other = try SYNScanEngineTests.configuration("2001:db8::2", ports: [1], seed: 7) { $0.sourcePort = 20_000 }
        let address = try #require(IPv6Address("2001:db8::3"))
        let search = NDPFrame.solicitation(for: address, from: .unspecified, mac: SYNScanEngineTests.router)
        _ = SYNScanEngineTests.run(configuration) { [configuration] probe in
            let echo = ICMPv6Message(
                .echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 1, data: [])), source: address,
                destination: address)
            let frames = [
                Self.error6(probe), probe.frame(echo.encoded(), .icmpv6, from: .v6(address)),
                // The kernel probes its own neighbors during the scan.
                search,
            ]
            let isOwn = frames.map { configuration.isOwn($0.rawBytes) }
            #expect(isOwn == [true, false, ownsSource])
            #expect(frames.prefix(1).map { other.isOwn($0.rawBytes) } == [false])
            return []
        }
    }

    @Test("a capture of a run keeps segments after extension headers, and no fragment that only looks like a segment")
    func ownFrames() throws {
        let configuration = try SYNScanEngineTests.configuration("2001:db8::2", ports: [1], seed: 7)
        _ = SYNScanEngineTests.run(configuration) { probe in
            let answer = probe.answer([.syn, .ack])
            let error = Self.extended(probe, Self.error6(probe), .padding, .icmpv6)
            let frames = [probe.frame, answer, Self.extended(probe, answer, .padding), error]
            let isOwn = (frames + [Self.extended(probe, answer, .laterFragment)]).map {
                configuration.isOwn($0.rawBytes)
            }
            #expect(isOwn == [true, true, true, true, false])
            let packets = (frames + [[]]).map { frame in
                configuration.isOwn(Array(frame.dropFirst(14)).rawBytes, hasEthernetHeader: false)
            }
            #expect(packets == [true, true, true, true, false])
            return []
        }
    }
}
