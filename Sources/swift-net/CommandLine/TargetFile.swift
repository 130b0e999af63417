import LinuxProcess
import SwiftNet

/// A target list that a command line names.
struct TargetFile {
    /// `-` for standard input.
    let path: String
    /// The option that names it.
    let option: String

    /// The targets, without those that cannot be used: each is reported with its line, and the exit status becomes 2.
    /// - Parameter allowsZones: whether an IPv6 address may have a zone.
    func targets(_ console: Console, allowsZones: Bool = true) throws -> [String] {
        try entries(TargetList.targets(ofLine:), console.skip) { Self.problem(ofTarget: $0, allowsZones: allowsZones) }
    }

    /// The targets that are left out of a scan. One that cannot be read ends the run, for it would be scanned.
    func excludedTargets() throws -> [String] {
        try entries(TargetList.targets(ofLine:), { throw UsageError($0) }) {
            Self.problem(ofTarget: $0, allowsZones: false)
        }
    }

    /// The URLs, without those that cannot be used: each is reported with its line, and the exit status becomes 2.
    /// - Parameter problem: why a URL cannot be used; nil if it can be.
    func urls(_ console: Console, _ problem: (String) -> String?) throws -> [String] {
        try entries(TargetList.urls(ofLine:), console.skip, problem)
    }

    /// The same of lines that are still to come.
    func urls(
        ofComing lines: LineInput, _ console: Console, _ problem: @escaping (String) -> String?
    ) -> HTTPTargetInput {
        var number = 0
        return HTTPTargetInput(lines) { line in
            number += 1
            return usable(TargetList.urls(ofLine: line), line: number, console.skip, problem)
        }
    }

    private static func problem(ofTarget text: String, allowsZones: Bool) -> String? {
        do throws(TargetExpression.Problem) {
            if case .address(_, let zone?) = try TargetExpression(text), !allowsZones { throw .zoneNotAllowed(zone) }
            return nil
        } catch {
            return error.description
        }
    }

    private func entries(
        _ split: (String) -> [String], _ refuse: (String) throws -> Void, _ problem: (String) -> String?
    ) throws -> [String] {
        let lines: [String]
        do {
            lines = try TextInput.lines(of: path, for: option)
        } catch {
            throw UsageError("\(option): \(error)")
        }
        return try lines.enumerated().flatMap { try usable(split($0.element), line: $0.offset + 1, refuse, problem) }
    }

    /// The entries of a line without a problem; the others are refused.
    private func usable(
        _ texts: [String], line: Int, _ refuse: (String) throws -> Void, _ problem: (String) -> String?
    ) rethrows -> [String] {
        try texts.filter { text in
            guard let reason = problem(text) else { return true }
            try refuse("\(option): \(path):\(line): '\(text)': \(reason)")
            return false
        }
    }
}
