import DequeModule
import WireFormat

/// A UDP datagram received for a port.
public struct ReceivedDatagram: Hashable, Sendable {
    public var local: IPAddress
    public var remote: IPAddress
    public var remotePort: UInt16
    public var data: [UInt8]
}

/// The limits of UDP's input queues. A datagram that does not fit is dropped.
struct UDPQueueLimits: Sendable {
    /// The maximum number of datagrams in a queue.
    var datagrams = 256
    /// The maximum size of a queue, in bytes of data.
    var bytes = 256 << 10
    /// The maximum size of all queues, in bytes of data.
    var allBytes = 4 << 20
}

/// The input queues of UDP, one per open port that has received a datagram.
struct UDPInputQueues: Sendable {
    private struct Queue: Sendable {
        var datagrams: Deque<ReceivedDatagram> = []
        var byteCount = 0
    }

    private var queues: [Queue] = []
    private var free: [Int] = []
    private let limits: UDPQueueLimits
    /// The data in all queues, in bytes.
    private(set) var byteCount = 0

    init(_ limits: UDPQueueLimits) { self.limits = limits }

    /// The number of queues in use.
    var count: Int { queues.count - free.count }

    /// Returns the number of a new queue.
    mutating func make() -> Int {
        if let old = free.popLast() { return old }
        queues.append(Queue())
        return queues.count - 1
    }

    /// Removes a queue and its datagrams.
    mutating func release(_ queue: Int) {
        byteCount -= queues[queue].byteCount
        queues[queue] = Queue()
        free.append(queue)
    }

    func isEmpty(_ queue: Int) -> Bool { queues[queue].datagrams.isEmpty }

    /// - Returns: false if the datagram does not fit.
    mutating func append(_ datagram: ReceivedDatagram, to queue: Int) -> Bool {
        let length = datagram.data.count
        guard queues[queue].datagrams.count < limits.datagrams, queues[queue].byteCount + length <= limits.bytes,
            byteCount + length <= limits.allBytes
        else { return false }
        queues[queue].datagrams.append(datagram)
        queues[queue].byteCount += length
        byteCount += length
        return true
    }

    /// Removes and returns the first datagram of a queue.
    mutating func take(_ queue: Int) -> ReceivedDatagram? {
        guard let datagram = queues[queue].datagrams.popFirst() else { return nil }
        queues[queue].byteCount -= datagram.data.count
        byteCount -= datagram.data.count
        return datagram
    }
}
