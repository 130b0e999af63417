import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Lookups by the system's getent(1), for names that only its name service modules can resolve.
///
/// The modules cannot be loaded into this process: they require the system's C library, and a static
/// executable has another one. A child process without capabilities runs getent for several names.
final class SystemLookup {
    enum Database: String {
        case addresses = "ahosts"
        case ipv4Addresses = "ahostsv4"
        case ipv6Addresses = "ahostsv6"
        /// Names of addresses.
        case names = "hosts"
    }

    enum Answer {
        case found([Resolver.Answer], canonicalName: String?)
        case notFound
        /// getent did not reply in time.
        case timedOut
        /// getent does not exist or cannot be executed.
        case unavailable
    }

    private struct Request {
        var database: Database
        var key: String
        var completion: (Answer) -> Void
    }

    private let reactor: Reactor
    private let path: String?
    private var waiting: [Request] = []
    private var children: [Int32: Child] = [:]
    private static let mostChildren = 8
    /// The maximum number of names per child process: a slow name delays the others of its child.
    private static let mostNames = 16
    private static let timeLimit = Nanoseconds.seconds(20)

    init(reactor: Reactor, paths: [String] = ["/usr/bin/getent", "/bin/getent", "/run/current-system/sw/bin/getent"]) {
        self.reactor = reactor
        path = paths.first { access($0, X_OK) == 0 }
    }

    deinit { for child in children.values { child.kill() } }

    /// Looks up a name or an address. Results are returned in the order of the batch, when its child has ended.
    func ask(_ database: Database, _ key: String, _ completion: @escaping (Answer) -> Void) {
        guard path != nil else { return completion(.unavailable) }
        waiting.append(Request(database: database, key: key, completion: completion))
        // Requests in the same step share the child processes.
        if waiting.count == 1 { _ = reactor.schedule(at: SystemClock.now) { [weak self] in self?.start() } }
    }

    private func start() {
        while let first = waiting.first, children.count < Self.mostChildren {
            let free = Self.mostChildren - children.count
            let size = min((waiting.count + free - 1) / free, Self.mostNames)
            let batch = waiting.prefix { $0.database == first.database }.prefix(size)
            waiting.removeFirst(batch.count)
            run(Array(batch))
        }
    }

    private func run(_ batch: [Request]) {
        guard let path, let database = batch.first?.database else { return }
        let marks = SystemLookupOutput.Marks()
        let keys = database == .names ? batch.map(\.key) : batch.enumerated().flatMap { [$1.key] + marks.texts($0) }
        let child: Child
        do throws(SystemError) {
            child = try Child(path, [database.rawValue] + keys)
        } catch {
            for request in batch { request.completion(.unavailable) }
            return
        }
        children[child.descriptor.rawValue] = child
        let finish = { [weak self, reactor] (wasKilled: Bool) in
            reactor.unwatch(child.descriptor.rawValue)
            reactor.cancel(child.timer)
            self?.children[child.descriptor.rawValue] = nil
            let status = child.reap()
            let output = SystemLookupOutput(child.output, keys: batch.map(\.key), marks: marks)
            for (index, request) in batch.enumerated() {
                let answer = database == .names ? output.name(at: index) : output.addresses(at: index)
                if case .notFound = answer {
                    let couldNotRun = status == 126 || status == 127
                    request.completion(wasKilled ? .timedOut : couldNotRun ? .unavailable : .notFound)
                } else {
                    request.completion(answer)
                }
            }
            self?.start()
        }
        child.timer = reactor.schedule(at: SystemClock.now + Self.timeLimit) { finish(true) }
        do throws(SystemError) {
            try reactor.watch(child.descriptor.rawValue, for: .reading) { _ in if child.read() { finish(false) } }
        } catch {
            finish(true)
        }
    }

    /// A running getent and its output.
    private final class Child {
        let descriptor: Descriptor
        let process: pid_t
        var timer: Reactor.Timer?
        private(set) var output: [UInt8] = []
        private var isReaped = false
        private static let mostBytes = 1 << 20

        init(_ path: String, _ arguments: [String]) throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .last("pipe") }
            descriptor = Descriptor(owning: ends[0])
            let writer = Descriptor(owning: ends[1])
            // Only the parent's end is nonblocking.
            var isOn: Int32 = 1
            guard clinux_ioctl(ends[0], UInt(FIONBIO), &isOn) == 0 else { throw .last("pipe") }
            var pointers = ([path] + arguments).map { strdup($0) } + [nil]
            process = clinux_spawn_unprivileged(path, &pointers, writer.rawValue)
            for pointer in pointers { free(pointer) }
            guard process > 0 else { throw .last("fork") }
        }

        deinit { kill() }

        /// Reads available output.
        /// - Returns: whether the child has closed its end.
        func read() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = CLinux.read(descriptor.rawValue, &chunk, chunk.count)
                if count > 0 {
                    output += chunk[..<count]
                    if output.count > Self.mostBytes { return true }
                } else if count == 0 || clinux_errno() != EINTR && clinux_errno() != EAGAIN {
                    return true
                } else if clinux_errno() == EAGAIN {
                    return false
                }
            }
        }

        /// Returns the exit status of a child that has closed its output; kills it if it does not exit.
        func reap() -> Int32 {
            guard !isReaped else { return 0 }
            var status: Int32 = 0
            for _ in 0..<20 {
                let ended = waitpid(process, &status, WNOHANG)
                if ended == process {
                    isReaped = true
                    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
                }
                if ended < 0 && clinux_errno() != EINTR { break }
                usleep(500)
            }
            kill()
            return 0
        }

        func kill() {
            guard !isReaped else { return }
            isReaped = true
            CLinux.kill(process, SIGKILL)
            while waitpid(process, nil, 0) < 0, clinux_errno() == EINTR {}
        }
    }
}
