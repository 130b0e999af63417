import LinuxProcess
import SwiftNet

/// The file of `--resume`: read before a scan; written at its start, every 2 seconds, and at its end.
final class ScanResumption {
    let path: String
    private let file: ReplaceableFile
    /// The scan in the file; nil for a new scan.
    let record: ScanRecord?
    private var scan: PreparedScan?
    /// The next time at which the position is saved.
    private(set) var next: Instant?
    /// Whether the last attempt to save the position failed.
    private var hasFailed = false

    /// The time between two saves: a scan that is killed loses no more.
    private static let interval = Nanoseconds.seconds(2)

    /// - Parameter command: the name of the command that writes it.
    /// Reads the file; a missing file is a new scan. Does not write to it yet.
    init(path: String, command: String) throws {
        self.path = path
        do {
            let text = try BufferedInput.text(ofFile: path, for: "--resume")
            // An empty file was created and never written.
            let found = text.isEmpty ? nil : ScanRecord(text, command: command)
            guard text.isEmpty || found != nil else { throw UsageError("--resume: \(path) is not a resume file") }
            record = found
        } catch let error as SystemError {
            guard error.isMissing else { throw CannotRun(message: "--resume: \(ErrorText.reason(error))") }
            record = nil
        }
        // Another output of the run with the same path would be lost when this file is replaced.
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

    /// Saves the start position of a scan.
    func begin(_ scan: PreparedScan) throws {
        self.scan = scan
        do throws(SystemError) {
            try write(scan.configuration.start)
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
        next = SystemClock.now + Self.interval
    }

    func isDue(at now: Instant) -> Bool { next.map { now >= $0 } ?? false }

    /// Saves the position of the scan. The findings so far must be flushed before.
    func save(_ position: ScanPosition, console: Console) {
        let start = SystemClock.now
        do throws(SystemError) {
            try write(position)
            hasFailed = false
        } catch {
            // Report it once: the next attempt may succeed, and the file still has the previous position.
            if !hasFailed { console.complain("--resume: \(ErrorText.reason(error))") }
            hasFailed = true
        }
        // The positions of large scans are large: at most 1/50 of the time is spent on saving them.
        let now = SystemClock.now
        next = now + max(Self.interval, Nanoseconds((now - start).count &* 50))
    }

    /// Saves the final position.
    /// - Returns: Whether that succeeded.
    func finish(_ position: ScanPosition, console: Console) -> Bool {
        next = nil
        do throws(SystemError) {
            try write(position, isLast: true)
            return true
        } catch {
            console.fail("--resume: \(error)")
            return false
        }
    }

    private func write(_ position: ScanPosition, isLast: Bool = false) throws(SystemError) {
        guard let scan else { return }
        try file.replace(with: scan.record(at: position).text, isLast: isLast)
    }
}
