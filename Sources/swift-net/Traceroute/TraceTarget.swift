import Diagnostics
import PacketEngine
import SwiftNet

/// One target of a run: as it was typed, where it is, and how it is traced.
struct TraceTarget {
    var text: String
    var destination: Destination
    var configuration: TraceConfiguration
    /// The interface that probes leave by, which may be gone when the run has ended.
    var interface: String?

    /// Reports the probes that this host could not send, with interface and reason.
    func complain(_ summary: TraceSummary, _ console: Console) {
        guard summary.unsent > 0, let failure = summary.firstFailure else { return }
        let reason = (interface.map { "\($0): " } ?? "") + failure.reason
        console.complain("\(reason): \(Text.count(summary.unsent, "probe")) could not be sent")
    }
}

extension LinkTroubles.Change {
    /// The trouble as the failure of each probe.
    var failure: TransmissionFailure? { trouble.map { .system(code: 0, message: $0) } }
}
