import LinuxProcess
import SwiftNet

/// A target list that is named on the command line.
struct TargetFile {
    /// `-` for standard input.
    let path: String
    /// The option that names it.
    let option: String

    /// Returns the valid targets. Each invalid entry is reported with its line number, and the exit status becomes 2.
    func targets(_ console: Console) throws -> [String] {
        try entries(TargetList.targets(ofLine:), console.skip, Self.problem)
    }

    /// Returns the valid targets of files. Targets of standard input are used as soon as their line is read, unless
    /// `readsAhead` is true.
    /// - Parameter missingTarget: The message if standard input has no target and no other target is given.
    static func targets(
        of paths: [String], _ console: Console, readsAhead: Bool = false, missingTarget: String
    ) throws -> (texts: [String], input: TargetInput<GivenTarget>?) {
        var texts: [String] = []
        var input: TargetInput<GivenTarget>?
        for path in paths {
            let file = TargetFile(path: path, option: "--targets")
            guard path == "-", !readsAhead, input == nil else {
                texts += try file.targets(console)
                continue
            }
            var number = 0
            input = TargetInput(try file.lines(), missingTarget: missingTarget) { line in
                number += 1
                return file.usable(TargetList.targets(ofLine: line), line: number, console.skip, problem)
                    .compactMap { text in (try? TargetExpression(text)).map { (text, $0) } }
            }
        }
        return (texts, input)
    }

    /// Opens standard input for reading line by line.
    private func lines() throws -> LineInput {
        do throws(SystemError) {
            return try LineInput(for: option)
        } catch {
            throw UsageError("\(option): \(error)")
        }
    }

    /// Returns the targets that a scan excludes.
    /// - Throws: `UsageError` for an invalid entry: without it, its hosts would be scanned.
    func excludedTargets() throws -> [String] {
        try entries(TargetList.targets(ofLine:), { throw UsageError($0) }, Self.problem)
    }

    /// Returns the valid URLs. Each invalid entry is reported with its line number, and the exit status becomes 2.
    /// - Parameter problem: Returns why a URL is invalid; nil if it is valid.
    func urls(_ console: Console, _ problem: (String) -> String?) throws -> [String] {
        try entries(TargetList.urls(ofLine:), console.skip, problem)
    }

    /// Returns the URLs of standard input, which are read line by line during the run.
    func comingURLs(
        _ console: Console, missingTarget: String, _ problem: @escaping (String) -> String?
    ) throws -> TargetInput<String> {
        var number = 0
        return TargetInput(try lines(), missingTarget: missingTarget) { line in
            number += 1
            return usable(TargetList.urls(ofLine: line), line: number, console.skip, problem)
        }
    }

    private static func problem(ofTarget text: String) -> String? {
        do throws(TargetExpression.Problem) {
            _ = try TargetExpression(text)
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

    /// Returns the valid entries of a line, and calls `refuse` for each invalid one.
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
