import Foundation
import MonitorCore
import MonitorStore
import Synchronization

/// What is done with an event besides keeping it: a line of text, and the user's command.
final class EventOutput: Sendable {
    private let isQuiet: Bool
    private let isJSON: Bool
    private let command = Mutex<String?>(nil)
    private let queue = DispatchQueue(label: "on-event")
    private let waiting = Mutex(0)

    /// Commands that may wait for the one that runs; events beyond that start none.
    private static let mostWaiting = 1_000
    /// A command that takes longer is ended.
    private static let patience = 60.0

    init(isQuiet: Bool, isJSON: Bool) {
        self.isQuiet = isQuiet
        self.isJSON = isJSON
    }

    /// Prints where the page is.
    func begin(_ count: Int, page: String, at time: WallTime) {
        guard !isQuiet else { return }
        guard isJSON else { return announce("Watching \(Monitor.count(count)); page: \(page)") }
        announce("start", at: time, [("targets", .integer(count)), ("page", .string(page))])
    }

    /// Prints the totals of all targets, for programs.
    func end(_ state: MonitorState, at time: WallTime) {
        guard isJSON else { return }
        let counters = state.targets.map(\.counters)
        announce(
            "summary", at: time,
            [
                ("targets", .integer(counters.count)),
                ("transmitted", .integer(counters.reduce(0) { $0 + $1.transmitted })),
                ("received", .integer(counters.reduce(0) { $0 + $1.received })),
            ])
    }

    /// Sets the command for the events from now on, a line for sh(1).
    func set(command: String?) { self.command.withLock { $0 = command } }

    func take(_ change: EventChange, name: String?) {
        if !isQuiet {
            if isJSON {
                let event = change.event
                let time = change.isEnd ? event.end ?? event.start : event.start
                guard case .object(let fields) = event.json(name: name) else { return }
                announce("event", at: time, fields)
            } else {
                announce(Self.line(change, name: name))
            }
        }
        guard let command = command.withLock({ $0 }) else { return }
        let isRoom = waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard isRoom else { return complain("--on-event: too many events are waiting for the command") }
        let json = change.event.json(name: name).bytes
        queue.async { [self] in
            run(command, json)
            waiting.withLock { $0 -= 1 }
        }
    }

    /// `2026-12-01T13:00:00.000000Z example.net down: Destination Host Unreachable from 192.0.2.254`
    static func line(_ change: EventChange, name: String?) -> String {
        let event = change.event
        let time = change.isEnd ? event.end ?? event.start : event.start
        var text = "\(time) \(LiveScreen.visible(name ?? "monitor")) "
        text += change.isEnd ? "end of " : ""
        text += event.kind.rawValue
        if change.isEnd, let end = event.end {
            text += " after \(((end - event.start).seconds * 10).rounded() / 10) s"
        } else if let reason = event.reason {
            text += ": " + LiveScreen.visible(reason)
        }
        return text
    }

    private func run(_ command: String, _ json: [UInt8]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        do { try process.run() } catch { return complain("--on-event: \(error.localizedDescription)") }
        // An event is smaller than the buffer of a pipe: this does not wait for the command.
        try? input.fileHandleForWriting.write(contentsOf: Data(json + [0x0A]))
        try? input.fileHandleForWriting.close()
        let end = Date(timeIntervalSinceNow: Self.patience)
        while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.02) }
        if process.isRunning {
            process.terminate()
            complain("--on-event: the command did not end within 60 s")
        } else if process.terminationStatus != 0 {
            complain("--on-event: the command ended with status \(process.terminationStatus)")
        }
    }
}

/// Writes a message to standard error.
func complain(_ message: String) {
    FileHandle.standardError.write(Data("swift-net-monitor: \(message)\n".utf8))
}

/// Writes an object to standard output.
func announce(_ type: String, at time: WallTime, _ fields: [(String, JSON)]) {
    let object = JSON.object([("type", .string(type)), ("time", .time(time))] + fields)
    announce(String(decoding: object.bytes, as: UTF8.self))
}

/// Writes a line to standard output, at once: a service's output is no terminal, and its readers wait for it.
func announce(_ line: String) {
    // A reader that is gone is no reason to end.
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
