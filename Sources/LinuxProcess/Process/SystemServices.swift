import WireFormat

extension ServiceNames {
    /// Returns the names in the system's services file (services(5)), or no names if there is no such file.
    public static func system() -> ServiceNames {
        ServiceNames(lines: (try? TextInput.lines(of: "/etc/services")) ?? [])
    }
}
