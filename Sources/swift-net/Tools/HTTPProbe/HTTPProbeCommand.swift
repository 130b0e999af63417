import SwiftNet
import SwiftNetTLS

/// `http-probe`: the options and their values.
struct HTTPProbeCommand: HTTPCommand {
    static let summary = CommandSummary(
        name: "http-probe", group: .services, abstract: "Send requests to web servers, and examine the responses.",
        usage: ["[options] URL..."],
        operand: ("URL", "http://HOST or https://HOST"),
        discussion: """
            A URL is http://host:port/path, https://... or http+unix://%2Frun%2Fsocket/path. Without a scheme https is \
            tried, then http, and an address block or range (192.0.2.0/28, 192.0.2.1-20) is a URL for each address. \
            Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if every request got a response, 1 if one did not, 2 on error or if a name cannot be resolved.
            """,
        foreignOptions: [
            ("-s", "-q prints only failures and the summary"), ("-sS", "-q prints only failures and the summary"),
            ("--silent", "-q prints only failures and the summary"),
            ("--http1.0", "use --http 1.0"), ("--http1.1", "use --http 1.1"), ("--http2", "use --http 2"),
            ("--basic", "-u sends user and password at once"), ("--url", "give the URL as an argument"),
            ("-T", "use -X PUT --data-binary @FILE"), ("--upload-file", "use -X PUT --data-binary @FILE"),
            ("--post301", "-X POST with -L keeps the method where browsers keep it"),
            ("--tlsv1.2", "use --tls 1.2-1.3"), ("--tlsv1.3", "use --tls 1.3"),
        ])

    /// The version of a request.
    enum Version: String, CaseIterable {
        case http10 = "1.0"
        case http11 = "1.1"
        case http2 = "2"
    }

    /// The TCP implementation.
    enum Stack: String, CaseIterable {
        case kernel, user
    }

    var general = GeneralOptions()
    var targets = HTTPTargets()
    var probe = HTTPProbe.Configuration()
    /// The user's fields, and the files of fields.
    var fields: [FieldArgument] = []
    var userAgent: String?
    var referer: String?
    var body = BodyArguments()
    /// The cookies of -b, and its files.
    var cookies: [String] = []
    var cookieFiles: [String] = []
    var cookieOutput: String?
    var rawFile: String?
    var follows = false
    var maximumRedirects: Int?
    var stack = Stack.kernel
    var source: (address: IPAddress, prefixLength: Int?)?
    var gateway: IPAddress?
    var checksAddress = true
    var authorityFile: String?
    var certificateFile: String?
    var keyFile: String?
    var passphraseFile: String?
    var output: String?
    /// Whether the body is written to a file named as in the URL.
    var usesRemoteName = false
    var includesHead = false
    var writeOut: String?
    var writeOutFormat: WriteOut?
    /// The responses that are printed.
    var statuses = StatusFilter()
    var interval: Nanoseconds?
    var showsTiming = false
    var isPlotted = false

    static func declare(_ options: inout OptionTable<Self>) {
        declareRequest(&options)
        declareExaminations(&options)
        declareStack(&options)
        declareTLS(&options)
        options.proxies()
        options.flag("-p", "--proxytunnel", help: "Connect through HTTP proxies by CONNECT for http URLs too.") {
            $0.targets.proxy.alwaysTunnels = true
        }
        declareRun(&options)
        declareOutput(&options)
    }

    private static func declareRequest(_ options: inout OptionTable<Self>) {
        options.section("Request")
        options.option("-X", "--method", "--request", value: .method, help: "Set the method (GET; POST with -d).") {
            $0.probe.request.method = $1
        }
        options.flag("--head", help: "Request the header fields only, as -X HEAD.", excludes: ["-X"]) {
            $0.probe.request.method = .head
        }
        options.list(
            "-H", "--header", value: .field,
            help:
                "Add the field 'Name: value', or those of @FILE; 'Name:' removes a default field, 'Name;' sends an empty one."
        ) { $0.fields.append($1) }
        options.option(
            "-A", "--user-agent", value: .fieldValue("AGENT"), help: "Set User-Agent; an empty AGENT removes it."
        ) {
            $0.userAgent = $1
        }
        options.option("-e", "--referer", value: .fieldValue("URL"), help: "Set Referer.") {
            $0.referer = $1
        }
        options.option(
            "-u", "--user", value: .credentials, help: "Send user name and password (Basic)."
        ) { $0.probe.request.user = $1 }
        options.list(
            "-b", "--cookie", value: .text("DATA|FILE"),
            help: "Send the cookies 'NAME=VALUE; ...', or those of a Netscape cookie file."
        ) { if $1.contains("=") { $0.cookies.append($1) } else { $0.cookieFiles.append($1) } }
        options.option(
            "--cookie-jar", value: .file,
            help: "Write all cookies to FILE in the Netscape format at the end (- for standard output)."
        ) { $0.cookieOutput = $1 }
        declareBody(&options)
        options.option(
            "--http", value: .choice(Version.self),
            help: "Set the version of HTTP; 2 applies to https URLs (2 if the server selects it, else 1.1)."
        ) {
            $0.probe.request.version = $1 == .http10 ? .http10 : .http11
            $0.probe.request.http2 = $1 == .http2 ? .required : .negotiated
            $0.probe.tls.applicationProtocols = [$1 == .http2 ? "h2" : "http/1.1"]
        }
        options.flag(
            "--http2-prior-knowledge", help: "Use HTTP/2 for http URLs too, without negotiation.", excludes: ["--http"]
        ) {
            $0.probe.request.http2 = .assumed
            $0.probe.tls.applicationProtocols = ["h2"]
        }
        options.flag("--compressed", help: "Request gzip, deflate, br or zstd content coding.") {
            $0.probe.request.wantsCompression = true
        }
        options.option(
            "--raw", value: .file, help: "Send the bytes of FILE unchanged (- for standard input).",
            excludes: [
                "-X", "--head", "-H", "-A", "-e", "-u", "-b", "--cookie-jar", "-d", "--data-raw", "--data-binary",
                "--data-urlencode", "--json-body", "-F", "-G", "--http", "--http2-prior-knowledge", "--compressed",
                "-L", "--max-redirects", "--location-trusted", "--reuse", "--methods", "--keep-alive",
                "--intermediaries", "--retry",
            ]
        ) { $0.rawFile = $1 }
        options.flag(
            "--http-first", help: "Try http before https for URLs without a scheme (https first, except for port 80)."
        ) { $0.probe.request.triesHTTPFirst = true }
        options.option(
            "--ports", value: .portSet, help: "Request URLs without a port at each of these, such as 80,443,8000-8100."
        ) { $0.probe.ports = $1 }
        options.flag("-L", "--follow", "--location", help: "Follow redirects.") { $0.follows = true }
        options.option(
            "--max-redirects", value: .integer(HTTPProbeConfiguration.redirectCounts),
            help: "Follow up to N redirects (10)."
        ) { $0.maximumRedirects = $1 }
        options.flag("--location-trusted", help: "Follow redirects, and send credentials to every server.") {
            $0.follows = true
            $0.probe.request.trustsRedirects = true
        }
    }

    private static func declareBody(_ options: inout OptionTable<Self>) {
        options.list(
            "-d", "--data", value: .text("DATA"),
            help:
                "Send DATA, or the contents of @FILE without line ends, as the body; several values are joined with &."
        ) { $0.body.add(.data, $1) }
        options.list("--data-raw", value: .text("DATA"), help: "As -d, but @ is not special.") { $0.body.add(.raw, $1) }
        options.list("--data-binary", value: .text("DATA"), help: "As -d, but a file is sent unchanged.") {
            $0.body.add(.binary, $1)
        }
        options.list(
            "--data-urlencode", value: .text("DATA"),
            help: "As -d, but percent-encoded: TEXT, NAME=TEXT, @FILE or NAME@FILE."
        ) { $0.body.add(.urlEncoded, $1) }
        options.list(
            "--json-body", value: .text("DATA"), help: "Send DATA, or the contents of @FILE, as application/json.",
            excludes: ["-d", "--data-raw", "--data-binary", "--data-urlencode", "-F", "-G"]
        ) { $0.body.add(.json, $1) }
        options.list(
            "-F", "--form", value: .formPart,
            help: "Send a form field NAME=TEXT, or a file NAME=@FILE or NAME=<FILE, with ;type= and ;filename=.",
            excludes: ["-d", "--data-raw", "--data-binary", "--data-urlencode", "-G"]
        ) { $0.body.form.append($1) }
        options.flag(
            "-G", "--get", help: "Send the data of -d in the query of the URL, with GET.", excludes: ["-F"]
        ) { $0.body.isQuery = true }
    }

    private static func declareExaminations(_ options: inout OptionTable<Self>) {
        options.section("Examinations")
        options.flag("--methods", help: "Find the allowed methods.") { $0.probe.request.examinesMethods = true }
        options.option(
            "--keep-alive", value: .duration(atMost: HTTPProbeConfiguration.keepAlivePatiences.upperBound),
            preset: "10",
            help: "Find how long the server keeps a connection open; watch an idle one for TIME (10)."
        ) { $0.probe.request.keepAlivePatience = $1 }
        options.flag("--intermediaries", help: "Detect proxies, caches, load balancers and tunnels.") {
            $0.probe.request.examinesIntermediaries = true
        }
        options.flag(
            "--https-record", help: "Query the HTTPS DNS records of the host: HTTP/3, Encrypted Client Hello, aliases."
        ) { $0.probe.request.queriesHTTPSRecords = true }
        options.flag(
            "--tcp", help: "Print the TTL, window and options of the SYN-ACK (requires CAP_NET_RAW).",
            excludes: ["--stack user"]
        ) { $0.probe.keepsHandshakes = true }
        options.flag("--segments", help: "Print every TCP segment of the connections (requires CAP_NET_RAW).") {
            $0.probe.reportsSegments = true
        }
        options.flag("--timing", help: "Print the time of each phase.") { $0.showsTiming = true }
    }

    private static func declareStack(_ options: inout OptionTable<Self>) {
        options.section("TCP implementation")
        options.option(
            "--stack", value: .choice(Stack.self),
            help: "Select the TCP implementation: the kernel's, or a user-space host's (kernel)."
        ) { $0.stack = $1 }
        options.option(
            "--source", value: .source, help: "Set the address of the user-space host, not an address of the kernel.",
            requires: "--stack user"
        ) { $0.source = $1 }
        options.option(
            "--gateway", value: .address, help: "Reach other networks through this router.", requires: "--stack user"
        ) { $0.gateway = $1 }
        options.flag(
            "--no-check", help: "Do not check first whether another host has the address.", requires: "--stack user"
        ) { $0.checksAddress = false }
    }

    private static func declareTLS(_ options: inout OptionTable<Self>) {
        options.section("TLS")
        options.flag("-k", "--insecure", help: "Accept certificates that are not trusted.") {
            $0.probe.request.trustsAnybody = true
        }
        options.option("--cacert", value: .file, help: "Trust only the certificate authorities in FILE (PEM).") {
            $0.authorityFile = $1
        }
        options.option("--tls", value: .tlsVersions, help: "Offer these TLS versions, such as 1.2 or 1.0-1.2.") {
            ($0.probe.tls.minimumVersion, $0.probe.tls.maximumVersion) = ($1.lowerBound, $1.upperBound)
        }
        options.option(
            "--tls-max", value: .choice(TLSConfiguration.Version.self), help: "Offer TLS versions up to this one.",
            excludes: ["--tls"]
        ) { $0.probe.tls.maximumVersion = $1 }
        options.option(
            "--cert", value: .file,
            help: "Send the certificate in FILE to servers that request one (PEM, its chain after it)."
        ) { $0.certificateFile = $1 }
        options.option(
            "--key", value: .file, help: "Use the private key in FILE (PEM; default: in the file of --cert).",
            requires: "--cert"
        ) { $0.keyFile = $1 }
        options.option(
            "--pass-file", value: .file, help: "Read the passphrase of the private key from the first line of FILE.",
            requires: "--cert"
        ) { $0.passphraseFile = $1 }
    }

    private static func declareRun(_ options: inout OptionTable<Self>) {
        options.section("Targets and rate")
        options.targets(tcpOptions: ["--stack user", "--tcp", "--segments"])
        options.option(
            "-c", "--count", value: .integer(0...Int.max, "COUNT"),
            help: "Send COUNT requests per URL (1), or with 0 until Ctrl-C."
        ) {
            $0.probe.request.count = $1
        }
        options.option(
            "-i", "--interval", value: .duration(),
            help: "Set the time between requests to a URL (1; 0 with --parallel).",
            requires: "-c"
        ) { $0.interval = $1 }
        options.option(
            "--parallel", value: .integer(HTTPProbeConfiguration.parallels),
            help: "Send N of the requests of -c at the same time.", requires: "-c", excludes: ["--targets", "--raw"]
        ) { $0.probe.request.parallel = $1 }
        options.option(
            "--rate", value: .requestRate, help: "Send at most N requests per second, to all URLs together."
        ) { $0.probe.rate = $1 }
        options.flag("--reuse", help: "Share connections between requests to the same server.") {
            $0.probe.request.sharesConnection = true
        }
        options.option(
            "--concurrency", value: .integer(HTTPProbe.Configuration.concurrencies),
            help: "Probe up to N URLs at the same time (20)."
        ) {
            $0.probe.concurrency = $1
        }
        options.option(
            "-w", "-m", "--deadline", "--max-time", value: .duration(atLeast: HTTPProbeConfiguration.leastTimeout),
            help: "Wait up to TIME for a complete response (10)."
        ) { $0.probe.request.timeout = $1 }
        options.option(
            "--connect-timeout", value: .duration(atLeast: HTTPProbeConfiguration.leastTimeout),
            help: "Wait up to TIME for name lookup, connection and TLS handshake."
        ) { $0.probe.request.connectTimeout = $1 }
        options.option(
            "--retry", value: .integer(RetryRule.counts),
            help: "Repeat a request up to N times after a timeout, or a status of 408, 429, 500, 502, 503 or 504."
        ) { $0.probe.request.retry.count = $1 }
        options.option(
            "--retry-delay", value: .duration(), help: "Wait TIME before each retry (1, then doubled each time).",
            requires: "--retry"
        ) { $0.probe.request.retry.delay = $1 }
        options.flag("--retry-connrefused", help: "Retry after a refused connection too.", requires: "--retry") {
            $0.probe.request.retry.includesRefusals = true
        }
        options.flag("--retry-all-errors", help: "Retry after every failure.", requires: "--retry") {
            $0.probe.request.retry.includesEverything = true
        }
        options.option(
            "--expires-within", value: .duration(atMost: HTTPProbeConfiguration.longestExpiryMargin),
            help: "Treat a certificate that expires within TIME as a failure (30d)."
        ) { $0.probe.request.expiryMargin = $1 }
        options.option(
            "--max-body", value: .integer(HTTPProbeConfiguration.bodyLimits, "BYTES"),
            help: "Read up to BYTES of a body (67108864)."
        ) { $0.probe.request.bodyLimit = $1 }
        options.flag("-f", "--fail", help: "Treat a status of 400 or more as a failure.") {
            $0.probe.request.refusesErrors = true
        }
    }

    private static func declareOutput(_ options: inout OptionTable<Self>) {
        options.section("Output")
        options.json()
        options.quiet("Print only failures and the summary.")
        options.verbose("Print requests and responses as sent and received.")
        options.option(
            "-o", "--output", value: .file, help: "Write the decoded body to FILE (- for standard output)."
        ) { $0.output = $1 }
        options.flag(
            "-O", "--remote-name", help: "Write the decoded body to a file named as in the URL.", excludes: ["-o"]
        ) { $0.usesRemoteName = true }
        options.flag(
            "--include", help: "Print the status line and the fields of the response, and write them before a body."
        ) {
            $0.includesHead = true
        }
        options.option(
            "--match-code", value: .statusCodes, help: "Print only responses with these statuses, such as 200,400-499."
        ) { $0.statuses.matched = $1 }
        options.option("--filter-code", value: .statusCodes, help: "Do not print responses with these statuses.") {
            $0.statuses.filtered = $1
        }
        options.option(
            "--write-out", value: .text("FORMAT"),
            help:
                "Print FORMAT, with curl's variables such as %{http_code}, instead of the line of a response (@FILE reads it).",
            excludes: ["-j"]
        ) { $0.writeOut = $1 }
        options.flag(
            "--plot", help: "Plot the times of the requests of -c and their distribution.", requires: "-c",
            excludes: ["-j"]
        ) {
            $0.isPlotted = true
        }
        options.pcap()
        options.explain()
        options.color()
    }
}
