import PacketEngine
import WireFormat

/// The sequence number of a probe: a keyed hash of its addresses and ports. Off-path hosts cannot forge replies, and no
/// per-probe state is needed.
struct ScanCookie: Sendable {
    let key: SipHash

    @inline(__always)
    func sequence(
        source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16
    ) -> UInt32 {
        let ports = UInt64(sourcePort) << 16 | UInt64(destinationPort)
        let hash: UInt64
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            hash = key(UInt64(source.rawValue) << 32 | UInt64(destination.rawValue), ports)
        case (.v6(let source), .v6(let destination)):
            // The source is the same for all probes: the halves of the destination are hashed one after the other.
            hash = key(key(source.high ^ ports, source.low) ^ destination.high, destination.low)
        default: hash = key(ports)
        }
        return UInt32(truncatingIfNeeded: hash)
    }
}
