import LinuxProcess
import SwiftNet

/// Runs `decode`.
struct DecodeRun {
    let command: DecodeCommand
    let console: Console

    func run() throws -> Int32 {
        var file: CaptureFile
        do {
            file = try CaptureFile(path: command.file)
        } catch {
            throw CannotRun(message: "\(error)")
        }
        let copy = try command.general.capture.map { try PacketCopy($0, console) }
        // The files are open: untrusted bytes are decoded without privileges.
        try Session.giveUpPrivileges()
        var session = DecodeSession(
            filter: command.filter, limit: command.limit, copy: copy, console: console,
            renderer: DecodeRenderer(command, console))
        var failures: [String] = []
        var isRead = true
        var isComplete = false
        do {
            isComplete = try file.read(for: &session)
        } catch {
            failures.append("\(command.file): \(ErrorText.reason(error))")
            // A truncated or invalid file was read as far as possible.
            isRead = error is CaptureError || error is CaptureFile.Failure
        }
        let isDamaged = !failures.isEmpty
        let unwritten = copy?.finish().map { "--pcap: \($0)" }
        if let unwritten { failures.append(unwritten) }
        session.finish(isComplete: isComplete, failures: failures)
        guard isRead, unwritten == nil else { return 2 }
        return !isDamaged && session.shown > 0 ? 0 : 1
    }
}

/// Passes packets through the filter to the renderer.
private struct DecodeSession: CaptureVisitor, ~Copyable {
    private let filter: PacketFilter?
    private let limit: Int
    private let copy: PacketCopy?
    private let console: Console
    private var renderer: DecodeRenderer
    private var progress: DecodeProgress
    private var seen = 0
    private(set) var shown = 0

    init(
        filter: PacketFilter?, limit: Int, copy: PacketCopy?, console: Console, renderer: consuming DecodeRenderer
    ) {
        self.filter = filter
        self.limit = limit
        self.copy = copy
        self.console = console
        self.renderer = renderer
        progress = DecodeProgress(console)
    }

    mutating func visit(_ packet: CapturedPacket, _ bytes: RawSpan) -> Bool {
        seen += 1
        let layers = PacketLayers(bytes, linkType: packet.linkType, originalLength: packet.originalLength)
        if let filter, !filter.matches(bytes, layers) { return true }
        shown += 1
        renderer.show(packet, bytes, layers, number: seen)
        copy?.write(packet, bytes)
        return shown < limit && console.output.isOpen
    }

    /// Flushes the output before a read that may block.
    mutating func pause(at offset: UInt64, percent: Int?) {
        renderer.flush()
        progress.show(offset: offset, percent: percent, packets: seen)
    }

    mutating func finish(isComplete: Bool, failures: [String]) {
        progress.clear()
        renderer.flush()
        for failure in failures { console.fail(failure) }
        renderer.finish(seen: seen, shown: shown, isComplete: isComplete)
    }
}

/// The progress line for a long file.
private struct DecodeProgress {
    private let console: Console
    private let isWanted: Bool
    private var next: Instant?
    private var isShown = false

    init(_ console: Console) {
        self.console = console
        isWanted = console.errors.isTerminal && !console.output.isTerminal
    }

    /// Updates the line, up to twice per second.
    mutating func show(offset: UInt64, percent: Int?, packets: Int) {
        guard isWanted else { return }
        let now = SystemClock.now
        guard let due = next else {
            next = now + .milliseconds(500)
            return
        }
        guard now >= due else { return }
        next = now + .milliseconds(500)
        isShown = true
        let share = percent.map { ", \($0) %" } ?? ""
        console.errors.write("\r\(packets) packets, \(offset >> 20) MiB\(share)\u{1B}[K")
        console.errors.flush()
    }

    mutating func clear() {
        guard isShown else { return }
        console.errors.write("\r\u{1B}[K")
        console.errors.flush()
    }
}
