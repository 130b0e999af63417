import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("Probes of a trace")
struct TraceFormatTests {
    private func configuration(_ method: TracerouteMethod, isIPv6: Bool) -> TracerouteConfiguration {
        var configuration = TracerouteConfiguration(
            source: isIPv6 ? Echo.here6 : .v4(Echo.here), destination: isIPv6 ? Echo.there6 : .v4(Echo.there),
            sourcePort: 65_000, identifier: 77, firstMark: 65_500, sequenceSecret: 0x5A5A)
        configuration.method = method
        configuration.packetLength = isIPv6 ? 80 : 60
        configuration.longestPacket = 1_500
        return configuration
    }

    /// A router's reply to a probe.
    private func exceeded(_ probe: [UInt8], isIPv6: Bool) -> [UInt8] {
        guard isIPv6, case .v6(let here) = Echo.here6 else {
            return Echo.datagram(
                ICMPv4Message(.timeExceeded(code: 0, ICMPErrorBody(data: Array(probe.prefix(28))))).encoded(),
                from: IPv4Address(198, 51, 100, 1), to: Echo.here)
        }
        let body = ICMPErrorBody(data: Array(probe.prefix(1_232)))
        return ICMPv6Message(.timeExceeded(code: 0, body), source: here, destination: here).encoded()
    }

    @Test(
        "every flow and length has correct checksums and is recognized by its quote, also when marks wrap",
        arguments: TracerouteMethod.allCases, [false, true])
    func probes(method: TracerouteMethod, isIPv6: Bool) {
        var prober = TraceProber(configuration(method, isIPv6: isIPv6))
        var batch = PacketBatch(capacity: 1, slotLength: prober.format.maximumLength)
        var random = SeededGenerator(seed: 7)
        var labels: Set<UInt32> = []
        for number in 0..<300 {
            let flow = method == .icmp ? 0 : number % 40
            let length =
                method == .tcp ? prober.usualLength : Int.random(in: prober.usualLength...1_500, using: &random)
            let packet = TracePacket(timeToLive: 9, flow: flow, length: length)
            batch.removeAll()
            let isAppended = prober.append(packet, tag: number, to: &batch, at: Instant(nanoseconds: 0))
            let probe = batch.bytes(of: batch.entries[0])
            #expect(isAppended && probe.count == length)
            let layers = PacketLayers(probe.rawBytes, linkType: .rawIP)
            let transport = layers.verifyChecksums(probe.rawBytes).transport
            #expect(transport == .correct, "probe \(number), flow \(flow), \(length) bytes")
            if isIPv6 { labels.insert(probe.rawBytes.bigEndian32(at: 0) & 0xF_FFFF) }
            let answer = exceeded(probe, isIPv6: isIPv6)
            let source: IPAddress = isIPv6 ? Echo.here6 : .v4(IPv4Address(198, 51, 100, 1))
            let received = ReceivedPacket(
                bytes: answer.rawBytes, form: isIPv6 ? .message : .datagram, arrival: Instant(nanoseconds: 1_000),
                source: source, destination: Echo.here6, hopLimit: 64)
            let arrival = prober.received(received)
            #expect(arrival?.tag == number && arrival?.packet == packet && arrival?.answer.isTranslated == false)
            // The same again is not a second reply.
            let again = prober.received(received)
            #expect(again == nil)
        }
        // Routers that hash the flow label instead of ports distinguish the flows.
        if isIPv6 { #expect(labels.count == (method == .icmp ? 1 : 40)) }
    }

    @Test(
        "ICMPv6 errors: a probe is recognized even if its quote has extension headers",
        arguments: TracerouteMethod.allCases
    )
    func quotedExtensionHeaders(method: TracerouteMethod) {
        var prober = TraceProber(configuration(method, isIPv6: true))
        var batch = PacketBatch(capacity: 1, slotLength: prober.format.maximumLength)
        _ = prober.append(
            TracePacket(timeToLive: 9, length: prober.usualLength), tag: 5, to: &batch, at: Instant(nanoseconds: 0))
        var quote = batch.bytes(of: batch.entries[0])
        let header = IPv6ExtensionHeader.padding
        quote.insert(contentsOf: header.encoded(nextHeader: IPProtocol(rawValue: quote[6])), at: 40)
        quote[6] = header.protocol.rawValue
        let answer = exceeded(quote, isIPv6: true)
        let arrival = prober.received(
            ReceivedPacket(
                bytes: answer.rawBytes, form: .message, arrival: Instant(nanoseconds: 1_000), source: Echo.here6,
                destination: Echo.here6))
        #expect(arrival?.tag == 5)
    }

    @Test("an old probe is not confused with the one that has its mark now")
    func forgotten() {
        var prober = TraceProber(configuration(.udp, isIPv6: false))
        var batch = PacketBatch(capacity: 1, slotLength: prober.format.maximumLength)
        var first: [UInt8] = []
        for number in 0..<(TraceProbes.capacity + 10) {
            batch.removeAll()
            _ = prober.append(
                TracePacket(timeToLive: 1, length: prober.usualLength), tag: number, to: &batch,
                at: Instant(nanoseconds: 0))
            if number == 0 { first = batch.bytes(of: batch.entries[0]) }
        }
        let answer = exceeded(first, isIPv6: false)
        let arrival = prober.received(
            ReceivedPacket(
                bytes: answer.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000),
                source: .v4(IPv4Address(198, 51, 100, 1))))
        #expect(arrival == nil)
    }
}
