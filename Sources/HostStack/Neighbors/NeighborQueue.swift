/// A bounded queue of datagrams whose next hop is being resolved.
struct NeighborQueue: Sendable {
    private(set) var datagrams: [[UInt8]] = []
    private let depth: Int

    init(depth: Int) { self.depth = max(depth, 1) }

    /// - Returns: the datagram that was dropped, or nil if there was room.
    mutating func append(_ datagram: [UInt8]) -> [UInt8]? {
        datagrams.append(datagram)
        return datagrams.count > depth ? datagrams.removeFirst() : nil
    }
}
