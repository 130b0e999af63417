// Unicode normalization, which has no public name in the standard library.
@_spi(_Unicode) import Swift

/// Internationalized domain names in ASCII (RFC 3492, RFC 5891).
public enum Punycode {
    private static let base: UInt32 = 36
    private static let lowest: UInt32 = 1
    private static let highest: UInt32 = 26

    /// Returns a domain name with non-ASCII labels as `xn--…`, in lowercase.
    ///
    /// Letters are lowercased and normalized (NFC), and ideographic full stops converted to dots
    /// (RFC 5895, section 2).
    /// - Returns: nil if a label is longer than 63 characters.
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

    /// Encodes code points as letters, digits and hyphens (RFC 3492, section 6.3); returns nil on overflow.
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

    /// Adapts the bias (section 6.1).
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
