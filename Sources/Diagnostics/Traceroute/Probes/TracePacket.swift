/// The fields that differ between probes of a trace, besides the number.
struct TracePacket: Hashable, Sendable {
    var timeToLive: UInt8
    /// The flow; load balancers may route each on another path. 0 is the flow of plain traces.
    var flow = 0
    /// The packet length in bytes.
    var length: Int
}
