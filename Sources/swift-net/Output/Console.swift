import LinuxNet
import PacketEngine

/// Where a command's words go: results to standard output, complaints to standard error.
final class Console {
    let output = OutputStream.standardOutput()
    let errors = OutputStream.standardError()
    /// The name that complaints begin with.
    let command: String
    /// One JSON object a line instead of prose; failures too.
    let isJSON: Bool
    let usesColor: Bool
    /// Removes what stands in the terminal's last line before something else is written there.
    var beforeComplaint: (() -> Void)?

    init(command: String, isJSON: Bool = false, color: String = "auto") {
        self.command = command
        self.isJSON = isJSON
        switch color {
        case "always": usesColor = true
        case "never": usesColor = false
        default: usesColor = output.isTerminal && CurrentProcess.environment("NO_COLOR").map(\.isEmpty) ?? true
        }
    }

    /// A line on standard error, after what was printed before it.
    func complain(_ message: String) {
        output.flush()
        beforeComplaint?()
        errors.write("\(command): \(Text.escaped(message))\n")
        errors.flush()
    }

    /// A failure that ends the run: a complaint, and with JSON an object that says the same.
    func fail(_ message: String) {
        if isJSON {
            var object = JSONObject(type: "error")
            object.add("message", message)
            output.write(object.line + "\n")
        }
        complain(message)
    }

    /// The same of a packet that could not be sent, in the system's words where it has some.
    func fail(_ failure: TransmissionFailure) {
        switch failure {
        case .system(_, let message), .notPermitted(let message): fail(message)
        case .noBuffers: fail("the system's queues were full for too long")
        case .messageTooLong(let mtu): fail(mtu > 0 ? "the packet is too long: mtu=\(mtu)" : "the packet is too long")
        }
    }

    /// Runs a command to its exit status; what keeps it from running is said, with status 2. Everything is written out.
    func status(of body: () throws -> Int32) -> Int32 {
        defer {
            output.flush()
            errors.flush()
        }
        do {
            return try body()
        } catch let interruption as Interruption {
            // Nothing was sent: it ends as any program does that such a signal meets.
            output.flush()
            errors.flush()
            interruption.raise()
        } catch let error as UsageError {
            fail(error.message)
        } catch let error as CannotRun {
            fail(error.message)
            for line in error.hints { errors.write(line + "\n") }
        } catch {
            fail(ErrorText.reason(error))
        }
        return 2
    }

    /// Names by the system's configuration; what it has to say goes to standard error.
    func resolver(isVerbose: Bool = false) throws -> Resolver {
        let resolver = Resolver(reactor: try Reactor())
        resolver.onStatus = { [weak self] in self?.complain($0) }
        if isVerbose { resolver.onNotice = { [weak self] in self?.complain($0) } }
        return resolver
    }

    /// Text in a colour, where colours are wanted.
    func painted(_ text: String, _ color: Color) -> String {
        usesColor ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    enum Color: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case dim = 2
    }
}
