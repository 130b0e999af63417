#ifndef CSIGNATUREDATA_H
#define CSIGNATUREDATA_H

#include <stddef.h>
#include <stdint.h>

/// Bytes that are part of the executable: readable for as long as it runs, never written.
typedef struct {
    const uint8_t *_Nonnull bytes;
    size_t count;
} csignaturedata_bytes;

/// All signatures, one file after the other, compressed (RFC 1950).
csignaturedata_bytes csignaturedata_signatures(void);

/// The table of what was learned from the signatures.
csignaturedata_bytes csignaturedata_table(void);

/// How similarity becomes confidence, as text.
csignaturedata_bytes csignaturedata_calibrations(void);

/// How servers behave in TLS and at the beginning of HTTP/2, as text.
csignaturedata_bytes csignaturedata_tls(void);

#endif
