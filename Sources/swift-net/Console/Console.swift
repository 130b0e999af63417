import LinuxProcess
import SwiftNet

/// The output of a command: results on standard output, errors and warnings on standard error.
final class Console {
    let output = BufferedOutput.standardOutput()
    let errors = BufferedOutput.standardError()
    /// The name of the command, at the start of each message.
    let command: String
    /// Whether the output, including failures, is one JSON object per line.
    let isJSON: Bool
    let usesColor: Bool
    /// Clears the terminal's last line before a message is printed.
    var beforeComplaint: (() -> Void)?
    /// The output files of the run, with their options.
    private var files: [(option: String, path: String, stream: BufferedOutput)] = []
    private var deadline: Instant?
    private let json = JSONWriter()
    private var hasSkippedInput = false

    init(command: String, isJSON: Bool = false, color: ColorUse = .auto) {
        self.command = command
        self.isJSON = isJSON
        switch color {
        case .always: usesColor = true
        case .never: usesColor = false
        case .auto: usesColor = output.isTerminal && CurrentProcess.environment("NO_COLOR").map(\.isEmpty) ?? true
        }
    }

    /// Writes a row as a line of JSON, `"type"` first and `"time"` last.
    /// - Parameters:
    ///   - instant: The time of the event.
    ///   - stream: A file of the run; standard output by default.
    func write(_ type: String, _ row: some JSONRow, at instant: Instant, to stream: BufferedOutput? = nil) {
        write(type, row, wall: SystemClock.wall(at: instant), to: stream)
    }

    /// Writes a row for a packet of a capture file.
    /// - Parameters:
    ///   - wall: The time in nanoseconds since 1970-01-01 00:00 UTC; nil if the file has no time.
    ///   - digits: The number of digits of its fraction: 6, or 9 for nanoseconds.
    func write(_ type: String, _ row: some JSONRow, wall: Int64?, digits: Int = 6, to stream: BufferedOutput? = nil) {
        json.write(type, row, wall: wall, digits: digits, to: stream ?? output)
    }

    /// Prints a message on standard error, after flushing standard output.
    func complain(_ message: String) {
        output.flush()
        beforeComplaint?()
        errors.write("\(command): \(Text.escaped(message))\n")
        errors.flush()
    }

    /// Reports an invalid part of the input: the run continues without it, and ends with status 2.
    func skip(_ message: String) {
        hasSkippedInput = true
        complain(message)
    }

    /// Reports a failure that ends the run on standard error, and with JSON also as an object.
    func fail(_ message: String) {
        writeFailure(message)
        complain(message)
    }

    /// Writes the JSON object of a failure that was already printed on standard error; without JSON, does nothing.
    func writeFailure(_ message: String) {
        if isJSON { write("error", FailureRow(message: message), at: SystemClock.now) }
    }

    // MARK: Waiting

    /// Standard output and the files of the run.
    var outputs: [BufferedOutput] { [output] + files.map(\.stream) }

    /// Limits the run to `duration`, even if its output is not read.
    func limit(to duration: Nanoseconds?) {
        guard let duration else { return }
        deadline = SystemClock.now + duration
        for stream in [output, errors] + files.map(\.stream) { stream.deadline = deadline }
    }

    // MARK: Files

    /// Opens an output file of the run. `-` is standard output; other output then goes to standard error.
    /// - Parameter isCreatedLater: Whether a file that does not exist is created when something is written.
    /// - Throws: `UsageError` or `CannotRun` if the file is also an input or another output, or cannot be opened.
    func file(
        _ path: String, for option: String, replacing replaced: String? = nil, isCreatedLater: Bool = false
    ) throws -> BufferedOutput {
        let stream: BufferedOutput
        if BufferedOutput.isStandardOutput(path) {
            guard !isJSON else { throw UsageError("\(option) \(path) cannot be used with --json") }
            guard let taken = output.handOver(writingTo: errors) else {
                throw UsageError(
                    "\(option): standard output is already used by \(files.first?.option ?? "another option")")
            }
            stream = taken
            files.insert((option, path, stream), at: 0)
        } else {
            do {
                stream = try BufferedOutput.file(
                    path, for: option, replacing: replaced, isCreatedLater: isCreatedLater)
            } catch {
                throw CannotRun(message: "\(option): \(error)")
            }
            files.append((option, path, stream))
        }
        stream.deadline = deadline
        return stream
    }

    /// Runs a command and returns its exit status. Errors and failed writes are reported, and the status is then 2. All
    /// output is flushed.
    func status(of body: (Console) throws -> Int32) -> Int32 {
        var status: Int32 = 2
        do {
            status = try body(self)
        } catch let error as UsageError {
            discardFiles()
            fail(error.message)
        } catch let error as CannotRun {
            discardFiles()
            fail(error.message)
            for line in error.hints { errors.write(line + "\n") }
        } catch let error as SwiftNetError {
            discardFiles()
            if let interruption = error.interruption {
                // Nothing was sent: the process ends by the signal.
                output.finish()
                errors.finish()
                interruption.raise()
            }
            fail(error.description)
            for line in error.hints { errors.write(line + "\n") }
        } catch {
            discardFiles()
            fail(ErrorText.reason(error))
        }
        return finish() && !hasSkippedInput ? status : 2
    }

    /// Discards output files that were not written yet, so that the files of an earlier run remain.
    private func discardFiles() {
        for file in files where !file.stream.hasBegun { file.stream.discard() }
    }

    /// Flushes all output and reports failed writes; returns false if there was one.
    private func finish() -> Bool {
        var isWritten = true
        for (option, path, stream) in files {
            stream.finish()
            // If the reader of standard output has closed it, that is not a failure.
            guard !stream.isOpen, stream.failure != nil || !BufferedOutput.isStandardOutput(path) else { continue }
            isWritten = false
            guard !stream.isFailureReported else { continue }
            complain("\(option): \(path): \(stream.failure?.message ?? "the reader has closed it")")
        }
        output.finish()
        if let failure = output.failure {
            isWritten = false
            complain("standard output: \(failure.message)")
        }
        errors.finish()
        return isWritten
    }

    /// Reports packets that the kernel dropped on this host, which are not network loss.
    func complain(_ drops: KernelDrops) {
        if drops.overflows > 0 {
            complain("\(drops.overflows) packets were lost by this host: the receive buffer was full")
        }
        if drops.unexplained > 0 {
            complain(
                "\(drops.unexplained) packets were dropped by this host: full receive buffer, or wrong ICMPv6 checksum")
        }
    }

    /// Reports the number of ignored frames of other VLANs.
    func reportIgnored(_ frames: [VLANIdentity: Int]) {
        for (vlan, count) in frames.sorted(by: { $0.key < $1.key }) {
            complain("ignored \(Text.count(count, "frame")), \(vlan)")
        }
    }

    /// Returns text in a color, if colors are used.
    func painted(_ text: String, _ color: Color) -> String {
        usesColor ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    enum Color: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case dim = 2
    }
}

/// A failure of a run.
private struct FailureRow: JSONRow {
    var message: String
}
