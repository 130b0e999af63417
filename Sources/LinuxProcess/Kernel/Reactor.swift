import CLinux
import PacketEngine

/// An event loop for everything that a run waits for besides packets: signals, the wake-up event, timers, and the
/// descriptors of name lookups, child processes and queries.
///
/// Its own descriptor (epoll(7)) is readable if one of them needs attention, so that a port waits for it like for
/// another socket (`WaitSet`) and then calls `dispatch`. It must be used from one thread.
public final class Reactor {
    /// The state of a ready descriptor.
    package struct Readiness: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Data can be read, or the other end was closed.
        package static let reading = Readiness(rawValue: 1)
        package static let writing = Readiness(rawValue: 2)
    }

    /// Identifies a timer.
    package struct Timer: Equatable {
        fileprivate let number: UInt64
    }

    package let descriptor: Descriptor
    private let clock: Descriptor
    // There are few; a dictionary with a type of its own would make the start of every command slower.
    private var handlers: [(descriptor: Int32, body: (Readiness) -> Void)] = []
    private var timers: [(timer: Timer, due: Instant, body: () -> Void)] = []
    private var nextTimer: UInt64 = 0
    /// The time for which the timer descriptor is set.
    private var alarm: Instant?
    private let signals: SignalSource?
    private let wakeupEvent: WakeupEvent?
    /// The terminal whose keys request the status.
    private var statusKeys: Terminal?
    /// The events since the last dispatch.
    private var pending: WakeReason = []
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// - Parameters:
    ///   - signals: the signals to handle; nil for none.
    ///   - wakeupEvent: the event by which another thread ends the run.
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

    /// What first requested the run to stop: a signal or the wake-up event. A run that has sent nothing yet ends with
    /// it.
    public var interruption: Interruption? {
        signals?.interruption ?? (wakeupEvent?.isSignaled == true ? Interruption(signal: nil) : nil)
    }

    // MARK: Descriptors

    /// Calls `handler` when `descriptor` is ready. Replaces an earlier handler of the same descriptor.
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

    /// Wakes the run when keys are pressed, until the terminal hangs up. Without a full screen, keys request the status,
    /// and the terminal's mode changes for the run.
    public func serve(_ terminal: Terminal) throws(SystemError) {
        guard terminal.isFullScreen else {
            statusKeys = terminal
            return try watchStatusKeys(of: terminal)
        }
        try watch(Terminal.inputDescriptor, for: .reading) { [weak self, weak terminal] _ in
            if terminal?.isOpen == true {
                self?.pending.insert(.keys)
            } else {
                self?.unwatch(Terminal.inputDescriptor)
            }
        }
    }

    private func watchStatusKeys(of terminal: Terminal) throws(SystemError) {
        try watch(Terminal.inputDescriptor, for: .reading) { [weak self, weak terminal] _ in
            // In the background, keys are not for this process, and reading them would stop it.
            if let terminal, Terminal.isForeground, !terminal.readKeys().isEmpty {
                self?.pending.insert(.status)
            } else {
                self?.unwatch(Terminal.inputDescriptor)
            }
        }
        terminal.enter()
    }

    /// Stops the process, as Ctrl-Z would without a handler; continued in the background, it has no keys.
    private func suspend(with terminal: Terminal) {
        terminal.leave()
        CurrentProcess.stopUntilContinued()
        unwatch(Terminal.inputDescriptor)
        if Terminal.isForeground { try? watchStatusKeys(of: terminal) }
    }

    /// Stops watching a descriptor; to be called before the descriptor is closed.
    package func unwatch(_ descriptor: Int32) {
        guard let index = handlers.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        handlers.remove(at: index)
        epoll_ctl(self.descriptor.rawValue, EPOLL_CTL_DEL, descriptor, nil)
    }

    // MARK: Timers

    /// Calls `body` once, at `instant` or shortly after.
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

    /// Removes all handlers and timers. Handlers may reference the reactor, which would keep it and its descriptors
    /// open.
    package func cancelAll() {
        for handler in handlers { epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, handler.descriptor, nil) }
        // Releasing a handler may unwatch descriptors and cancel timers.
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
            // An instant in the past fires at once; 0 would disarm the timer.
            let time = max(instant.nanoseconds, 1)
            value.it_value = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        }
        timerfd_settime(clock.rawValue, Int32(TFD_TIMER_ABSTIME), &value, nil)
    }

    private func runTimers() {
        alarm = nil
        let now = SystemClock.now
        // A timer may cancel or add another one.
        while let next = timers.indices.min(by: { timers[$0].due < timers[$1].due }), timers[next].due <= now {
            timers.remove(at: next).body()
        }
        setAlarm(timers.lazy.map(\.due).min())
    }

    // MARK: Dispatching

    /// Calls the handlers of ready descriptors and expired timers, without waiting.
    /// - Returns: the events since the last call: results, signals and requests of other threads.
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
                if let statusKeys, pending.remove(.suspend) != nil { suspend(with: statusKeys) }
                continue
            }
            if let wakeupEvent, ready == wakeupEvent.descriptor.rawValue {
                // It stays readable for other runs that wait for it; this run is woken only once.
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

    /// Makes the next `dispatch` return the wake reason for results.
    package func reportResult() { pending.insert(.results) }

    /// Waits until something is ready, until `deadline` at the latest, and calls the handlers.
    /// - Returns: the same as `dispatch`.
    public func wait(until deadline: Instant?) -> WakeReason {
        var waits = WaitSet(self)
        return (try? waits.wait(until: deadline)) ?? []
    }
}
