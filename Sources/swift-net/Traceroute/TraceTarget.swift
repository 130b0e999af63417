import Diagnostics
import SwiftNet

/// One target of a run: as it was typed, where it is, and how it is traced.
struct TraceTarget {
    var text: String
    var destination: Destination
    var configuration: TraceConfiguration
}
