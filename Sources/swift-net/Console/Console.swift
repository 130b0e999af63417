import LinuxProcess
import SwiftNet

/// Where a command's words go: results to standard output, complaints to standard error.
final class Console {
    let output = BufferedOutput.standardOutput()
    let errors = BufferedOutput.standardError()
    /// The name that complaints begin with.
    let command: String
    /// One JSON object a line instead of prose; failures too.
    let isJSON: Bool
    let usesColor: Bool
    /// Removes what stands in the terminal's last line before something else is written there.
    var beforeComplaint: (() -> Void)?
    /// The files that the run writes, by their options.
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
    ///   - instant: when it was observed.
    ///   - stream: a file of the run; standard output by default.
    func write(_ type: String, _ row: some JSONRow, at instant: Instant, to stream: BufferedOutput? = nil) {
        write(type, row, wall: SystemClock.wall(at: instant), to: stream)
    }

    /// Writes a row of a file's packet.
    /// - Parameter wall: nanoseconds since 1970-01-01 00:00 UTC; nil where the file has no time.
    func write(_ type: String, _ row: some JSONRow, wall: Int64?, to stream: BufferedOutput? = nil) {
        json.write(type, row, wall: wall, to: stream ?? output)
    }

    /// A line on standard error, after what was printed before it.
    func complain(_ message: String) {
        output.flush()
        beforeComplaint?()
        errors.write("\(command): \(Text.escaped(message))\n")
        errors.flush()
    }

    /// Reports a part of the input that cannot be used: the run goes on without it, and ends with status 2.
    func skip(_ message: String) {
        hasSkippedInput = true
        complain(message)
    }

    /// A failure that ends the run: a complaint, and with JSON an object that says the same.
    func fail(_ message: String) {
        writeFailure(message)
        complain(message)
    }

    /// The object of a failure that was complained of already; nothing without JSON.
    func writeFailure(_ message: String) {
        if isJSON { write("error", FailureRow(message: message), at: SystemClock.now) }
    }

    /// The same of a packet that could not be sent, in the system's words where it has some.
    func fail(_ failure: TransmissionFailure) {
        switch failure {
        case .system(_, let message), .notPermitted(let message): fail(message)
        case .noBuffers: fail("the system's queues were full for too long")
        case .messageTooLong(let mtu): fail(mtu > 0 ? "the packet is too long: mtu=\(mtu)" : "the packet is too long")
        }
    }

    // MARK: Waiting

    /// Standard output and the files of the run.
    var outputs: [BufferedOutput] { [output] + files.map(\.stream) }

    /// The run is to end then, even when nothing reads its output.
    func limit(to duration: Nanoseconds?) {
        guard let duration else { return }
        deadline = SystemClock.now + duration
        for stream in [output, errors] + files.map(\.stream) { stream.deadline = deadline }
    }

    // MARK: Files

    /// Opens an output of the run. A file that is also an input or another output is refused; `-` is standard output,
    /// and then what else there is to print goes to standard error.
    func file(_ path: String, for option: String) throws -> BufferedOutput {
        let stream: BufferedOutput
        if BufferedOutput.isStandardOutput(path) {
            guard !isJSON else { throw UsageError("\(option) \(path) and --json exclude each other") }
            guard let taken = output.handOver(writingTo: errors) else {
                throw UsageError("\(option): standard output is taken by \(files.first?.option ?? "another option")")
            }
            stream = taken
            files.insert((option, path, stream), at: 0)
        } else {
            do {
                stream = try BufferedOutput.file(path, for: option)
            } catch {
                throw CannotRun(message: "\(option): \(error)")
            }
            files.append((option, path, stream))
        }
        stream.deadline = deadline
        return stream
    }

    /// Runs a command to its exit status; what keeps it from running is reported, with status 2, and so is what could
    /// not be written. Everything is written out.
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
                // Nothing was sent: it ends as any program does that such a signal meets.
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

    /// A run that could not begin leaves the files of an earlier one alone.
    private func discardFiles() {
        for file in files where !file.stream.hasBegun { file.stream.discard() }
    }

    /// Writes everything out and reports what could not be written; false when there was such.
    private func finish() -> Bool {
        var isWritten = true
        for (option, path, stream) in files {
            stream.finish()
            // A reader of standard output that went is no failure.
            guard !stream.isOpen, stream.failure != nil || !BufferedOutput.isStandardOutput(path) else { continue }
            isWritten = false
            guard !stream.isFailureReported else { continue }
            complain("\(option): \(path): \(stream.failure?.message ?? "the reader is gone")")
        }
        output.finish()
        if let failure = output.failure {
            isWritten = false
            complain("standard output: \(failure.message)")
        }
        errors.finish()
        return isWritten
    }

    /// Replies that the kernel threw away here, which is no loss of the network.
    func complain(_ drops: KernelDrops) {
        if drops.overflows > 0 { complain("\(drops.overflows) packets were lost here: the receive buffer was full") }
        if drops.unexplained > 0 {
            complain(
                "\(drops.unexplained) packets were dropped by this host: full receive buffer, or wrong ICMPv6 checksum")
        }
    }

    /// Frames of VLANs that a command does not hear, by identifier.
    func reportIgnored(_ frames: [UInt16: Int]) {
        for (identifier, count) in frames.sorted(by: { $0.key < $1.key }) {
            let network = identifier == 0 ? "untagged" : "of VLAN \(identifier)"
            complain("ignored \(Text.count(count, "frame")), \(network)")
        }
    }

    /// Text in a color, where colors are wanted.
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

/// Why a run failed.
private struct FailureRow: JSONRow {
    var message: String
}
