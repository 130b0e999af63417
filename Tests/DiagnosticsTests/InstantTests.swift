import PacketEngine
import Testing

@Suite("Instant and Nanoseconds with Swift's Duration")
struct InstantTests {
    /// The longest and the shortest Duration.
    private static let extremes = [Duration(attoseconds: .max), Duration(attoseconds: .min)]

    @Test("a length of time is the same as a Duration and back", arguments: [0, 1, -1, 1_500_000_000, .max, .min])
    func roundTrip(count: Int64) {
        let duration = Duration(Nanoseconds(count))
        #expect(duration == .nanoseconds(count))
        #expect(Nanoseconds(duration) == Nanoseconds(count))
    }

    @Test("a Duration is rounded toward zero and limited to the range")
    func conversion() {
        #expect(Nanoseconds(.milliseconds(2)) == .milliseconds(2))
        let fraction = Duration(secondsComponent: 1, attosecondsComponent: 1_999_999_999)
        #expect(Nanoseconds(fraction).count == 1_000_000_001)
        #expect(Nanoseconds(.zero - fraction).count == -1_000_000_001)
        #expect(Nanoseconds(.nanoseconds(Int64.max) - Duration(attoseconds: 1)).count == .max - 1)
        #expect(Nanoseconds(.nanoseconds(Int64.max) + .nanoseconds(1)).count == .max)
        #expect(Nanoseconds(.nanoseconds(Int64.min) - .nanoseconds(1)).count == .min)
        #expect(Nanoseconds(.seconds(Int64.max)).count == .max)
        #expect(Self.extremes.map { Nanoseconds($0).count } == [.max, .min])
    }

    @Test("an instant moves by a Duration, and stays at the ends of the clock")
    func advance() {
        let instant = Instant(nanoseconds: 5)
        #expect(instant.advanced(by: .microseconds(1)) == Instant(nanoseconds: 1_005))
        #expect(instant.advanced(by: .nanoseconds(-6)) == Instant(nanoseconds: -1))
        for start in [Int64.min, -1, 0, 1, .max].map(Instant.init(nanoseconds:)) {
            #expect(Self.extremes.map { start.advanced(by: $0).nanoseconds } == [.max, .min])
        }
        let whole = Duration.nanoseconds(Int64.max) - .nanoseconds(Int64.min)
        #expect(Instant(nanoseconds: .min).advanced(by: whole) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .max).advanced(by: .zero - whole) == Instant(nanoseconds: .min))
    }

    @Test(
        "from one instant to another and back",
        arguments: [(0, 1), (1, 0), (-3, 4), (.min, .max), (.max, .min)] as [(Int64, Int64)])
    func distance(from first: Int64, to second: Int64) {
        let (first, second) = (Instant(nanoseconds: first), Instant(nanoseconds: second))
        #expect(first.duration(to: second) == .nanoseconds(second.nanoseconds) - .nanoseconds(first.nanoseconds))
        #expect(first.advanced(by: first.duration(to: second)) == second)
    }

    @Test("the operators are those of nanoseconds; generic code moves an instant by its Duration")
    func operators() {
        let (early, late) = (Instant(nanoseconds: 1_000), Instant(nanoseconds: 3_000_001_000))
        let difference = late - early
        #expect(difference == Nanoseconds.seconds(3))
        #expect(early + .seconds(3) == late && late - .seconds(3) == early)
        func moved<Point: InstantProtocol>(_ point: Point, by duration: Point.Duration) -> Point {
            point.advanced(by: duration)
        }
        #expect(moved(early, by: .seconds(3)) == late)
    }
}
