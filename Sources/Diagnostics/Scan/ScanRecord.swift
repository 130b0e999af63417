import PacketEngine
import WireFormat

/// The saved position of a scan, with what identifies the scan and its order, as the text of a file.
public struct ScanRecord: Sendable, Equatable {
    /// The name of the command that writes and reads it.
    public var command: String
    public var seed: UInt64
    /// Identifies targets and ports as they were asked for, and the shard.
    public var fingerprint: UInt64
    /// The targets and ports of the order: those asked for, without the excluded and unreachable ones of that time.
    public var targets: AddressSet
    /// Ascending.
    public var ports: [UInt16]
    public var position: ScanPosition

    public init(
        command: String, seed: UInt64, fingerprint: UInt64, targets: AddressSet, ports: [UInt16], position: ScanPosition
    ) {
        self.command = command
        self.seed = seed
        self.fingerprint = fingerprint
        self.targets = targets
        self.ports = ports
        self.position = position
    }

    private static func heading(_ command: String) -> String { "swift-net \(command) position 2" }

    /// Six lines: heading, seed, fingerprint, number of finished probes, targets as ranges, ports; then one line of 16
    /// hexadecimal digits per set of 64 probes from that position on, with a bit set for each answered probe.
    public var text: String {
        var ranges = ""
        for run in targets.runs {
            if !ranges.isEmpty { ranges += "," }
            ranges += run.count == 1 ? "\(run.first)" : "\(run.first)-\(run.last)"
        }
        var lines = [Self.heading(command), "\(seed)", String(fingerprint, radix: 16), "\(position.done)"]
        lines += [ranges, "\(PortSet(ports))"]
        lines += position.answered.map { String($0, radix: 16) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns nil if the text is not a valid record of a command.
    public init?(_ text: String, command: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 7, lines[0] == Self.heading(command), lines.last == "", let seed = UInt64(lines[1]),
            let fingerprint = UInt64(lines[2], radix: 16), let done = UInt64(lines[3]),
            let targets = Self.targets(lines[4]), !targets.isEmpty, let ports = try? PortSet(String(lines[5]))
        else { return nil }
        var answered: [UInt64] = []
        for line in lines[6..<lines.count - 1] {
            guard let word = UInt64(line, radix: 16) else { return nil }
            answered.append(word)
        }
        self.init(
            command: command, seed: seed, fingerprint: fingerprint, targets: targets,
            ports: ports.ranges.flatMap { Array($0) },
            position: ScanPosition(done: done, answered: answered))
    }

    private static func targets(_ line: Substring) -> AddressSet? {
        var ranges: [(first: IPAddress, last: IPAddress)] = []
        for part in line.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first.family == last.family,
                first <= last
            else { return nil }
            ranges.append((first, last))
        }
        var targets = AddressSet()
        return (try? targets.insert(ranges)) == nil ? nil : targets
    }

    /// Whether no probe of the scan is left.
    public func isFinished(_ shard: ScanShard) -> Bool {
        position.done >= shard.size(of: UInt64(targets.count) &* UInt64(ports.count))
    }

    /// Returns a number that identifies what a scan was asked for.
    public static func fingerprint(targets: AddressSet, ports: [UInt16], shard: ScanShard) -> UInt64 {
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
