import ArgumentParser
import Foundation
import LinuxProcess
import MonitorCore
import SwiftNet

CurrentProcess.prepareStreams()
let options: Options
do { options = try Options.parse(Array(CommandLine.arguments.dropFirst())) } catch {
    let isHelp = Options.exitCode(for: error).isSuccess
    let text = isHelp ? Options.fullMessage(for: error) : Options.message(for: error)
    if isHelp { print(text) } else { complain(text + "\nTry: swift-net monitor --help") }
    exit(isHelp ? 0 : 2)
}
if options.version {
    print("swift-net-monitor from swift-net \(Options.version)")
    exit(0)
}

/// Ends the program with the reason why it cannot run.
func fail(_ message: String) -> Never {
    complain(message)
    if options.json { announce("error", at: Monitor.now(), [("message", .string(message))]) }
    exit(2)
}

let settings: MonitorSettings
do { settings = try MonitorSettings(options) } catch {
    fail("\(error)")
}
if options.live, !LiveView.isPossible {
    complain("--live needs a terminal")
    exit(2)
}
if options.checkConfig {
    print("The configuration is correct: \(Monitor.count(settings.checks)).")
    exit(0)
}

let monitor: Monitor
do throws(Monitor.Failure) {
    // The token is read, the database and the sockets are opened; then nothing needs a privilege any more.
    _ = try settings.access()
    monitor = try Monitor(options, settings)
    try monitor.begin()
} catch {
    fail(([error.description] + error.hints).joined(separator: "\n"))
}
do throws(SwiftNetError) { try ProcessPrivileges.dropForGood() } catch {
    fail("cannot drop privileges: \(error)")
}
exit(await monitor.run())
