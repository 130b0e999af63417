import LinuxProcess
import SwiftNet

/// The entries of the target lists that a command line names.
struct TargetFile {
    /// `-` for standard input.
    let path: String
    /// The option that names it.
    let option: String

    /// The targets, without those that cannot be used: each is reported with its line, and the exit status becomes 2.
    /// - Parameter allowsZones: whether an IPv6 address may have a zone.
    func targets(_ console: Console, allowsZones: Bool = true) throws -> [String] {
        try entries(TargetList.targets(ofLine:), console.skip) { text throws(TargetExpression.Problem) in
            try Self.check(text, allowsZones: allowsZones)
        }
    }

    /// The targets that are left out of a scan. One that cannot be read ends the run, for it would be scanned.
    func excludedTargets() throws -> [String] {
        try entries(TargetList.targets(ofLine:), { throw UsageError($0) }) { text throws(TargetExpression.Problem) in
            try Self.check(text, allowsZones: false)
        }
    }

    /// The URLs, without those that cannot be used: each is reported with its line, and the exit status becomes 2.
    func urls(_ console: Console) throws -> [String] {
        try entries(TargetList.urls(ofLine:), console.skip) { text throws(HTTPURL.Problem) in _ = try HTTPURL(text) }
    }

    private static func check(_ text: String, allowsZones: Bool) throws(TargetExpression.Problem) {
        let target = try TargetExpression(text)
        if case .address(_, let zone?) = target, !allowsZones { throw .zoneNotAllowed(zone) }
    }

    private func entries<Problem: Error & CustomStringConvertible>(
        _ split: (String) -> [String], _ refuse: (String) throws -> Void, _ check: (String) throws(Problem) -> Void
    ) throws -> [String] {
        let lines: [String]
        do {
            lines = try TextInput.lines(of: path, for: option)
        } catch {
            throw UsageError("\(option): \(error)")
        }
        var entries: [String] = []
        for (index, line) in lines.enumerated() {
            for text in split(line) {
                do throws(Problem) {
                    try check(text)
                } catch {
                    try refuse("\(option): \(path):\(index + 1): '\(text)': \(error)")
                    continue
                }
                entries.append(text)
            }
        }
        return entries
    }
}
