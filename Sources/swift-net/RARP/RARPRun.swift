import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// From the command line of `rarp` to an exit status.
struct RARPRun {
    static func run(_ command: RARPCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status {
            switch command.task {
            case "query": return try RARPQueryRun(command: command, console: console).run()
            case "serve": return try RARPServeRun(command: command, console: console).run()
            default: throw UsageError("'\(command.task)' is none of query and serve")
            }
        }
    }
}

extension RARPCommand {
    /// Throws when an option is given that belongs to the other task.
    func refuse(_ options: [(name: String, isGiven: Bool)], of other: String) throws {
        if let option = options.first(where: \.isGiven) {
            throw UsageError("\(option.name) is of 'rarp \(other)' alone")
        }
    }

    func explainer(_ console: Console) throws -> Explainer? {
        try frames.explained().map { Explainer(count: $0, console: console) }
    }

    /// A port for RARP, opened with the capability that is given up afterwards.
    /// - Parameter interface: 0 for all.
    func port(
        interface: UInt32, reactor: Reactor, capture: FrameCapture?, console: Console
    ) throws -> LinkPort {
        guard Privileges.raise() else {
            throw CannotRun(message: "rarp needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        let explainer = try explainer(console)
        let port = try LinkPort(
            UnboundPacketSocket(), interface: interface, hearing: .filtered(.etherTypes([.reverseARP])),
            reactor: reactor,
            tap: capture?.tap,
            trace: explainer.map { explainer in { explainer.show($0) } })
        try Privileges.dropForGood()
        try capture?.start(.etherTypes([.reverseARP]), interface: interface)
        return port
    }
}
