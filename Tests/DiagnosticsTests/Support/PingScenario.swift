import PacketEngine
import WireFormat

@testable import Diagnostics

/// One ping on the simulated network.
struct PingScenario {
    var seed: UInt64 = 1
    var destination = IPAddress.v4(Echo.there)
    var dataLength = 56
    var header = PingProbeHeader()
    var configure: (inout PingConfiguration) -> Void = { _ in }
    var faults = SimulatedNetwork.Faults()
    var prepare: (inout SimulatedNetwork) -> Void = { _ in }
    var keepsEvents = true

    struct Outcome {
        var summary: PingSummary
        var events: [PingEvent]
        var log: [(at: Instant, bytes: [UInt8])]
        var sentCount: Int

        var replies: [PingReply] { events.compactMap { if case .reply(let reply) = $0 { reply } else { nil } } }
        var timeouts: [UInt16] {
            events.compactMap { if case .timeout(let sequence, _) = $0 { sequence } else { nil } }
        }
        var errors: [PingErrorNotice] {
            events.compactMap { if case .icmpError(let notice) = $0 { notice } else { nil } }
        }

        /// Whether every probe is in exactly one of the counters.
        var isBalanced: Bool {
            summary.transmitted == summary.answered + summary.late + summary.lost + summary.failed
        }

        /// The send time of each probe, from the first on.
        var times: [Nanoseconds] { log.map { $0.at - (log.first?.at ?? $0.at) } }
    }

    static func key(_ seed: UInt64) -> SipHash {
        var random = SeededGenerator(seed: seed &+ 77)
        return SipHash(using: &random)
    }

    var format: PingProbeFormat {
        PingProbeFormat(
            level: .datagram, source: destination.family == .v4 ? .v4(Echo.here) : Echo.here6, identifier: 4711,
            header: header, data: (0..<dataLength).map { UInt8(truncatingIfNeeded: $0) }, key: Self.key(seed))
    }

    var configuration: PingConfiguration {
        var configuration = PingConfiguration(destination: destination, format: format)
        configuration.count = 5
        configure(&configuration)
        return configuration
    }

    func run() -> Outcome {
        var engine = PingEngine(configuration)
        var network = SimulatedNetwork(seed: seed, faults: faults)
        network.keepsLog = keepsEvents
        prepare(&network)
        var recorder = Recorder<PingEngine>()
        recorder.keeps = keepsEvents
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(
            summary: engine.summary, events: recorder.events, log: network.log, sentCount: network.sentCount)
    }
}
