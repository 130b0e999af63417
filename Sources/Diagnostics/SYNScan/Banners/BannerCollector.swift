import DequeModule
import HostStack
import PacketEngine
import SwiftNetTLS
import WireFormat

/// Completes handshakes with open ports in user space and reads their banners, a limited number at a time. Others wait;
/// if too many wait, the scan pauses.
final class BannerCollector: ScanFollowUp {
    /// An open port that waits for its turn.
    private struct Candidate {
        var pair: TCPPair
        /// The sequence number of the SYN-ACK.
        var header: [UInt8]
        var mac: MACAddress
        var initial: UInt32
    }

    private let source: SourceHost
    private let timestamp: UInt32
    private var talks: [TCPIdentifier: BannerTalk] = [:]
    /// The number of connections per neighbor; its entry is removed with the last.
    private var neighbors: [IPAddress: Int] = [:]
    private var queue: Deque<Candidate> = []
    private var queued: Set<TCPPair> = []
    private var context: TLSContext?
    /// Neighbors whose reset was not sent yet.
    private var resetting: [IPAddress] = []
    private(set) var banners: [ScanBanner] = []
    /// Ports whose connection ended, and whether it received data or a FIN.
    private var ended: [(address: IPAddress, port: UInt16, isReal: Bool)] = []
    private var nextLook: Instant?

    /// The maximum number of connections at a time.
    private static let mostTalks = 2_048
    /// The maximum number of waiting ports.
    private static let mostQueued = 65_536
    private static let lookInterval = Nanoseconds.milliseconds(25)

    /// - Parameters:
    ///   - source: the host that completes the handshakes.
    ///   - timestamp: the timestamp value in every SYN.
    init(at source: SourceHost, timestamp: UInt32) {
        self.source = source
        self.timestamp = timestamp
    }

    /// The buffer size and the lifetime of a connection.
    static func configure(_ tcp: inout TCPConfiguration) {
        tcp.offeredWindowScale = PacketTemplate.windowScale
        tcp.receiveLimit = 16 << 10
        tcp.sendLimit = 16 << 10
        tcp.patience = BannerTalk.patience
    }

    /// Whether no connection is open and no port waits.
    var isIdle: Bool { talks.isEmpty && queue.isEmpty && resetting.isEmpty }
    /// Whether the queue is full, so that the scan should pause.
    var isFull: Bool { queue.count >= Self.mostQueued / 2 }

    // MARK: Ports

    /// Adds an open port.
    /// - Returns: false if its banner cannot be read.
    func take(
        _ answer: borrowing TCPView, from remote: IPAddress, to local: IPAddress, initial: UInt32,
        mac: MACAddress, at now: Instant
    ) -> Bool {
        let pair = TCPPair(
            local: TCPEndpoint(local, answer.destinationPort), remote: TCPEndpoint(remote, answer.sourcePort))
        guard queue.count < Self.mostQueued, queued.insert(pair).inserted else { return false }
        queue.append(
            Candidate(
                pair: pair, header: answer.bytes.prefix(answer.headerLength).copied(), mac: mac,
                initial: initial))
        begin(at: now)
        return true
    }

    /// Opens waiting connections up to the maximum.
    private func begin(at now: Instant) {
        while talks.count < Self.mostTalks, let candidate = queue.popFirst() {
            queued.remove(candidate.pair)
            let (local, remote) = (candidate.pair.local, candidate.pair.remote)
            guard let answer = try? TCPView(candidate.header.rawBytes) else { continue }
            neighbors[remote.address, default: 0] += 1
            guard
                let connection = source.host.adopt(
                    answer, from: remote.address, to: local.address, initial: candidate.initial,
                    timestamp: timestamp, mac: candidate.mac, at: now)
            else {
                ended.append((remote.address, remote.port, false))
                leave(remote.address)
                continue
            }
            let talk = BannerTalk(remote.address, remote.port, at: now)
            talks[connection] = talk
            send(talk.begin(tlsContext), on: connection)
        }
        settle(at: now)
    }

    private func tlsContext() throws(TLSFailure) -> TLSContext {
        if let context { return context }
        let made = try TLSContext()
        context = made
        return made
    }

    private func send(_ bytes: [UInt8], on connection: TCPIdentifier) {
        if !bytes.isEmpty { _ = source.host.send(connection, bytes.rawBytes) }
    }

    private func leave(_ neighbor: IPAddress) {
        let count = (neighbors[neighbor] ?? 1) - 1
        neighbors[neighbor] = count > 0 ? count : nil
        if count <= 0 { source.host.forget(neighbor) }
    }

    // MARK: Packets

    /// Processes a segment if it belongs to an open or waiting connection.
    /// - Returns: whether it does.
    func receive(
        from remote: TCPEndpoint, to local: TCPEndpoint, _ packet: borrowing ReceivedPacket
    ) -> Bool {
        guard !isIdle else { return false }
        guard source.host.connection(from: local, to: remote) != nil else {
            return queued.contains(TCPPair(local: local, remote: remote))
        }
        source.receive(packet)
        settle(at: packet.arrival)
        return true
    }

    /// Appends frames to send.
    func transmit(into batch: inout PacketBatch, at now: Instant) {
        look(at: now)
        source.advance(at: now)
        settle(at: now)
        if talks.count < Self.mostTalks, !queue.isEmpty { begin(at: now) }
        guard !source.transmit(into: &batch, at: now) else { return }
        for neighbor in resetting { leave(neighbor) }
        resetting.removeAll(keepingCapacity: true)
    }

    /// The time at which its next timer fires.
    var due: Instant? {
        guard !isIdle else { return nil }
        return resetting.isEmpty ? Instant.earliest(source.due, nextLook) : Instant(nanoseconds: 0)
    }

    private func settle(at now: Instant) {
        // By index: a copy of the list would be made for every segment.
        for index in source.pendingEvents.indices {
            let (connection, changes) = source.pendingEvents[index]
            guard let talk = talks[connection] else { continue }
            var isOver = false
            var answers: [UInt8] = []
            source.host.read(connection) { piece in
                let (answer, isEnough) = talk.receive(piece, at: now)
                answers += answer
                isOver = isOver || isEnough
                return piece.byteCount
            }
            send(answers, on: connection)
            if isOver || !changes.isDisjoint(with: [.ended, .closed]) {
                end(connection, talk, isClosed: changes.contains(.ended), at: now)
            }
        }
        source.removePendingEvents()
    }

    /// Handles connections that timed out.
    private func look(at now: Instant) {
        if let nextLook, nextLook > now { return }
        nextLook = now + Self.lookInterval
        for (connection, talk) in talks where talk.due <= now {
            if let more = talk.wait(at: now) { send(more, on: connection) } else { end(connection, talk, at: now) }
        }
    }

    /// - Parameter isClosed: whether the peer closed the connection properly.
    private func end(_ connection: TCPIdentifier, _ talk: BannerTalk, isClosed: Bool = false, at now: Instant) {
        ended.append((talk.address, talk.port, isClosed || talk.hasReceived))
        if let banner = talk.banner(at: now) { banners.append(banner) }
        talks[connection] = nil
        // A reset frees the connection's state at both ends.
        source.host.abort(connection, at: now)
        resetting.append(talk.address)
    }

    /// Ends all connections; the data received so far counts.
    func stop(at now: Instant) {
        queue.removeAll()
        queued.removeAll()
        for (connection, talk) in talks { end(connection, talk, at: now) }
    }

    /// Returns the ports whose connection ended, once, and whether it received data or was closed properly.
    func takeEnded() -> [(address: IPAddress, port: UInt16, isReal: Bool)] {
        guard !ended.isEmpty else { return [] }
        defer { ended.removeAll(keepingCapacity: true) }
        return ended
    }

    /// Returns the finished banners, once.
    func drain(_ report: (ScanBanner) -> Void) {
        for banner in banners { report(banner) }
        banners.removeAll(keepingCapacity: true)
    }
}
