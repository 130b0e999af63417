import LinuxProcess
import PacketEngine
import Testing

@Suite("the reactor: requests to stop")
struct WakeupEventTests {
    @Test("a wake-up event reaches every reactor once, including later ones")
    func wakeupEvent() throws {
        let event = try WakeupEvent()
        let first = try Reactor(wakeupEvent: event)
        let second = try Reactor(wakeupEvent: event)
        #expect(first.dispatch() == [] && first.interruption == nil)
        event.signal()
        event.signal()
        #expect(first.wait(until: nil) == .stop)
        #expect(first.dispatch() == [])
        #expect(first.wait(until: SystemClock.now + .milliseconds(1)) == [])
        #expect(second.dispatch() == .stop)
        #expect(try Reactor(wakeupEvent: event).dispatch() == .stop)
        #expect(first.interruption != nil)
    }

    @Test("results and timers are reported together with a stop")
    func together() throws {
        let event = try WakeupEvent()
        let reactor = try Reactor(wakeupEvent: event)
        _ = reactor.schedule(at: SystemClock.now) { reactor.reportResult() }
        event.signal()
        var seen = reactor.wait(until: nil)
        while !seen.contains(.results) { seen.formUnion(reactor.wait(until: nil)) }
        #expect(seen == [.results, .stop])
    }

    @Test("a reactor without an event is not stopped")
    func without() throws {
        let reactor = try Reactor()
        #expect(reactor.wait(until: SystemClock.now + .milliseconds(1)) == [])
        #expect(reactor.interruption == nil)
    }
}
