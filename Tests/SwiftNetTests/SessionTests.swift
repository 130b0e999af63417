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
}
