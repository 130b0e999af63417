import Foundation
import MonitorCore
import MonitorWeb
import SwiftNet
import TOMLKit

/// The configuration file, swift-net-monitor.toml(5).
struct ConfigurationFile {
    /// What is wrong in it, and where.
    struct Problem: Error, CustomStringConvertible {
        var file: String
        var line: Int?
        var column: Int?
        var message: String

        var description: String {
            let spot = line.map { line in ":\(line)" + (column.map { ":\($0)" } ?? "") } ?? ""
            return "\(file)\(spot): \(message)"
        }
    }

    private let path: String
    private let text: String

    static func read(_ path: String, into settings: inout MonitorSettings) throws(Problem) {
        guard let data = FileManager.default.contents(atPath: path) else {
            let reason = access(path, R_OK) == 0 ? "cannot be read" : String(cString: strerror(errno))
            throw Problem(file: path, message: reason)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Problem(file: path, message: "is not UTF-8")
        }
        try ConfigurationFile(path: path, text: text).apply(to: &settings)
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    func apply(to settings: inout MonitorSettings) throws(Problem) {
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw Problem(
                file: path, line: error.source.begin.line, column: error.source.begin.column,
                message: error.description)
        } catch {
            throw Problem(file: path, message: "\(error)")
        }
        let known = [
            "listen", "store", "history", "max-size", "token-file", "public-read-only", "hosts", "on-event", "defaults",
            "group", "target",
        ]
        try check(table.keys, known, section: nil)
        try applyGeneral(table, to: &settings)
        var defaults = Shared()
        if let section = try self.table(table, "defaults", at: nil) {
            let spot = Section(name: "defaults", number: 1)
            try check(section.keys, Shared.keys, section: spot)
            defaults = try shared(section, Shared(), spot)
        }
        for (number, group) in try tables(table, "group").enumerated() {
            let spot = Section(name: "group", number: number + 1)
            try check(group.keys, Shared.keys + ["targets", "name"], section: spot)
            let shared = try shared(group, defaults, spot)
            guard let targets = group["targets"]?.array else {
                throw problem("a group needs targets = [...]", at: spot, key: "targets")
            }
            for value in targets {
                guard let target = value.string else { throw problem("a target is a text", at: spot, key: "targets") }
                settings.checks.append(try makeCheck(target, shared, spot, key: "targets"))
            }
        }
        for (number, target) in try tables(table, "target").enumerated() {
            let spot = Section(name: "target", number: number + 1)
            try check(target.keys, Shared.keys + ["target", "name"], section: spot)
            guard let text = try string(target, "target", at: spot) else {
                throw problem("a target needs target = \"...\"", at: spot, key: "target")
            }
            var check = try makeCheck(text, try shared(target, defaults, spot), spot, key: "target")
            if let name = try string(target, "name", at: spot) { check.name = name }
            settings.checks.append(check)
        }
    }

    private func applyGeneral(_ table: TOMLTable, to settings: inout MonitorSettings) throws(Problem) {
        if let text = try string(table, "listen", at: nil) {
            guard let address = MonitorSettings.address(text) else {
                throw problem("listen: expected ADDRESS:PORT or unix:PATH", at: nil, key: "listen")
            }
            settings.listen = address
        }
        settings.store = try string(table, "store", at: nil) ?? settings.store
        settings.keepsHistory = try bool(table, "history", at: nil) ?? settings.keepsHistory
        if let text = try string(table, "max-size", at: nil) {
            guard let size = SizeText.parse(text), size >= MonitorSettings.leastSize else {
                throw problem("max-size: expected a size of 1MB or more, such as 2GB", at: nil, key: "max-size")
            }
            settings.retention.size = size
        }
        settings.tokenFile = try string(table, "token-file", at: nil) ?? settings.tokenFile
        settings.isPublic = try bool(table, "public-read-only", at: nil) ?? settings.isPublic
        settings.hosts += try strings(table, "hosts", at: nil) ?? []
        settings.onEvent = try string(table, "on-event", at: nil) ?? settings.onEvent
    }

    // MARK: Checks

    /// What a group's targets have in common.
    private struct Shared {
        var interval: Nanoseconds?
        var timeout: Nanoseconds?
        var tags: [String: String] = [:]
        var behind: String?
        var silentUntil: WallTime?
        var settings = Check.Settings()

        static let keys = [
            "interval", "timeout", "tags", "behind", "silent-until", "family", "interface", "size", "dscp", "insecure",
            "headers",
            "certificate-margin", "status", "match",
        ]
    }

    private func makeCheck(_ text: String, _ shared: Shared, _ spot: Section, key: String) throws(Problem) -> Check {
        var check: Check
        do { check = try Check(argument: text) } catch { throw problem(error.description, at: spot, key: key) }
        check.interval = shared.interval ?? check.interval
        check.timeout = shared.timeout ?? Check.usualTimeout(check.kind, interval: check.interval)
        check.tags = shared.tags
        check.behind = shared.behind
        check.silentUntil = shared.silentUntil
        check.settings = shared.settings
        return check
    }

    private func shared(_ table: TOMLTable, _ defaults: Shared, _ spot: Section) throws(Problem) -> Shared {
        var shared = defaults
        shared.interval = try duration(table, "interval", at: spot) ?? shared.interval
        shared.timeout = try duration(table, "timeout", at: spot) ?? shared.timeout
        shared.behind = try string(table, "behind", at: spot) ?? shared.behind
        shared.settings.interface = try string(table, "interface", at: spot) ?? shared.settings.interface
        shared.silentUntil =
            try value(table, "silent-until", at: spot, "a time in UTC such as \"2026-12-31T08:00:00Z\"") { value in
                value.string.flatMap { WallTime($0) }
            } ?? shared.silentUntil
        shared.settings.match = try string(table, "match", at: spot) ?? shared.settings.match
        shared.settings.statuses = try statuses(table, at: spot) ?? shared.settings.statuses
        shared.settings.isInsecure = try bool(table, "insecure", at: spot) ?? shared.settings.isInsecure
        shared.settings.certificateMargin =
            try duration(table, "certificate-margin", at: spot) ?? shared.settings.certificateMargin
        switch try integer(table, "family", in: 4...6, at: spot) {
        case nil: break
        case 4: shared.settings.family = .v4
        case 6: shared.settings.family = .v6
        default: throw problem("family: expected 4 or 6", at: spot, key: "family")
        }
        shared.settings.size = try integer(table, "size", in: 16...65_507, at: spot) ?? shared.settings.size
        shared.settings.codePoint =
            try integer(table, "dscp", in: 0...63, at: spot).map { UInt8($0) } ?? shared.settings.codePoint
        for (name, value) in try texts(table, "tags", at: spot) {
            guard Self.isLabel(name) else {
                throw problem("tags: '\(name)' has characters other than letters, digits and _", at: spot, key: "tags")
            }
            shared.tags[name] = value
        }
        for (name, value) in try texts(table, "headers", at: spot) {
            guard HTTPField.isSendable(name), HTTPField.isSendable(value) else {
                throw problem("headers: '\(name)' has characters that cannot be sent", at: spot, key: "headers")
            }
            shared.settings.fields.append(.init(name: name, value: value))
        }
        return shared
    }

    /// A label of Prometheus.
    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
            }
    }

    // MARK: Values

    /// A section of the file, by its name and its number among those of this name.
    private struct Section {
        var name: String
        var number: Int
    }

    private func value<Value>(
        _ table: TOMLTable, _ key: String, at spot: Section?, _ expected: String,
        _ convert: (any TOMLValueConvertible) -> Value?
    ) throws(Problem) -> Value? {
        guard let value = table[key] else { return nil }
        guard let converted = convert(value) else {
            throw problem("\(key): expected \(expected)", at: spot, key: key)
        }
        return converted
    }

    private func string(_ table: TOMLTable, _ key: String, at spot: Section?) throws(Problem) -> String? {
        try value(table, key, at: spot, "a text in quotes") { $0.string }
    }

    private func bool(_ table: TOMLTable, _ key: String, at spot: Section?) throws(Problem) -> Bool? {
        try value(table, key, at: spot, "true or false") { $0.bool }
    }

    private func integer(
        _ table: TOMLTable, _ key: String, in range: ClosedRange<Int>, at spot: Section?
    ) throws(Problem) -> Int? {
        try value(table, key, at: spot, "\(range.lowerBound) to \(range.upperBound)") { value in
            value.int.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private func duration(_ table: TOMLTable, _ key: String, at spot: Section?) throws(Problem) -> Nanoseconds? {
        try value(table, key, at: spot, "a duration such as 0.2, \"200ms\" or \"2s\"") { value in
            value.string.flatMap(DurationText.parse) ?? value.int.flatMap { DurationText.parse("\($0)") }
                ?? value.double.flatMap { DurationText.parse("\($0)") }
        }
    }

    /// A status code, or a range of them: 301, "200-299".
    private func statuses(_ table: TOMLTable, at spot: Section?) throws(Problem) -> ClosedRange<Int>? {
        try value(table, "status", at: spot, "a status code such as 200, or a range such as \"200-299\"") { value in
            if let code = value.int { return (100...999).contains(code) ? code...code : nil }
            let bounds = (value.string ?? "").split(separator: "-").compactMap { Int($0) }
            guard bounds.count == 2, bounds[0] >= 100, bounds[0] <= bounds[1], bounds[1] <= 999 else { return nil }
            return bounds[0]...bounds[1]
        }
    }

    private func strings(_ table: TOMLTable, _ key: String, at spot: Section?) throws(Problem) -> [String]? {
        try value(table, key, at: spot, "texts in brackets") { value in
            guard let array = value.array else { return nil }
            let texts = array.compactMap { $0.string }
            return texts.count == array.count ? texts : nil
        }
    }

    private func texts(
        _ table: TOMLTable, _ key: String, at spot: Section?
    ) throws(Problem) -> [(name: String, value: String)] {
        guard let section = try self.table(table, key, at: spot) else { return [] }
        return try section.keys.sorted().map { name throws(Problem) in
            guard let text = section[name]?.string else {
                throw problem("\(key): expected { name = \"text\" }", at: spot, key: key)
            }
            return (name, text)
        }
    }

    private func table(_ table: TOMLTable, _ key: String, at spot: Section?) throws(Problem) -> TOMLTable? {
        try value(table, key, at: spot, "a table") { $0.table }
    }

    private func tables(_ table: TOMLTable, _ key: String) throws(Problem) -> [TOMLTable] {
        try value(table, key, at: nil, "[[\(key)]]") { value in
            guard let array = value.array else { return nil }
            let tables = array.compactMap { $0.table }
            return tables.count == array.count ? tables : nil
        } ?? []
    }

    // MARK: Problems

    private func check(_ keys: [String], _ known: [String], section: Section?) throws(Problem) {
        for key in keys where !known.contains(key) {
            throw problem(
                "unknown key '\(key)' (expected one of: \(known.sorted().joined(separator: ", ")))", at: section,
                key: key)
        }
    }

    /// A problem at the line of a key, or of its section.
    private func problem(_ message: String, at spot: Section?, key: String) -> Problem {
        var (section, counts) = ("", [String: Int]())
        var line: Int?
        for (number, text) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = text.drop { $0 == " " || $0 == "\t" }
            if content.hasPrefix("[") {
                section = String(content.drop { $0 == "[" }.prefix { $0 != "]" && $0 != "." })
                if !content.dropFirst().contains(".") { counts[section, default: 0] += 1 }
                if section == spot?.name, counts[section] == spot?.number {
                    line = line ?? number + 1
                    // A table of its own for the key.
                    if content.contains("." + key) { return at(number + 1, text, content, message) }
                }
            } else if section == spot?.name ?? "", spot == nil || counts[section] == spot?.number,
                content.hasPrefix(key), content.dropFirst(key.count).first.map({ " \t=.".contains($0) }) ?? false
            {
                return at(number + 1, text, content, message)
            }
        }
        return Problem(file: path, line: line, message: message)
    }

    private func at(_ line: Int, _ text: Substring, _ content: Substring, _ message: String) -> Problem {
        let column = text.utf8.count - content.utf8.count + 1
        return Problem(file: path, line: line, column: column, message: message)
    }
}
