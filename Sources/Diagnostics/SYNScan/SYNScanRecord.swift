import PacketEngine
import WireFormat

/// Where a scan stopped, with what it takes to know it again: text for a file.
public struct SYNScanRecord: Sendable, Equatable {
    public var seed: UInt64
    /// Stands for targets, ports and shard: another scan has another.
    public var fingerprint: UInt64
    public var position: SYNScanPosition

    public init(seed: UInt64, fingerprint: UInt64, position: SYNScanPosition) {
        self.seed = seed
        self.fingerprint = fingerprint
        self.position = position
    }

    private static let heading = "swift-net tcp-syn-scan position 1"

    /// Four lines: a heading, the seed, the fingerprint, the probes that are done; then sixteen
    /// hexadecimal digits a line, each a set of 64 probes from there on of which the answered ones are set.
    public var text: String {
        var lines = [Self.heading, "\(seed)", String(fingerprint, radix: 16), "\(position.done)"]
        lines += position.answered.map { String($0, radix: 16) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Nil for what is no such text.
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
    /// A number that stands for targets, ports and shard.
    public var fingerprint: UInt64 {
        // The key is no secret: this tells mistakes, not attacks.
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
