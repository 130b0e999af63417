import PacketEngine
import SwiftNetTLS
import WireFormat

/// The dialog with one open port: what to send, and when the banner is complete.
final class BannerTalk {
    /// The side that speaks first.
    private enum Manner {
        case head
        case tls
        /// The server; if it sends nothing, an HTTP request follows.
        case listen
    }

    let address: IPAddress
    let port: UInt16
    private let manner: Manner
    private var bytes: [UInt8] = []
    private var session: TLSSession?
    private var facts: TLSFacts?
    private var hasAsked = false
    /// Whether anything was received.
    private(set) var hasReceived = false
    /// The time at which to act if nothing is received.
    private(set) var due: Instant
    private let end: Instant

    /// The maximum number of bytes kept.
    private static let mostBytes = 4_096
    /// The wait for a server that should speak first.
    private static let greetingWait = Nanoseconds.seconds(1)
    /// The wait after which a greeting is complete.
    private static let pause = Nanoseconds.milliseconds(50)
    /// The time limit per port.
    static let patience = Nanoseconds.seconds(5)

    private static let headPorts: Set<UInt16> = [
        80, 81, 591, 3_000, 5_000, 7_001, 8_000, 8_001, 8_008, 8_080, 8_081, 8_088, 8_880, 8_888, 9_000, 9_080, 9_090,
    ]
    private static let tlsPorts: Set<UInt16> = [
        443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2_376, 4_443, 5_061, 5_986, 6_443, 6_514, 6_697, 8_443,
        8_883, 9_443,
    ]

    init(_ address: IPAddress, _ port: UInt16, at now: Instant) {
        self.address = address
        self.port = port
        manner = Self.headPorts.contains(port) ? .head : Self.tlsPorts.contains(port) ? .tls : .listen
        end = now + Self.patience
        due = manner == .listen ? now + Self.greetingWait : end
    }

    /// A request that web servers answer without a body.
    private var head: [UInt8] {
        hasAsked = true
        due = end
        let host =
            switch address {
            case .v4(let address): "\(address)"
            case .v6(let address): "[\(address)]"
            }
        return Array("HEAD / HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: swift-net\r\nConnection: close\r\n\r\n".utf8)
    }

    /// Returns the first bytes to send; empty if the server speaks first.
    func begin(_ context: () throws(TLSFailure) -> TLSContext) -> [UInt8] {
        switch manner {
        case .head: return head
        case .listen: return []
        case .tls:
            do throws(TLSFailure) {
                session = try TLSSession(try context(), host: "\(address)", isAddress: true)
                return try advance()
            } catch {
                return []
            }
        }
    }

    private func advance() throws(TLSFailure) -> [UInt8] {
        guard session != nil else { return [] }
        try session?.advance()
        if session?.isEstablished == true { facts = session?.facts }
        return session?.takeOutput() ?? []
    }

    /// Processes received bytes.
    /// - Returns: the bytes to send, and whether the banner is complete.
    func receive(_ piece: RawSpan, at now: Instant) -> (answer: [UInt8], isOver: Bool) {
        hasReceived = true
        if session != nil {
            session?.receive(piece)
            let answer = try? advance()
            return (answer ?? [], answer == nil || facts != nil)
        }
        bytes += piece.prefix(Self.mostBytes - bytes.count).copied()
        if bytes.count == Self.mostBytes { return ([], true) }
        if isHTTP { return ([], hasWholeHead) }
        due = min(end, now + Self.pause)
        return ([], false)
    }

    /// Handles a timeout.
    /// - Returns: the bytes to send; nil if the dialog is over.
    func wait(at now: Instant) -> [UInt8]? {
        manner == .listen && !hasAsked && bytes.isEmpty && now < end ? head : nil
    }

    private var isHTTP: Bool { bytes.starts(with: "HTTP/".utf8) }

    private var hasWholeHead: Bool {
        var line = 0
        for byte in bytes {
            if byte == 10 {
                if line == 0 { return true }
                line = 0
            } else if byte != 13 {
                line += 1
            }
        }
        return false
    }

    /// Returns the banner; nil if nothing was received.
    func banner(at now: Instant) -> ScanBanner? {
        if let facts {
            let names = facts.certificate.map { $0.names.isEmpty ? [$0.subject] : $0.names }
            return ScanBanner(
                address: address, port: port, kind: .tls, names: names ?? [], version: facts.version, at: now)
        }
        guard !bytes.isEmpty else { return nil }
        return ScanBanner(address: address, port: port, kind: isHTTP ? .http : .text, bytes: bytes, at: now)
    }
}
