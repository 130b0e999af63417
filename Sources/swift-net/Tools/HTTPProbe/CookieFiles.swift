import LinuxProcess
import SwiftNet

/// The cookies of a run, which --cookie-jar writes at its end.
final class CookieOutput {
    private let stream: BufferedOutput
    private var jar: CookieJar

    init(_ stream: BufferedOutput, _ jar: CookieJar) {
        self.stream = stream
        self.jar = jar
    }

    func merge(_ other: CookieJar) { jar.merge(other) }

    func finish() {
        let now = SystemClock.now
        stream.write(jar.netscapeText(at: now, wall: WallTime.nanoseconds(now) / 1_000_000_000))
    }
}

extension CookieJar {
    /// Reads cookie files. As in curl, one that does not exist has no cookies, and so has an empty path.
    static func read(_ paths: [String]) throws -> CookieJar {
        var jar = CookieJar()
        let now = SystemClock.now
        for path in paths where !path.isEmpty {
            do throws(SystemError) {
                let text = String(decoding: try TextInput.bytes(of: path, for: "-b"), as: UTF8.self)
                jar.read(netscape: text, at: now, wall: WallTime.nanoseconds(now) / 1_000_000_000)
            } catch {
                guard error.isMissing else { throw error }
            }
        }
        return jar
    }
}
