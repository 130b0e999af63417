/// What differs from probe to probe of a trace, beside its number.
struct TracePacket: Hashable, Sendable {
    var timeToLive: UInt8
    /// Which of the trace's flows: load balancers may send each another way. 0 is that of plain traces.
    var flow = 0
    /// Bytes of the whole packet.
    var length: Int
}
