import PacketEngine
import WireFormat

/// The saved position of a scan, with the parameters that identify it, as the text of a file.
public struct SYNScanRecord: Sendable, Equatable {
    public var seed: UInt64
    /// Identifies targets, ports and shard: another scan has another fingerprint.
    public var fingerprint: UInt64
    public var position: SYNScanPosition

    public init(seed: UInt64, fingerprint: UInt64, position: SYNScanPosition) {
        self.seed = seed
        self.fingerprint = fingerprint
        self.position = position
    }

    private static let heading = "swift-net tcp-syn-scan position 1"

    /// Four lines: heading, seed, fingerprint, number of finished probes; then one line of 16 hexadecimal digits per
    /// set of 64 probes from that position on, with a bit set for each answered probe.
    public var text: String {
        var lines = [Self.heading, "\(seed)", String(fingerprint, radix: 16), "\(position.done)"]
        lines += position.answered.map { String($0, radix: 16) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns nil if the text is not a valid record.
    public init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, lines[0] == Self.heading, lines.last == "", let seed = UInt64(lines[1]),
            let fingerprint = UInt64(lines[2], radix: 16), let done = UInt64(lines[3])
        else { return nil }
        var answered: [UInt64] = []
        for line in lines[4..<lines.count - 1] {
            guard let word = UInt64(line, radix: 16) else { return nil }
            answered.append(word)
        }
        self.init(seed: seed, fingerprint: fingerprint, position: SYNScanPosition(done: done, answered: answered))
    }
}

extension SYNScanConfiguration {
    /// Returns a number that identifies targets, ports and shard.
    public var fingerprint: UInt64 {
        // The key is not secret: the hash detects mistakes, not attacks.
        let hash = SipHash(key0: 0x7363_616e, key1: 1)
        var value = hash(UInt64(shard.number), UInt64(shard.count))
        for run in targets.runs {
            for end in [run.first.number, run.last.number] {
                value = hash(value ^ UInt64(truncatingIfNeeded: end >> 64), UInt64(truncatingIfNeeded: end))
            }
            value = hash(value, run.family == .v4 ? 4 : 6)
        }
        for port in ports { value = hash(value, UInt64(port)) }
        return value
    }
}
