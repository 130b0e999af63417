import WireFormat

/// The control-block table of UDP: an entry per open port.
struct UDPControlBlockTable: Sendable {
    private var blocks: [UDPControlBlock] = []
    private var free: [Int] = []
    /// The indices of the blocks in use, by port.
    private var ports: [UInt16: [Int]] = [:]
    private let limit: Int

    /// - Parameter limit: the maximum number of open ports.
    init(limit: Int) { self.limit = limit }

    /// The number of open ports.
    var count: Int { blocks.count - free.count }

    /// Whether a block may be added: no other block has the port at the same address. A block for all addresses
    /// conflicts with every block of the port.
    func isAvailable(_ port: UInt16, at address: IPAddress?) -> Bool {
        (ports[port] ?? []).allSatisfy { index in
            guard let address, let other = blocks[index].address else { return false }
            return address != other
        }
    }

    /// Adds a block.
    mutating func insert(_ block: UDPControlBlock) throws(UDPFailure) -> UDPIdentifier {
        guard isAvailable(block.port, at: block.address) else { throw .portInUse }
        guard count < limit else { throw .tableFull }
        var block = block
        let index: Int
        if let old = free.popLast() {
            index = old
            block.generation = blocks[index].generation &+ 1
            blocks[index] = block
        } else {
            index = blocks.count
            blocks.append(block)
        }
        ports[block.port, default: []].append(index)
        return UDPIdentifier(index: index, generation: block.generation)
    }

    /// Marks a block as free.
    /// - Returns: the block, or nil if the port is not open.
    mutating func remove(_ identifier: UDPIdentifier) -> UDPControlBlock? {
        guard let block = self[identifier] else { return nil }
        blocks[identifier.index].state = .free
        ports[block.port]?.removeAll { $0 == identifier.index }
        if ports[block.port]?.isEmpty ?? false { ports[block.port] = nil }
        free.append(identifier.index)
        return block
    }

    /// The block of an open port; nil if the port is not open.
    subscript(identifier: UDPIdentifier) -> UDPControlBlock? {
        guard blocks.indices.contains(identifier.index) else { return nil }
        let block = blocks[identifier.index]
        return block.state == .inUse && block.generation == identifier.generation ? block : nil
    }

    /// Returns the most specific block for a datagram.
    func find(from source: TCPEndpoint, to destination: TCPEndpoint) -> UDPIdentifier? {
        let indices = ports[destination.port] ?? []
        return indices.filter { blocks[$0].accepts(from: source, to: destination.address) }
            .max { blocks[$0].specificity < blocks[$1].specificity }.map(identifier)
    }

    /// Returns the open ports of an application.
    func identifiers(of owner: UDPOwner) -> [UDPIdentifier] {
        blocks.indices.filter { blocks[$0].state == .inUse && blocks[$0].owner == owner }.map(identifier)
    }

    mutating func setQueue(_ queue: Int, of identifier: UDPIdentifier) { blocks[identifier.index].queue = queue }

    private func identifier(_ index: Int) -> UDPIdentifier {
        UDPIdentifier(index: index, generation: blocks[index].generation)
    }
}
