import LinuxNet

/// The names of hosts that replied, looked up in the background, once per address.
package typealias HostNames = ReverseNames
