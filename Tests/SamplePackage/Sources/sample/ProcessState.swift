import Foundation
import SwiftNet

/// A run leaves the process as it found it: its signals, and its privileges.
func leavesAlone() async throws {
    let before = try state()
    try Ping.run("198.51.100.2", .init(count: 1))
    for try await _ in Traceroute.events(to: "198.51.100.2") {}
    print(try state() == before ? "as before" : "changed from \(before) to \(try state())")
}

/// What a run with other options does, in every thread.
func dropsForGood() async throws {
    var options = RunEventOptions()
    options.privileges = .dropForGood
    for try await update in Ping.events(to: "198.51.100.2", .init(count: 3), options: options) {
        if case .finished(let summary, _) = update { print("received", summary.received) }
    }
    var threads = 0
    for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
        let state = try state(of: thread)
        guard state["CapEff"] == "0000000000000000", state["CapPrm"] == "0000000000000000", state["NoNewPrivs"] == "1"
        else { return print("thread \(thread): \(state)") }
        threads += 1
    }
    print(threads > 1 ? "dropped in every thread" : "there is one thread")
    do {
        try Ping.run("198.51.100.2", .init(count: 1))
        print("without privileges it still pings")
    } catch {
        print(error.kind)
    }
}

private func state(of thread: String = "self") throws -> [String: String] {
    let path = thread == "self" ? "/proc/self/status" : "/proc/self/task/\(thread)/status"
    var fields: [String: String] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        let name = String(parts[0])
        guard parts.count == 2, name.hasPrefix("Cap") || name.hasPrefix("Sig") || name == "NoNewPrivs" else { continue }
        // What is pending and queued changes by itself.
        if name != "SigQ" && name != "SigPnd" { fields[name] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return fields
}
