/// Returns the natural logarithm of a number above zero. The standard library has none without Foundation.
func naturalLogarithm(_ value: Double) -> Double {
    // value = significand * 2^exponent, and ln m = 2 artanh((m - 1) / (m + 1)).
    let ratio = (value.significand - 1) / (value.significand + 1)
    let square = ratio * ratio
    var power = ratio
    var sum = 0.0
    for divisor in stride(from: 1.0, to: 61, by: 2) {
        sum += power / divisor
        power *= square
    }
    return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
}

/// The largest integer whose square is not above `value`.
func integerRoot(_ value: UInt128) -> UInt128 {
    guard value > 1 else { return value }
    // Newton's method from a power of two above the root decreases until it reaches the root.
    var root = UInt128(1) << UInt128((128 - value.leadingZeroBitCount + 1) / 2)
    while true {
        let next = (root + value / root) / 2
        if next >= root { return root }
        root = next
    }
}
