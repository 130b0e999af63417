extension IPNetwork {
    /// Whether an address can be that of a host in the network: not the network's own, its broadcast address, or one that
    /// no host has anywhere.
    public func hasHostAddress(_ address: IPAddress) -> Bool {
        switch (address, self) {
        case (.v4(let address), .v4(let network)):
            network.contains(address) && !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast
                && !address.isLoopback
                && (network.prefixLength > 30 || address != network.address && address != network.lastAddress)
        case (.v6(let address), .v6(let network)):
            network.contains(address)
                // The lowest address is that of every router (RFC 4291, section 2.6.1).
                && !address.isUnspecified && !address.isMulticast && !address.isLoopback
                && (network.prefixLength > 126 || address != network.address)
        default: false
        }
    }
}
