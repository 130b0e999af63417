import SwiftNet

/// Splits text into the part before an `@` and the interface after it.
private func split(_ text: String) -> (address: Substring, interface: String?) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    return (parts[0], parts.count > 1 ? String(parts[1]) : nil)
}

extension OptionValue where Value == UserHost.Address {
    static var hostAddress: Self {
        OptionValue(specification: ValueSpecification(name: "ADDRESS/LENGTH[@INTERFACE]")) { text in
            let (own, interface) = split(text)
            let parts = own.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]) else {
                throw ValueError(expected: "ADDRESS/LENGTH or ADDRESS/LENGTH@INTERFACE")
            }
            return UserHost.Address(address, prefixLength: length, interface: interface)
        }
    }
}

extension OptionValue where Value == UserHost.Group {
    static var hostGroup: Self {
        OptionValue(specification: ValueSpecification(name: "GROUP[@INTERFACE]")) { text in
            let (group, interface) = split(text)
            guard let address = IPAddress(group) else {
                throw ValueError(expected: "a multicast address, or ADDRESS@INTERFACE")
            }
            return UserHost.Group(address, interface: interface)
        }
    }
}

extension OptionValue where Value == UserHost.HardwareAddress {
    static var hostMAC: Self {
        OptionValue(specification: ValueSpecification(name: "MAC|interface")) { text in
            if text == "interface" { return .interface }
            guard let mac = MACAddress(text) else {
                throw ValueError(expected: "a unicast MAC address, or interface")
            }
            return .address(mac)
        }
    }
}

extension OptionValue where Value == [UserHostService] {
    static var hostServices: Self {
        let names = UserHostService.allCases.map(\.rawValue)
        let specification = ValueSpecification(name: "SERVICE,...", choices: names)
        return OptionValue<[UserHostService]>(specification: specification) { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
                guard let service = UserHostService(rawValue: String(name)) else {
                    throw ValueError(expected: names.joined(separator: ", "))
                }
                return service
            }
        }
    }
}
