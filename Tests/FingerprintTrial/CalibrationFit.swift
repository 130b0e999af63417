import Diagnostics

import func Glibc.exp

/// A calibration fitted to trials with known outcomes: the most likely logistic curve, and steps by observed frequency.
struct CalibrationFit {
    struct Point {
        var similarity: Double
        var lead: Double
        var isRight: Bool
    }

    static func calibration(of points: [Point]) -> Calibration {
        var calibration = curve(of: points)
        calibration.steps = steps(of: points, calibration)
        return calibration
    }

    /// The minimum number of answers per step.
    private static let leastCount = 20.0

    /// Groups the answers so that the share of correct ones increases from step to step (pool adjacent violators).
    private static func steps(of points: [Point], _ curve: Calibration) -> [Calibration.Step] {
        struct Part {
            var count = 0.0
            var given = 0.0
            var right = 0.0
            var share: Double { right / count }

            mutating func add(_ other: Part) {
                count += other.count
                given += other.given
                right += other.right
            }
        }
        let given = points.map { (curve.curve(similarity: $0.similarity, lead: $0.lead), $0.isRight) }
            .sorted { $0.0 < $1.0 }
        var parts: [Part] = []
        for (given, isRight) in given {
            parts.append(Part(count: 1, given: given, right: isRight ? 1 : 0))
            while parts.count > 1, let last = parts.last,
                parts[parts.count - 2].share >= last.share || parts[parts.count - 2].count < leastCount
            {
                parts.removeLast()
                parts[parts.count - 1].add(last)
            }
        }
        if parts.count > 1, let last = parts.last, last.count < leastCount {
            parts.removeLast()
            parts[parts.count - 1].add(last)
        }
        // Adding half a correct and half a wrong answer avoids steps of 0 and 100 %.
        return parts.map { Calibration.Step(given: $0.given / $0.count, right: ($0.right + 0.5) / ($0.count + 1)) }
    }

    /// Returns the most likely curve, regularized so that it does not become certain.
    private static func curve(of points: [Point]) -> Calibration {
        var weights = [0.0, 0, 0]
        let pull = 0.02
        for _ in 0..<200 {
            var gradient = weights.map { -pull * $0 }
            var curvature = [[pull, 0, 0], [0, pull, 0], [0, 0, pull]]
            for point in points {
                let input = [1, point.similarity, Calibration.part(of: point.lead)]
                let sum = zip(weights, input).reduce(0) { $0 + $1.0 * $1.1 }
                let chance = 1 / (1 + exp(-sum))
                for row in 0..<3 {
                    gradient[row] += ((point.isRight ? 1 : 0) - chance) * input[row]
                    for column in 0..<3 {
                        curvature[row][column] += chance * (1 - chance) * input[row] * input[column]
                    }
                }
            }
            let step = solve(curvature, gradient)
            for index in 0..<3 { weights[index] += step[index] }
            if step.allSatisfy({ abs($0) < 1e-9 }) { break }
        }
        return Calibration(offset: weights[0], similarity: weights[1], lead: weights[2])
    }

    /// Solves three linear equations by elimination.
    private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        var rows = zip(matrix, right).map { $0 + [$1] }
        for pivot in 0..<3 {
            for row in 0..<3 where row != pivot {
                let factor = rows[row][pivot] / rows[pivot][pivot]
                for column in 0..<4 { rows[row][column] -= factor * rows[pivot][column] }
            }
        }
        return (0..<3).map { rows[$0][3] / rows[$0][$0] }
    }
}
