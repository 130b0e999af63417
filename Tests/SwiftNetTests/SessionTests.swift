import Glibc
import LinuxProcess
import PacketEngine
import Testing

@testable import SwiftNet

@Suite("sessions")
struct SessionTests {
    /// A reactor whose session had timers and watches that retain it, and was released.
    private static func reactorOfEndedSession() throws -> () -> Reactor? {
        let (session, _) = try Session.open(RunOptions(), .nothing) { _ in }
        let reactor = session.reactor
        _ = reactor.schedule(at: SystemClock.now + .seconds(60)) { reactor.reportResult() }
        let other = try Reactor()
        try reactor.watch(other.descriptor.rawValue, for: .reading) { _ in reactor.reportResult() }
        return { [weak reactor] in reactor }
    }

    @Test("the reactor is released with its session, whatever still retains it")
    func release() throws {
        let reactor = try Self.reactorOfEndedSession()
        #expect(reactor() == nil)
    }

    @Test("sockets are opened by the closure alone, and its error is the session's")
    func sockets() throws {
        let (_, value) = try Session.open(RunOptions(), .nothing) { _ in 7 }
        #expect(value == 7)
        #expect(throws: SwiftNetError(.interface, "eth9", "gone")) {
            _ = try Session.open(RunOptions(), .nothing) { _ in throw SwiftNetError(.interface, "eth9", "gone") }
        }
    }

    @Test("a session has one run, and what is left of a duration is never 0")
    func runsOnce() throws {
        let (session, _) = try Session.open(RunOptions(), .nothing) { _ in }
        try session.begin()
        #expect(throws: SwiftNetError(.invalidArgument, nil, "a prepared run can be run only once")) {
            try session.begin()
        }
        #expect(session.remaining(of: nil) == nil)
        #expect(session.remaining(of: Nanoseconds(1)) == .milliseconds(1))
        let rest = try #require(session.remaining(of: .seconds(3_600)))
        #expect(rest > .seconds(1) && rest <= .seconds(3_600))
    }

    @Test("a wakeup event stops the session from another thread")
    func wakeup() throws {
        var options = RunOptions()
        let event = try WakeupEvent()
        options.wakeupEvent = event
        let (session, _) = try Session.open(options, .nothing) { _ in }
        #expect(session.reactor.interruption == nil)
        event.signal()
        let reason = session.reactor.wait(until: nil)
        #expect(reason.contains(.stop) && session.reactor.interruption != nil, "\(reason)")
    }

    /// Opens a session in a thread of its own, which sends itself a signal.
    private static func reason(of signal: Int32) async -> WakeReason? {
        await withCheckedContinuation { continuation in
            do {
                try DetachedThread.start {
                    var options = RunOptions()
                    options.signals = .stopOnInterrupt
                    guard let (session, _) = try? Session.open(options, .nothing, { _ in }) else {
                        return continuation.resume(returning: nil)
                    }
                    pthread_kill(pthread_self(), signal)
                    continuation.resume(returning: session.reactor.wait(until: SystemClock.now + .seconds(10)))
                }
            } catch {
                continuation.resume(returning: nil)
            }
        }
    }

    @Test("SIGQUIT requests the status of a run and does not stop it")
    func status() async {
        let reason = await Self.reason(of: SIGQUIT)
        #expect(reason == .status)
    }
}
