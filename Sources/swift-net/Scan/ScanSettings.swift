import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// The options of `tcp-syn-scan` as values.
struct ScanSettings {
    /// Nil for as many as nothing is lost of.
    private(set) var rate: Double? = 10_000
    let retries: Int
    let wait: Nanoseconds?
    let deadline: Nanoseconds?
    let shard: ScanShard
    let seed: UInt64
    /// Of the cookies; nobody else has it.
    let key: SipHash
    let format: ScanFormat
    let file: BufferedOutput?
    let fileFormat: ScanFormat
    let resumption: ScanResumption?
    private let reportsAll: Bool

    init(_ command: SYNScanCommand, _ console: Console) throws {
        if let text = command.rate {
            rate = text == "max" ? nil : Double(try ArgumentValue.integer("--rate", text, in: 1...100_000_000))
        }
        retries = try command.retries.map { try ArgumentValue.integer("--retries", $0, in: 0...100) } ?? 2
        wait = try command.wait.map { try ArgumentValue.duration("--wait", $0) }
        deadline = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        guard ["auto", "always", "never"].contains(command.color) else {
            throw UsageError("--color: '\(command.color)' is none of auto, always, never")
        }
        shard = try command.shard.map(Self.shard) ?? .whole
        var random = SystemRandomness()
        key = SipHash(using: &random)
        resumption = try command.resume.map(ScanResumption.init(path:))
        if let text = command.seed {
            guard let value = UInt64(text) else { throw UsageError("--seed: '\(text)' is not a whole number") }
            seed = value
        } else if let known = resumption?.seed {
            seed = known
        } else {
            guard shard.count == 1 else { throw UsageError("--shard needs the --seed that all parts share") }
            // Short enough to be typed.
            seed = random.next() >> 32
        }
        reportsAll = command.all
        let asked = try command.format.map(ScanFormat.init(option:))
        if let path = command.file {
            file = try console.file(path, for: "-o")
            fileFormat = asked ?? .text
            format = command.frames.json ? .json : .text
        } else {
            file = nil
            fileFormat = .text
            guard asked == nil || asked == .json || !command.frames.json else {
                throw UsageError("--json and --format \(asked?.rawValue ?? "") exclude each other without -o")
            }
            format = command.frames.json ? .json : asked ?? .text
        }
    }

    /// `K/N`.
    private static func shard(_ text: String) throws -> ScanShard {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], 1...1_000_000 ~= count,
            1...count ~= number
        else { throw UsageError("--shard: '\(text)' is no K/N with 1 <= K <= N") }
        return ScanShard(number: number, count: count)
    }

    func apply(to configuration: inout ScanConfiguration) {
        configuration.rate = rate
        configuration.retries = retries
        configuration.wait = wait
        configuration.deadline = deadline
        configuration.shard = shard
        configuration.reportsAll = reportsAll
    }
}
