import CLinux
import PacketEngine

/// Everything that a run waits for beside its packets: signals and the wake-up event, timers, and the descriptors of
/// name lookups, child processes and queries.
///
/// Its own descriptor (epoll(7)) is readable when one of them needs attention, so a port waits for it as for
/// one more socket (`WaitSet`) and then calls `dispatch`. It belongs to one thread.
public final class Reactor {
    /// What a descriptor is ready for.
    package struct Readiness: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// There is something to read, or the other end is gone.
        package static let reading = Readiness(rawValue: 1)
        package static let writing = Readiness(rawValue: 2)
    }

    /// Identifies a timer.
    package struct Timer: Equatable {
        fileprivate let number: UInt64
    }

    package let descriptor: Descriptor
    private let clock: Descriptor
    // Few at a time; a dictionary of a type of its own would cost the start of every command more.
    private var handlers: [(descriptor: Int32, body: (Readiness) -> Void)] = []
    private var timers: [(timer: Timer, due: Instant, body: () -> Void)] = []
    private var nextTimer: UInt64 = 0
    /// What the clock is set to.
    private var alarm: Instant?
    private let signals: SignalSource?
    private let wakeupEvent: WakeupEvent?
    /// What has come since the last dispatch.
    private var pending: WakeReason = []
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// - Parameters:
    ///   - signals: those that the run handles; nil leaves all to the process.
    ///   - wakeupEvent: by which another thread ends the run.
    public init(signals: SignalSource? = nil, wakeupEvent: WakeupEvent? = nil) throws(SystemError) {
        let opened = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard opened >= 0 else { throw .last("epoll_create1") }
        descriptor = Descriptor(owning: opened)
        let clock = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard clock >= 0 else { throw .last("timerfd_create") }
        self.clock = Descriptor(owning: clock)
        self.signals = signals
        self.wakeupEvent = wakeupEvent
        try add(clock, EPOLLIN.rawValue)
        if let signals { try add(signals.descriptor.rawValue, EPOLLIN.rawValue) }
        if let wakeupEvent { try add(wakeupEvent.descriptor.rawValue, EPOLLIN.rawValue) }
    }

    private func add(_ descriptor: Int32, _ mask: UInt32, _ operation: Int32 = EPOLL_CTL_ADD) throws(SystemError) {
        var event = epoll_event(events: mask, data: epoll_data_t(fd: descriptor))
        guard epoll_ctl(self.descriptor.rawValue, operation, descriptor, &event) == 0 else {
            throw .last("epoll_ctl")
        }
    }

    /// What asked the run to stop first: a signal or the wake-up event. A run that has sent nothing yet ends with it.
    public var interruption: Interruption? {
        signals?.interruption ?? (wakeupEvent?.isSignaled == true ? Interruption(signal: nil) : nil)
    }

    // MARK: Descriptors

    /// Calls `handler` when `descriptor` is ready, in place of an earlier handler of the same descriptor.
    package func watch(
        _ descriptor: Int32, for readiness: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemError) {
        var mask: UInt32 = 0
        if readiness.contains(.reading) { mask |= EPOLLIN.rawValue }
        if readiness.contains(.writing) { mask |= EPOLLOUT.rawValue }
        let index = handlers.firstIndex { $0.descriptor == descriptor }
        if let index { handlers[index].body = handler } else { handlers.append((descriptor, handler)) }
        try add(descriptor, mask, index == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD)
    }

    /// Has the run woken for the keys of a terminal, as long as its other side is there.
    public func serve(_ terminal: Terminal) throws(SystemError) {
        try watch(Terminal.inputDescriptor, for: .reading) { [weak self, weak terminal] _ in
            if terminal?.isOpen == true {
                self?.pending.insert(.keys)
            } else {
                self?.unwatch(Terminal.inputDescriptor)
            }
        }
    }

    /// Watches a descriptor no longer; call it before the descriptor is closed.
    package func unwatch(_ descriptor: Int32) {
        guard let index = handlers.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        handlers.remove(at: index)
        epoll_ctl(self.descriptor.rawValue, EPOLL_CTL_DEL, descriptor, nil)
    }

    // MARK: Timers

    /// Calls `body` once, at `instant` or soon after.
    package func schedule(at instant: Instant, _ body: @escaping () -> Void) -> Timer {
        nextTimer += 1
        let timer = Timer(number: nextTimer)
        timers.append((timer, instant, body))
        if alarm.map({ instant < $0 }) ?? true { setAlarm(instant) }
        return timer
    }

    package func cancel(_ timer: Timer?) {
        if let timer, let index = timers.firstIndex(where: { $0.timer == timer }) { timers.remove(at: index) }
    }

    /// Ends every watch and timer. Their handlers may hold the reactor, which would keep it and its descriptors open.
    package func cancelAll() {
        for handler in handlers { epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, handler.descriptor, nil) }
        // What a handler holds may unwatch descriptors and cancel timers itself when it is released.
        let ended = (handlers, timers)
        handlers = []
        timers = []
        withExtendedLifetime(ended) {}
    }

    private func setAlarm(_ instant: Instant?) {
        guard instant != alarm else { return }
        alarm = instant
        var value = itimerspec()
        if let instant {
            // An instant that has passed fires at once; 0 would disarm the clock.
            let time = max(instant.nanoseconds, 1)
            value.it_value = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        }
        timerfd_settime(clock.rawValue, Int32(TFD_TIMER_ABSTIME), &value, nil)
    }

    private func runTimers() {
        alarm = nil
        let now = SystemClock.now
        // One may cancel another, or add one.
        while let next = timers.indices.min(by: { timers[$0].due < timers[$1].due }), timers[next].due <= now {
            timers.remove(at: next).body()
        }
        setAlarm(timers.lazy.map(\.due).min())
    }

    // MARK: Dispatching

    /// Serves what is ready, without waiting.
    /// - Returns: what has come since the last call: results (`.news`), and what signals and other threads ask for.
    @discardableResult
    public func dispatch() -> WakeReason {
        let count = epoll_wait(descriptor.rawValue, &events, Int32(events.count), 0)
        for index in 0..<Int(max(count, 0)) {
            let ready = events[index].data.fd
            if ready == clock.rawValue {
                var expirations: UInt64 = 0
                _ = CLinux.read(clock.rawValue, &expirations, MemoryLayout<UInt64>.size)
                runTimers()
                continue
            }
            if let signals, ready == signals.descriptor.rawValue {
                pending.formUnion(signals.read())
                continue
            }
            if let wakeupEvent, ready == wakeupEvent.descriptor.rawValue {
                // It stays readable, for other runs that wait for it too; this one is woken once.
                epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, ready, nil)
                pending.insert(.stop)
                continue
            }
            var readiness: Readiness = []
            let mask = events[index].events
            if mask & EPOLLOUT.rawValue != 0 { readiness.insert(.writing) }
            if mask & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.reading) }
            handlers.first { $0.descriptor == ready }?.body(readiness)
        }
        defer { pending = [] }
        return pending
    }

    /// Has the next `dispatch` report a result.
    package func reportResult() { pending.insert(.news) }

    /// Waits until something is ready, at the longest until `deadline`, and serves it.
    /// - Returns: as `dispatch`.
    public func wait(until deadline: Instant?) -> WakeReason {
        var waits = WaitSet(self)
        return (try? waits.wait(until: deadline)) ?? []
    }
}
