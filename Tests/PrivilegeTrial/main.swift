// A process with several threads that drops its privileges, for lab tests.
//
// `privilege-trial drop` prints "THREADS before" and, after `Privileges.dropForGood`, the lines of
// /proc/self/task/*/status on capabilities and no_new_privs, and then "THREADS after".
// `privilege-trial lower` prints the effective capabilities at the start, after `raise` and after `lower`.

import Dispatch
import Glibc
import LinuxNet
import LinuxProcess

/// Starts a thread that is never joined.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        {
            if let body = $0 { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
            return nil
        }, Unmanaged.passRetained(Body(body)).toOpaque())
    precondition(result == 0)
    pthread_detach(thread)
}

func threads() throws -> [String] {
    guard let stream = opendir("/proc/self/task") else { throw SystemError(code: errno, operation: "/proc/self/task") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

func lines(of thread: String, _ prefixes: [String]) throws -> [Substring] {
    try BufferedInput.text(ofFile: "/proc/self/task/\(thread)/status").split(separator: "\n")
        .filter { line in prefixes.contains { line.hasPrefix($0) } }
}

func drop() throws {
    var pipes: [Int32] = [0, 0]
    precondition(pipe(&pipes) == 0)
    let reading = pipes[0]
    // Waits in calls that restart and in calls that do not, computes, and blocks every signal.
    startThread {
        var byte: UInt8 = 0
        while read(reading, &byte, 1) < 0 {}
        print("the read was not restarted")
    }
    startThread { while true { usleep(1_000_000) } }
    startThread { while true {} }
    startThread {
        var every = sigset_t()
        sigfillset(&every)
        pthread_sigmask(SIG_BLOCK, &every, nil)
        while true { sleep(1) }
    }
    DispatchQueue.global().async { while true { sleep(1) } }
    // Threads that start and end continuously.
    startThread {
        while true {
            startThread { usleep(500) }
            usleep(500)
        }
    }
    usleep(50_000)
    print("\(try threads().count) before")
    try Privileges.dropForGood()
    let after = try threads()
    let wanted = ["CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs"]
    for thread in after {
        // A short-lived thread may have ended.
        guard let found = try? lines(of: thread, wanted) else { continue }
        for line in found { print(line) }
    }
    print("\(after.count) after")
}

func lower() throws {
    let own = "\(getpid())"
    for line in try lines(of: own, ["CapEff"]) { print(line) }
    let raised = Privileges.raise()
    for line in try lines(of: own, ["CapEff"]) { print(line) }
    try Privileges.lower(raised)
    for line in try lines(of: own, ["CapEff"]) { print(line) }
}

do {
    switch CommandLine.arguments.dropFirst().first {
    case "lower": try lower()
    default: try drop()
    }
} catch {
    print(error)
    exit(1)
}
// The other threads do not end by themselves.
fflush(nil)
_exit(0)
