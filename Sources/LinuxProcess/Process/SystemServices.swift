import WireFormat

extension ServiceNames {
    /// The names in the system's services file (services(5)); none where it has none.
    public static func system() -> ServiceNames {
        ServiceNames(lines: (try? TextInput.lines(of: "/etc/services")) ?? [])
    }
}
