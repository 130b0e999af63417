// Files as arrays. The Swift compiler needs minutes for as many elements; clang copies the bytes.

#include "CSignatureData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t signatures[] = {
#embed "Data/signatures.deflate"
};

static const uint8_t table[] = {
#embed "Data/table.bin"
};

static const uint8_t calibrations[] = {
#embed "Data/calibrations.txt"
};

static const uint8_t tls[] = {
#embed "Data/tls.txt"
};

csignaturedata_bytes csignaturedata_signatures(void) {
    return (csignaturedata_bytes){signatures, sizeof signatures};
}

csignaturedata_bytes csignaturedata_table(void) {
    return (csignaturedata_bytes){table, sizeof table};
}

csignaturedata_bytes csignaturedata_calibrations(void) {
    return (csignaturedata_bytes){calibrations, sizeof calibrations};
}

csignaturedata_bytes csignaturedata_tls(void) {
    return (csignaturedata_bytes){tls, sizeof tls};
}
