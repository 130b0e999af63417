/// placeholder until merged
package enum FrequentPorts {
    package static let ranked: [UInt16] = [80, 443, 22]
}
