import Diagnostics
import LinuxNet
import PacketEngine

/// The file of `--resume`: read before a scan, written after it.
struct ScanResumption {
    private let path: String
    private let record: ScanRecord?

    /// A file that is not there is a scan that has not begun.
    init(path: String) throws {
        self.path = path
        do {
            let text = try InputStream.text(ofFile: path, for: "--resume")
            guard let found = ScanRecord(text) else { throw UsageError("--resume: \(path) tells of no scan") }
            record = found
        } catch let error as SystemError {
            guard error.isMissing else { throw CannotRun(message: "--resume: \(ErrorText.reason(error))") }
            record = nil
        }
        // It is written at the end, when it is too late to find that it is another file of the run.
        do {
            try OutputStream.reserve(path, for: "--resume")
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
    }

    var seed: UInt64? { record?.seed }

    /// Puts a scan where it stopped.
    func apply(to configuration: inout ScanConfiguration) throws {
        guard let record else { return }
        guard record.fingerprint == configuration.fingerprint else {
            throw UsageError("--resume: \(path) is of a scan of other targets, ports or parts")
        }
        guard record.seed == configuration.seed else {
            throw UsageError("--resume: \(path) is of a scan with the seed \(record.seed)")
        }
        configuration.start = record.position
    }

    /// Writes down how far it has come.
    func write(_ configuration: ScanConfiguration, _ position: ScanPosition) throws {
        let record = ScanRecord(
            seed: configuration.seed, fingerprint: configuration.fingerprint, position: position)
        do {
            let file = try OutputStream.file(path, for: "--resume")
            file.write(record.text)
            file.flush()
            if let failure = file.failure { throw failure }
        } catch {
            throw CannotRun(message: "--resume: \(ErrorText.reason(error))")
        }
    }
}
