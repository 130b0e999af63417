extension IPNetwork {
    /// Whether a host in the network can have an address: not the network address, the broadcast address, or an address
    /// that no host can have.
    public func hasHostAddress(_ address: IPAddress) -> Bool {
        switch (address, self) {
        case (.v4(let address), .v4(let network)):
            network.contains(address) && !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast
                && !address.isLoopback
                && (network.prefixLength > 30 || address != network.address && address != network.lastAddress)
        case (.v6(let address), .v6(let network)):
            network.contains(address)
                // The lowest address is the subnet-router anycast address (RFC 4291, section 2.6.1).
                && !address.isUnspecified && !address.isMulticast && !address.isLoopback
                && (network.prefixLength > 126 || address != network.address)
        default: false
        }
    }
}
