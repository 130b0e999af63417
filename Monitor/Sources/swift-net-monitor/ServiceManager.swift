import Foundation
import LinuxProcess
import SwiftNet

/// The messages of sd_notify(3), without its library: a datagram to a Unix socket.
enum ServiceManager {
    static func notify(_ message: String) {
        guard let path = CurrentProcess.environment("NOTIFY_SOCKET"), path.utf8.count < 108, !path.isEmpty else {
            return
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        // A name that is not a file.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let opened = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { return }
        defer { close(opened) }
        let text = Array(message.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(opened, text, text.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }

    /// The time between signs of life: half of what the service manager waits for; nil if it does not wait.
    static var watchdogPeriod: Nanoseconds? {
        guard let text = CurrentProcess.environment("WATCHDOG_USEC"), let micros = Int64(text), micros > 0 else {
            return nil
        }
        return .microseconds(micros / 2)
    }
}
