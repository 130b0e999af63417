/// Datagrams that wait until their next hop is known: so many, and no more.
struct NeighborQueue: Sendable {
    private(set) var datagrams: [[UInt8]] = []
    private let depth: Int

    init(depth: Int) { self.depth = max(depth, 1) }

    /// - Returns: the one that had to go, nil where there was room.
    mutating func append(_ datagram: [UInt8]) -> [UInt8]? {
        datagrams.append(datagram)
        return datagrams.count > depth ? datagrams.removeFirst() : nil
    }
}
