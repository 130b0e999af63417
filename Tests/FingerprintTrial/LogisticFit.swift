import Diagnostics

import func Glibc.exp

/// A calibration that fits trials with known outcomes.
struct LogisticFit {
    struct Point {
        var similarity: Double
        var lead: Double
        var isRight: Bool
    }

    /// The most likely curve, pulled a little towards none so that what never goes wrong does not become certain.
    static func calibration(of points: [Point]) -> Calibration {
        var weights = [0.0, 0, 0]
        let pull = 0.02
        for _ in 0..<200 {
            var gradient = weights.map { -pull * $0 }
            var curvature = [[pull, 0, 0], [0, pull, 0], [0, 0, pull]]
            for point in points {
                let input = [1, point.similarity, point.lead]
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

    /// Three equations by elimination.
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
