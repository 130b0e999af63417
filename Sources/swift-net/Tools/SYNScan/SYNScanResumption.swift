import LinuxProcess
import SwiftNet

/// The file of `--resume`: read before a scan; written when it begins, every few seconds, and at its end.
final class SYNScanResumption {
    let path: String
    private let file: ReplaceableFile
    /// The scan that the file is of; nil for a new one.
    let record: SYNScanRecord?
    private var configuration: SYNScanConfiguration?
    /// When the position is written down next.
    private(set) var next: Instant?
    /// The last attempt to write it down failed.
    private var hasFailed = false

    /// A scan that is killed loses no more than this.
    private static let interval = Nanoseconds.seconds(2)

    /// A file that is not there is a scan that has not begun. Nothing is changed yet.
    init(path: String) throws {
        self.path = path
        do {
            let text = try BufferedInput.text(ofFile: path, for: "--resume")
            // An empty file is one that was made and never written to.
            let found = text.isEmpty ? nil : SYNScanRecord(text)
            guard text.isEmpty || found != nil else { throw UsageError("--resume: \(path) is not a resume file") }
            record = found
        } catch let error as SystemError {
            guard error.isMissing else { throw CannotRun(message: "--resume: \(ErrorText.reason(error))") }
            record = nil
        }
        // Another file of the run under the same name would be lost when this one is replaced.
        do {
            try BufferedOutput.reserve(path, for: "--resume")
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
        do throws(SystemError) {
            file = try ReplaceableFile(path)
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
    }

    /// Writes down where a scan begins: from now on the file is of it.
    func begin(_ configuration: SYNScanConfiguration) throws {
        self.configuration = configuration
        do throws(SystemError) {
            try write(configuration.start)
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
        next = SystemClock.now + Self.interval
    }

    func isDue(at now: Instant) -> Bool { next.map { now >= $0 } ?? false }

    /// Writes down how far the scan has come; what has been found so far must be written out before.
    func save(_ position: SYNScanPosition, console: Console) {
        let start = SystemClock.now
        do throws(SystemError) {
            try write(position)
            hasFailed = false
        } catch {
            // Once: the next attempt may succeed, and the file still has the position before.
            if !hasFailed { console.complain("--resume: \(ErrorText.reason(error))") }
            hasFailed = true
        }
        // The positions of large scans are large: no more than a fiftieth of the time goes into them.
        let now = SystemClock.now
        next = now + max(Self.interval, Nanoseconds((now - start).count &* 50))
    }

    /// Writes down where the scan ended.
    /// - Returns: whether that succeeded.
    func finish(_ position: SYNScanPosition, console: Console) -> Bool {
        next = nil
        do throws(SystemError) {
            try write(position, isLast: true)
            return true
        } catch {
            console.fail("--resume: \(error)")
            return false
        }
    }

    private func write(_ position: SYNScanPosition, isLast: Bool = false) throws(SystemError) {
        guard let configuration else { return }
        let record = SYNScanRecord(
            seed: configuration.seed, fingerprint: configuration.fingerprint, position: position)
        try file.replace(with: record.text, isLast: isLast)
    }
}
