// Files as arrays. The Swift compiler needs minutes for as many elements; clang copies the bytes.

#include "CSignatureData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t signatures[] = {
#embed "Data/signatures.deflate"
};

static const uint8_t table[] = {
#embed "Data/table.deflate"
};

static const uint8_t calibrations[] = {
#embed "Data/calibrations.txt"
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
