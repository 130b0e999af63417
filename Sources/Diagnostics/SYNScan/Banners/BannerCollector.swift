import DequeModule
import HostStack
import PacketEngine
import SwiftNetTLS
import WireFormat

/// Ends the handshakes of open ports in user space and hears what is said there, so many at a time; others wait, and
/// when too many wait the scan does.
final class BannerCollector {
    /// A port that has answered, and waits to be heard.
    private struct Candidate {
        var pair: TCPPair
        /// Of the SYN-ACK.
        var header: [UInt8]
        var machine: MACAddress
        var initial: UInt32
    }

    private let source: SourceHost
    private let timestamp: UInt32
    private var talks: [TCPIdentifier: BannerTalk] = [:]
    /// Connections of each neighbor: he is forgotten with the last.
    private var neighbors: [IPAddress: Int] = [:]
    private var queue: Deque<Candidate> = []
    private var queued: Set<TCPPair> = []
    private var context: TLSContext?
    /// Neighbors whose reset is still to be sent.
    private var resetting: [IPAddress] = []
    private(set) var banners: [SYNScanBanner] = []
    private var nextLook: Instant?

    /// Connections at a time.
    private static let mostTalks = 2_048
    /// Ports that wait, at the most.
    private static let mostQueued = 65_536
    private static let lookInterval = Nanoseconds.milliseconds(25)

    /// - Parameters:
    ///   - source: where the handshakes are ended.
    ///   - timestamp: the value of the time stamp in every SYN.
    init(at source: SourceHost, timestamp: UInt32) {
        self.source = source
        self.timestamp = timestamp
    }

    /// How much a connection may hold, and how long it is kept.
    static func configure(_ tcp: inout TCPConfiguration) {
        tcp.offeredWindowScale = SYNTemplate.windowScale
        tcp.receiveLimit = 16 << 10
        tcp.sendLimit = 16 << 10
        tcp.patience = BannerTalk.patience
    }

    /// Nothing is under way and nothing waits.
    var isIdle: Bool { talks.isEmpty && queue.isEmpty && resetting.isEmpty }
    /// So many wait that no more should be found for now.
    var isFull: Bool { queue.count >= Self.mostQueued / 2 }

    // MARK: Ports

    /// Takes a port that has answered.
    /// - Returns: false when it cannot be heard.
    func take(
        _ answer: borrowing TCPView, from remote: IPAddress, to local: IPAddress, initial: UInt32,
        machine: MACAddress, at now: Instant
    ) -> Bool {
        let pair = TCPPair(
            local: TCPEndpoint(local, answer.destinationPort), remote: TCPEndpoint(remote, answer.sourcePort))
        guard queue.count < Self.mostQueued, queued.insert(pair).inserted else { return false }
        queue.append(
            Candidate(
                pair: pair, header: answer.bytes.prefix(answer.headerLength).copied(), machine: machine,
                initial: initial))
        begin(at: now)
        return true
    }

    /// Begins with as many as may be heard at a time.
    private func begin(at now: Instant) {
        while talks.count < Self.mostTalks, let candidate = queue.popFirst() {
            queued.remove(candidate.pair)
            let (local, remote) = (candidate.pair.local, candidate.pair.remote)
            guard let answer = try? TCPView(candidate.header.rawBytes) else { continue }
            neighbors[remote.address, default: 0] += 1
            guard
                let connection = source.host.adopt(
                    answer, from: remote.address, to: local.address, initial: candidate.initial,
                    timestamp: timestamp, machine: candidate.machine, at: now)
            else {
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

    /// Takes a segment between two ends, if it is of a connection, or of one that waits.
    /// - Returns: whether it is.
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

    /// Adds what is to be sent now.
    func transmit(into batch: inout PacketBatch, at now: Instant) {
        look(at: now)
        source.advance(at: now)
        settle(at: now)
        if talks.count < Self.mostTalks, !queue.isEmpty { begin(at: now) }
        guard !source.transmit(into: &batch, at: now) else { return }
        for neighbor in resetting { leave(neighbor) }
        resetting.removeAll(keepingCapacity: true)
    }

    /// When it has something to do by itself.
    var due: Instant? {
        guard !isIdle else { return nil }
        return resetting.isEmpty ? Instant.earliest(source.due, nextLook) : Instant(nanoseconds: 0)
    }

    private func settle(at now: Instant) {
        // By their places: a copy of the list would be made for every segment.
        for index in source.news.indices {
            let (connection, notices) = source.news[index]
            guard let talk = talks[connection] else { continue }
            var isOver = false
            var answers: [UInt8] = []
            source.host.read(connection) { piece in
                let (answer, isEnough) = talk.hear(piece, at: now)
                answers += answer
                isOver = isOver || isEnough
                return piece.byteCount
            }
            send(answers, on: connection)
            if isOver || !notices.isDisjoint(with: [.ended, .closed]) { end(connection, talk, at: now) }
        }
        source.forgetNews()
    }

    /// Those that have been silent for long.
    private func look(at now: Instant) {
        if let nextLook, nextLook > now { return }
        nextLook = now + Self.lookInterval
        for (connection, talk) in talks where talk.due <= now {
            if let more = talk.wait(at: now) { send(more, on: connection) } else { end(connection, talk, at: now) }
        }
    }

    private func end(_ connection: TCPIdentifier, _ talk: BannerTalk, at now: Instant) {
        if let banner = talk.banner(at: now) { banners.append(banner) }
        talks[connection] = nil
        // A reset leaves nothing behind, at either end.
        source.host.abort(connection, at: now)
        resetting.append(talk.address)
    }

    /// Nobody is heard any more: what has begun is broken off, and what has been heard so far counts.
    func stop(at now: Instant) {
        queue.removeAll()
        queued.removeAll()
        for (connection, talk) in talks { end(connection, talk, at: now) }
    }

    /// Hands over what has been heard.
    func drain(_ report: (SYNScanBanner) -> Void) {
        for banner in banners { report(banner) }
        banners.removeAll(keepingCapacity: true)
    }
}
