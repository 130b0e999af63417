@testable import Diagnostics

extension TracerouteConfiguration {
    /// From the simulated host to the simulated target.
    static func simulated(_ method: TracerouteMethod = .udp, firstMark: UInt16 = 1_000) -> TracerouteConfiguration {
        var configuration = TracerouteConfiguration(
            source: .v4(Echo.here), destination: .v4(Echo.there), sourcePort: 40_000, identifier: 77,
            firstMark: firstMark, sequenceSecret: 0x5A5A)
        configuration.method = method
        return configuration
    }
}

extension TraceProbe {
    /// The reply to a probe, if any.
    var answer: TraceAnswer? { if case .answered(let answer) = self { answer } else { nil } }
}
