// The normal forms that Swift's strings are compared by; there is no public name for them.
@_spi(_Unicode) import Swift

/// Names of any letters in the letters that the domain name system has (RFC 3492, RFC 5891).
public enum Punycode {
    private static let base: UInt32 = 36
    private static let lowest: UInt32 = 1
    private static let highest: UInt32 = 26

    /// A domain name with every label that needs it written as `xn--…`, in lower case.
    ///
    /// Letters are put into lower case and composed, and the ideographic full stops taken for points
    /// (RFC 5895, section 2).
    /// - Returns: nil when a label is longer than the 63 letters there may be.
    public static func domain(_ name: String) -> String? {
        guard !name.utf8.allSatisfy({ $0 < 0x80 }) else { return name }
        let points: [Unicode.Scalar] = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
        var labels: [String] = []
        for label in Array(name.lowercased()._nfc).split(
            omittingEmptySubsequences: false, whereSeparator: { points.contains($0) })
        {
            if label.allSatisfy(\.isASCII) {
                labels.append(String(String.UnicodeScalarView(label)))
            } else if let encoded = encode(label.map(\.value)), encoded.utf8.count <= 59 {
                labels.append("xn--" + encoded)
            } else {
                return nil
            }
        }
        return labels.joined(separator: ".")
    }

    /// Code points as letters, digits and hyphens (RFC 3492, section 6.3); nil when a number grows too large.
    public static func encode(_ input: [UInt32]) -> String? {
        var output = input.filter { $0 < 0x80 }.map { UInt8($0) }
        let basicCount = UInt32(output.count)
        if basicCount > 0 { output.append(UInt8(ascii: "-")) }
        var next: UInt32 = 0x80
        var delta: UInt32 = 0
        var bias: UInt32 = 72
        var handled = basicCount
        while handled < UInt32(input.count) {
            guard let lowestLeft = input.filter({ $0 >= next }).min() else { return nil }
            let (step, isTooLarge) = (lowestLeft - next).multipliedReportingOverflow(by: handled + 1)
            let (sum, overflows) = delta.addingReportingOverflow(step)
            guard !isTooLarge, !overflows else { return nil }
            delta = sum
            next = lowestLeft
            for point in input {
                if point < next { delta &+= 1 }
                guard point == next else { continue }
                var rest = delta
                var position = base
                while true {
                    let threshold =
                        position <= bias ? lowest : position >= bias + highest ? highest : position - bias
                    if rest < threshold { break }
                    output.append(digit(threshold + (rest - threshold) % (base - threshold)))
                    rest = (rest - threshold) / (base - threshold)
                    position += base
                }
                output.append(digit(rest))
                bias = adapted(delta, count: handled + 1, isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta &+= 1
            next += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 26 ? value + 0x61 : value - 26 + 0x30)
    }

    /// Section 6.1.
    private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var position: UInt32 = 0
        while delta > (base - lowest) * highest / 2 {
            delta /= base - lowest
            position += base
        }
        return position + (base - lowest + 1) * delta / (delta + 38)
    }
}
