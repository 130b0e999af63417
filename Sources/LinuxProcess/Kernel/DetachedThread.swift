import CLinux
import Synchronization

/// A thread that is never joined (pthread_create(3)). Unlike the threads of Swift's pool, it may block.
package enum DetachedThread {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// The number of threads of `startOrRun` whose body has not begun.
    private static let pending = Atomic(0)

    /// Runs `body` in a thread, or at once if there is none.
    package static func startOrRun(_ body: @escaping @Sendable () -> Void) {
        pending.add(1, ordering: .relaxed)
        let run: @Sendable () -> Void = {
            pending.subtract(1, ordering: .relaxed)
            body()
        }
        do { try start(run) } catch { run() }
    }

    /// Waits until the bodies of `startOrRun` have begun, at most 10 ms: the process ends when their system calls have.
    static func waitUntilBegun() {
        for _ in 0..<200 where pending.load(ordering: .relaxed) > 0 { usleep(50) }
    }

    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError(code: code, operation: "pthread_create")
        }
        pthread_detach(thread)
    }
}
