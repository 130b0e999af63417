import PacketEngine

import func Glibc.cbrt

/// CUBIC congestion control (RFC 9438), with slow start and restart after idle from RFC 5681.
struct CubicCongestionControl: Sendable {
    /// The congestion window, in bytes.
    private(set) var window: Int
    private(set) var slowStartThreshold = Int.max
    private let segment: Int
    private var epoch: Epoch?
    /// The window at the last loss (W_max), in segments.
    private var largest = 0.0

    /// The parameters of window growth since a loss.
    private struct Epoch: Sendable {
        let start: Instant
        /// The time until the window reaches its size before the loss (K), in seconds.
        let period: Double
        /// The window at the plateau of the curve, in segments.
        let origin: Double
        /// The estimated window of Reno (W_est).
        var reno: Double
    }

    private static let scale = 0.4
    private static let decrease = 0.7
    /// The growth of Reno that gives it the same average window with this decrease (section 4.3).
    private static let renoIncrease = 3 * (1 - decrease) / (1 + decrease)

    /// - Parameter segment: the maximum segment size, in bytes.
    init(segment: Int) {
        self.segment = max(segment, 1)
        // RFC 6928, section 2.
        window = min(10 * segment, max(2 * segment, 14_600))
    }

    var isInSlowStart: Bool { window < slowStartThreshold }

    /// Updates the window after `count` bytes were acknowledged.
    /// - Parameter roundTrip: the smoothed round-trip time.
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
        // The window reaches the target within one round trip.
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

    /// Reduces the window after a loss that was detected by duplicate or selective acknowledgments (section 4.6).
    mutating func lost(inFlight: Int) {
        let current = Double(min(window, max(inFlight, 2 * segment))) / Double(segment)
        // Fast convergence: release bandwidth to new flows (section 4.7).
        largest = current < largest ? current * (1 + Self.decrease) / 2 : current
        slowStartThreshold = max(Int(current * Self.decrease * Double(segment)), 2 * segment)
        window = slowStartThreshold
        epoch = nil
    }

    /// Reduces the window after a retransmission timeout (RFC 5681, section 3.1).
    mutating func timedOut(inFlight: Int) {
        lost(inFlight: inFlight)
        window = segment
    }

    /// Reduces the window after an idle time of more than one retransmission timeout (RFC 5681, section 4.1).
    mutating func restart() {
        window = min(window, 10 * segment)
        epoch = nil
    }
}
