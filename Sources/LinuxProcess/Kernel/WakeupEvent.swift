import CLinux
import Synchronization

/// Ends a run from another thread (eventfd(2)). It stays signaled: a run that starts later ends at once.
public final class WakeupEvent: Sendable {
    let descriptor: Descriptor
    private let state = Atomic(false)

    public init() throws(SystemError) {
        let opened = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard opened >= 0 else { throw .last("eventfd") }
        descriptor = Descriptor(owning: opened)
    }

    /// Requests every run that waits for the event to stop. May be called from any thread.
    public func signal() {
        state.store(true, ordering: .relaxed)
        var one: UInt64 = 1
        _ = CLinux.write(descriptor.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    var isSignaled: Bool { state.load(ordering: .relaxed) }
}
