/// A lab with the scripted server of `NameServer/server.py`, and what a command finds in its /etc.
struct NameServerLab: Sendable {
    let lab: Lab
    /// The namespace in which commands run.
    var client = "a"

    /// Where the server is, and `interrupt.py`.
    private static let folder = "\(Binary.repository)/Tests/LabTests/NameServer"

    // MARK: Layouts

    /// The arguments that start a server.
    static func server(_ arguments: [String]) -> [String] {
        ["python3", "\(folder)/server.py", "--log", "/mnt/log"] + arguments
    }

    /// `a` and `b` of a pair. `b` answers at 192.0.2.2 by UDP and TCP, and at 192.0.2.3 by UDP alone. At 192.0.2.4 is
    /// no server, and at 192.0.2.5 one that never answers. `b` has every address of 198.18.0.0/15.
    /// - Parameter pointers: addresses and how a query for their names is answered, as the server takes them.
    static func withPair(
        pointers: [String] = [], _ body: @Sendable @escaping (NameServerLab) async throws -> Void
    ) async throws {
        let layout = Lab.Layout.pair.and(
            """
            for i in 3 4 5 6; do ip -n b addr add 192.0.2.$i/24 dev vb; done
            ip -n b route add local 198.18.0.0/15 dev lo
            """
        ).withFiles
        let arguments =
            ["--udp", "192.0.2.2", "--udp", "192.0.2.3", "--tcp", "192.0.2.2", "--silent", "192.0.2.5"]
            + ["--forge-from", "192.0.2.6"] + pointers.flatMap { ["--pointer", $0] }
        try await Lab.with(layout) { lab in
            try await lab.beside("b", server(arguments), readyMark: "begun") { try await body(NameServerLab(lab: lab)) }
        }
    }

    /// Hops 1 to 5 of a chain. The server of `h1`, 198.18.1.2, gives their names after 800 ms; that of `h2`,
    /// 198.18.2.2, gives them at once, except that of hop 3, for which it never answers. Nothing answers at 198.18.2.1.
    static func withChain(_ body: @Sendable @escaping (NameServerLab) async throws -> Void) async throws {
        func pointers(_ label: (Int) -> String) -> [String] {
            (1...5).flatMap { ["--pointer", "198.18.\($0).2=\(label($0))"] }
        }
        let late = server(["--udp", "198.18.1.2", "--silent", "198.18.2.1"] + pointers { _ in "ok-800" })
        let partial = server(["--udp", "198.18.2.2"] + pointers { $0 == 3 ? "silent" : "ok" })
        try await Lab.with(Lab.Layout.chain(hops: 5).withFiles) { lab in
            try await lab.beside("h1", late, readyMark: "begun") {
                try await lab.beside("h2", partial, readyMark: "begun") {
                    try await body(NameServerLab(lab: lab, client: "h0"))
                }
            }
        }
    }

    // MARK: Commands

    /// Files in place of the system's, for one command.
    struct Files: Sendable {
        private(set) var texts: [(path: String, text: String)]

        /// A resolv.conf with these lines, and a hosts file that has `localhost` and `fromfile` before `hosts`.
        init(_ resolver: String..., hosts: String = "", services: String = "files dns") {
            texts = [
                ("/etc/resolv.conf", resolver.joined(separator: "\n") + "\n"),
                ("/etc/hosts", "127.0.0.1 localhost\n192.0.2.2 fromfile\n" + hosts),
                ("/etc/nsswitch.conf", "hosts: \(services)\n"),
            ]
        }

        func and(_ path: String, _ text: String) -> Files {
            var files = self
            files.texts.append((path, text))
            return files
        }

        /// The lookup of a name that is not answered takes a second.
        static let quick = Files("nameserver 192.0.2.2", "options timeout:1 attempts:1")
        /// It takes 15 seconds: c-ares doubles the timeout.
        static let slow = Files("nameserver 192.0.2.2", "options timeout:5 attempts:2")
        /// Only getent knows the names, and it hangs.
        static let hanging = Files(
            "nameserver 192.0.2.2", "options timeout:5 attempts:2", services: "files resolve [!UNAVAIL=return] dns"
        )
        .and("/usr/bin/getent", "#!/bin/sh\necho $$ >> /mnt/children\nexec sleep 30\n")
    }

    /// The arguments that run a command with `files`, which no other command sees.
    private static func arguments(_ files: Files, _ command: [String]) -> [String] {
        // `ip netns exec` has given the command a mount namespace of its own.
        let script = """
            while [ "$1" != -- ]; do
                file=$(mktemp -p /mnt); printf %s "$2" > $file; chmod 755 $file; mount --bind $file "$1"; shift 2
            done
            shift
            exec "$@"
            """
        return ["sh", "-c", script, "-"] + files.texts.flatMap { [$0.path, $0.text] } + ["--"] + command
    }

    /// Runs `swift-net`, for `limit` seconds at the longest: then the status is 124, or 137.
    func run(
        _ command: [String], _ files: Files = .quick, limit: Double = 8,
        environment: [String] = [], input: String = ""
    ) async throws -> Lab.Outcome {
        let start = ["timeout", "-k", "1", "\(limit)", "env", "-i", "LC_ALL=C.UTF-8"] + environment + [Binary.swiftNet]
        return try await lab.run(client, Self.arguments(files, start + command), input: input)
    }

    func run(
        _ command: String, _ files: Files = .quick, limit: Double = 8,
        environment: [String] = []
    ) async throws -> Lab.Outcome {
        let arguments = command.split(separator: " ").map(String.init)
        return try await run(arguments, files, limit: limit, environment: environment)
    }

    /// Runs `swift-net` and sends it a signal after some seconds; see `interrupt.py`.
    func interrupt(
        _ command: String, _ signal: String, after seconds: Double, _ files: Files
    ) async throws -> Lab.Outcome {
        let interrupt = ["python3", "\(Self.folder)/interrupt.py", signal, "\(seconds)"]
        let start = ["env", "-i", "LC_ALL=C.UTF-8", Binary.swiftNet] + command.split(separator: " ").map(String.init)
        // The files are there before the program is started that is timed.
        return try await lab.run(client, Self.arguments(files, interrupt + start))
    }

    /// Runs `body` for every element, for 16 at a time.
    static func concurrently<Element: Sendable>(
        _ elements: [Element], _ body: @Sendable @escaping (Element) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, element) in elements.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask { try await body(element) }
            }
            try await group.waitForAll()
        }
    }

    // MARK: The log

    /// A query that a server has received.
    struct Query {
        /// `udp` or `tcp`.
        var transport: Substring
        /// The server's address.
        var server: Substring
        var type: Substring
        var name: Substring
        /// Names that waited for their answers, this one among them.
        var pending: Int
        /// The port that it came from.
        var port: Substring
        /// The address that it came from.
        var client: Substring
    }

    /// The queries that the servers have received.
    func queries() async throws -> [Query] {
        try await lab.run(client, ["cat", "/mnt/log"]).lines.compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 7, let pending = Int(fields[4]) else { return nil }
            return Query(
                transport: fields[0], server: fields[1], type: fields[2], name: fields[3], pending: pending,
                port: fields[5], client: fields[6])
        }
    }
}
