import LinuxProcess
import SwiftNet

/// `http-fingerprint`: the options and their values.
struct HTTPFingerprintCommand: HTTPCommand {
    static let summary = CommandSummary(
        name: "http-fingerprint", group: .services,
        abstract: "Identify web servers by their behavior, not by their Server field.",
        usage: ["[options] URL...", "--learn PRODUCT [options] URL...", "--list [--signatures FOLDER]"],
        operand: ("URL", "http://HOST or https://HOST"),
        discussion: """
            A URL is http://host:port/path, https://... or http+unix://%2Frun%2Fsocket/path; http:// may be omitted. \
            Each server gets 19 requests, one after the other; most of them have one error. \
            Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if every server was recognized, 1 if one was not, 2 on error or if a name cannot \
            be resolved.
            """,
        foreignOptions: [("-p", "add the port to the URL: HOST:PORT")])

    var general = GeneralOptions()
    var targets = HTTPTargets()
    var fingerprint = HTTPFingerprint.Configuration()
    var signatureFolders: [String] = []
    /// The product whose signature is written; nil to identify servers.
    var product: String?
    var versions = ""
    var origin: String?
    var output: String?
    /// Whether servers that are recognized only by what they claim to be count as not recognized.
    var isStrict = false
    /// Whether results are printed in the order of the URLs.
    var isSorted = false
    /// Whether the products are listed instead of identifying servers.
    var isListing = false
    var fields: [FieldArgument] = []
    var userAgent: String?

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Requests")
        options.flag(
            "--polite", help: "Send only the 4 requests that identify most servers.", excludes: ["--all", "--learn"]
        ) { $0.fingerprint.request.extent = .polite }
        options.flag("--all", help: "Send all 25 requests, as for --learn.") {
            $0.fingerprint.request.extent = .all
        }
        options.list(
            "-H", "--header", value: .field,
            help: "Add the field 'Name: value', or those of @FILE, to the requests; 'Name:' removes a default field."
        ) { $0.fields.append($1) }
        options.option(
            "-A", "--user-agent", value: .fieldValue("AGENT"), help: "Set User-Agent; an empty AGENT removes it."
        ) { $0.userAgent = $1 }
        options.option("-u", "--user", value: .credentials, help: "Send user name and password (Basic).") {
            $0.fingerprint.request.user = $1
        }
        options.flag("-k", "--insecure", help: "Accepted as in curl; certificates are never verified.") { _ in }
        options.flag("--classic", help: "Send the 4 classic requests unchanged, with DELETE for the path /.") {
            $0.fingerprint.request.isClassic = true
        }
        options.targets()
        options.option(
            "--concurrency", value: .integer(HTTPProbe.Configuration.concurrencies),
            help: "Examine up to N servers at the same time (40)."
        ) { $0.fingerprint.concurrency = $1 }
        options.option(
            "-w", "--deadline", value: .duration(atLeast: .milliseconds(1)),
            help: "Wait up to TIME for the first response of a server (10)."
        ) { $0.fingerprint.request.timeout = $1 }
        options.proxies()
        options.section("Signatures")
        options.list(
            "--signatures", value: .folder, help: "Add the signatures in the files of FOLDER.", excludes: ["--learn"]
        ) { $0.signatureFolders.append($1) }
        options.option(
            "--learn", value: .label("PRODUCT"), help: "Write a signature of PRODUCT instead of identifying servers.",
            excludes: ["-j", "-q"]
        ) { $0.product = $1 }
        options.option(
            "--versions", value: .label("VERSIONS"), help: "Set the versions in the signature.", requires: "--learn"
        ) { $0.versions = $1 }
        options.option(
            "--origin", value: .label("PRODUCT"), help: "Set the product behind the server in the signature.",
            requires: "--learn"
        ) { $0.origin = $1 }
        options.option(
            "-o", "--output", value: .file, help: "Write the signature to FILE (standard output).",
            requires: "--learn"
        ) { $0.output = $1 }
        options.flag(
            "--list", help: "List the products that can be recognized.",
            excludes: ["--learn", "--targets", "--why", "--sorted", "--strict", "-q", "-v", "--pcap", "--explain"]
        ) { $0.isListing = true }
        options.section("Output")
        options.flag("--why", help: "Print the responses that decided between the two most similar products.") {
            $0.fingerprint.givesReasons = true
        }
        options.flag("--sorted", help: "Print the results in the order of the URLs.", excludes: ["--learn"]) {
            $0.isSorted = true
        }
        options.flag("--strict", help: "Count a server that is known only by its banner as not recognized.") {
            $0.isStrict = true
        }
        options.json()
        options.quiet("Print only servers that were not recognized, and the summary.")
        options.verbose("Print every response, and the closest products.")
        options.pcap()
        options.explain()
        options.color()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        // A proxy that forwards requests would be identified instead of the server.
        targets.proxy.alwaysTunnels = true
        fingerprint.signatures = try signatureFolders.flatMap(Self.signatures)
        if isListing {
            guard arguments.operands.isEmpty else { throw UsageError("--list takes no URL") }
            return
        }
        try targets.take(operands: arguments.operands)
        fingerprint.request.overrides = targets.overrides
        fingerprint.family = targets.family
        fingerprint.interface = targets.interface
        fingerprint.namesServers = product == nil
        if product != nil { fingerprint.request.extent = .all }
        fingerprint.request.fields = try fields.flatMap { try $0.fields() }
        if let userAgent { fingerprint.request.fields.append(("User-Agent", userAgent.isEmpty ? nil : userAgent)) }
    }

    /// Returns the signatures in the files of a folder.
    private static func signatures(of folder: String) throws -> [Signature] {
        try Folder.files(of: folder).flatMap { path in
            let bytes = try TextInput.bytes(of: path, for: "--signatures")
            do throws(Signature.Mistake) {
                return try Signature.all(in: bytes)
            } catch {
                throw CannotRun(message: "\(path): \(error)")
            }
        }
    }

    func run(_ console: Console) throws -> Int32 {
        if isListing { return try HTTPFingerprintList(console).run(fingerprint.signatures) }
        var command = self
        try command.targets.readFiles(console, readsAhead: product != nil)
        return try HTTPFingerprintRun(command: command, console: console).run()
    }
}

extension OptionValue where Value == String {
    fileprivate static var folder: Self {
        OptionValue(specification: ValueSpecification(name: "FOLDER", completion: .file)) { $0 }
    }

    /// A field of a signature.
    fileprivate static func label(_ name: String) -> Self {
        OptionValue(specification: ValueSpecification(name: name)) { text in
            guard Signature.isField(text) else { throw ValueError(expected: "printable characters") }
            return text
        }
    }
}
