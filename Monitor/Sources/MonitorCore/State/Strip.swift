import SwiftNet

/// The last 24 hours of a target, in cells of ten minutes.
public struct Strip: Hashable, Sendable {
    public static let length = 144

    /// The beginning of the newest cell.
    private var newest: WallTime?
    /// The cells by their beginning, modulo the length.
    private var cells = [UInt8](repeating: UInt8(ascii: "."), count: Strip.length)

    public init() {}

    /// The letter of some probes: `.` none, `0` no loss, `1` less than 1 % lost, `2` less than 5 %, `3` less than 20 %, `4`
    /// less than all, `5` all.
    public static func letter(transmitted: Int, lost: Int) -> UInt8 {
        guard transmitted > 0 else { return UInt8(ascii: ".") }
        let share = Double(lost) / Double(transmitted)
        let level: UInt8 =
            switch share {
            case 0: 0
            case ..<0.01: 1
            case ..<0.05: 2
            case ..<0.2: 3
            case ..<1: 4
            default: 5
            }
        return UInt8(ascii: "0") + level
    }

    private static func index(_ start: WallTime) -> Int {
        let number = start.nanoseconds.floorDivided(SampleBlock.length.count)
        return Int(((number % Int64(length)) + Int64(length)) % Int64(length))
    }

    public mutating func set(_ start: WallTime, transmitted: Int, lost: Int) {
        advance(to: start)
        // Older than the strip is long.
        if let newest, newest - start >= SampleBlock.length * Int64(Self.length) { return }
        cells[Self.index(start)] = Self.letter(transmitted: transmitted, lost: lost)
    }

    /// Empties the cells of time that has passed.
    public mutating func advance(to start: WallTime) {
        guard let old = newest else {
            newest = start
            return
        }
        guard start > old else { return }
        let steps = (start - old).count / SampleBlock.length.count
        for step in 1...max(min(steps, Int64(Self.length)), 1) {
            cells[Self.index(start - SampleBlock.length * (step - 1))] = UInt8(ascii: ".")
        }
        newest = start
    }

    /// The letters, the oldest first, and the end of the newest cell.
    public func text(at now: WallTime) -> (letters: String, end: WallTime) {
        var copy = self
        let last = now.rounded(downTo: SampleBlock.length)
        copy.advance(to: last)
        let newest = copy.newest ?? last
        let letters = (0..<Self.length).map { (offset: Int) -> UInt8 in
            let age = SampleBlock.length * Int64(Self.length - 1 - offset)
            return copy.cells[Self.index(newest - age)]
        }
        return (String(decoding: letters, as: UTF8.self), newest + SampleBlock.length)
    }
}
