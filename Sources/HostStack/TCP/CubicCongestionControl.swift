import PacketEngine

import func Glibc.cbrt

/// How much may be on the way (RFC 9438; slow start and what it means to be idle by RFC 5681).
struct CubicCongestionControl: Sendable {
    /// Bytes.
    private(set) var window: Int
    private(set) var slowStartThreshold = Int.max
    private let segment: Int
    private var epoch: Epoch?
    /// Segments, at the last loss.
    private var largest = 0.0

    /// Since a loss, how the window grows.
    private struct Epoch: Sendable {
        let start: Instant
        /// Seconds until the window is as large as it was.
        let period: Double
        /// Segments; where the curve is flat.
        let origin: Double
        /// What Reno would have.
        var reno: Double
    }

    private static let scale = 0.4
    private static let decrease = 0.7
    /// Of Reno with this decrease, so that both get as much (section 4.3).
    private static let renoIncrease = 3 * (1 - decrease) / (1 + decrease)

    /// - Parameter segment: bytes of a full one.
    init(segment: Int) {
        self.segment = max(segment, 1)
        // RFC 6928, section 2.
        window = min(10 * segment, max(2 * segment, 14_600))
    }

    var isInSlowStart: Bool { window < slowStartThreshold }

    /// So many bytes were acknowledged for the first time.
    /// - Parameter roundTrip: as it is thought to be.
    mutating func acknowledged(_ count: Int, roundTrip: Nanoseconds, at now: Instant) {
        if isInSlowStart {
            window += min(count, 2 * segment)
            return
        }
        let size = Double(segment)
        let current = Double(window) / size
        var epoch = epoch ?? begin(current, at: now)
        let elapsed = (now - epoch.start).seconds + roundTrip.seconds
        let target = Self.scale * cube(elapsed - epoch.period) + epoch.origin
        epoch.reno += Self.renoIncrease * Double(count) / size / max(current, 1)
        self.epoch = epoch
        if epoch.reno > target, epoch.reno > current {
            window = Int(epoch.reno * size)
            return
        }
        let bounded = min(max(target, current), 1.5 * current)
        // Over a round trip the window becomes the target.
        window += Int((bounded - current) / max(current, 1) * Double(count))
    }

    private func cube(_ number: Double) -> Double { number * number * number }

    private func begin(_ current: Double, at now: Instant) -> Epoch {
        if current < largest {
            return Epoch(
                start: now, period: cbrt((largest - current) / Self.scale), origin: largest, reno: current)
        }
        return Epoch(start: now, period: 0, origin: current, reno: current)
    }

    /// A segment was lost, and others come through (section 4.6).
    mutating func lost(inFlight: Int) {
        let current = Double(min(window, max(inFlight, 2 * segment))) / Double(segment)
        // Who has less than at the last loss gives way to others (section 4.7).
        largest = current < largest ? current * (1 + Self.decrease) / 2 : current
        slowStartThreshold = max(Int(current * Self.decrease * Double(segment)), 2 * segment)
        window = slowStartThreshold
        epoch = nil
    }

    /// Nothing came through (RFC 5681, section 3.1).
    mutating func timedOut(inFlight: Int) {
        lost(inFlight: inFlight)
        window = segment
    }

    /// Nothing was sent for longer than a timeout (RFC 5681, section 4.1).
    mutating func restart() {
        window = min(window, 10 * segment)
        epoch = nil
    }
}
