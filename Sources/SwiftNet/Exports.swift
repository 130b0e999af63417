// `import SwiftNet` suffices: configurations and events consist of types of these modules.
@_exported import Diagnostics
import LinuxNet
import LinuxProcess
@_exported import PacketEngine
@_exported import WireFormat

/// Ends runs from another thread.
public typealias WakeupEvent = LinuxProcess.WakeupEvent

/// The names of hosts that replied, looked up in the background, once per address.
package typealias HostNames = ReverseNames
package typealias OriginSource = RegistryQueries.Source
