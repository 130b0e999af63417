/// From the command line of `address` to an exit status.
enum AddressRun {
    static func run(_ command: AddressCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.json)
        return console.status { _ in
            let reports = try command.addresses.map { try AddressReport($0) }
            console.output.write(
                command.json ? reports.map(\.json).joined() : reports.map(\.text).joined(separator: "\n"))
            if command.json {
                var summary = JSONObject(type: "summary")
                summary.add("addresses", reports.count)
                console.output.write(summary.line + "\n")
            }
            return 0
        }
    }
}
