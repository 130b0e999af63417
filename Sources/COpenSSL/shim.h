// OpenSSL's own names, and functions where it has macros.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <stdlib.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int copenssl_set_minimum_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int copenssl_set_maximum_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline void copenssl_set_partial_write(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
static inline int copenssl_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
static inline size_t copenssl_pending(BIO *buffer) { return BIO_ctrl_pending(buffer); }
static inline const EVP_MD *copenssl_sha256(void) { return EVP_sha256(); }

static inline GENERAL_NAMES *copenssl_alternative_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline int copenssl_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline const ASN1_STRING *copenssl_name(const GENERAL_NAMES *names, int index, int *type) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    *type = name->type;
    switch (name->type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        return name->d.ia5;
    case GEN_IPADD:
        return name->d.iPAddress;
    default:
        return NULL;
    }
}
static inline int copenssl_chain_count(const SSL *session) {
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session);
    return chain == NULL ? 0 : sk_X509_num(chain);
}
static inline X509 *copenssl_chain_certificate(const SSL *session, int index) {
    return sk_X509_value(SSL_get_peer_cert_chain(session), index);
}
static inline int copenssl_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline int copenssl_note_certificate_request(SSL *session, void *unused) {
    (void)unused;
    SSL_set_app_data(session, (void *)((uintptr_t)SSL_get_app_data(session) | 1));
    return 1;
}
static inline int copenssl_note_ticket(SSL *session, SSL_SESSION *ticket) {
    (void)ticket;
    SSL_set_app_data(session, (void *)((uintptr_t)SSL_get_app_data(session) + 2));
    return 0;
}
// Records in each session of the context whether the server requests a certificate.
static inline void copenssl_note_certificate_requests(SSL_CTX *context) {
    SSL_CTX_set_cert_cb(context, copenssl_note_certificate_request, NULL);
}
static inline int copenssl_requests_certificate(const SSL *session) {
    return (uintptr_t)SSL_get_app_data(session) & 1;
}
// Counts the sessions that the server offers to resume: with TLS 1.3, the tickets that it sends.
static inline void copenssl_count_tickets(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, copenssl_note_ticket);
}
static inline int copenssl_ticket_count(const SSL *session) { return (int)((uintptr_t)SSL_get_app_data(session) >> 1); }
static inline int copenssl_accept_chain(X509_STORE_CTX *chain, void *unused) {
    (void)unused;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED);
    return 1;
}
// Accepts every chain without looking for its issuers.
static inline void copenssl_skip_verification(SSL_CTX *context) {
    SSL_CTX_set_cert_verify_callback(context, copenssl_accept_chain, NULL);
}
static inline int copenssl_has_certificate(const SSL *session) { return SSL_get_certificate(session) != NULL; }

// Looks for an issuer in a file of certificates that is read when it is first needed: the last of the lookups of a
// store.
static inline int copenssl_find_in_file(
    X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *found) {
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    const char *file = (const char *)X509_LOOKUP_get_method_data(lookup);
    if (type != X509_LU_X509 || file == NULL) return 0;
    // Read once, also if that fails.
    X509_LOOKUP_set_method_data(lookup, NULL);
    X509_load_cert_crl_file(lookup, file, X509_FILETYPE_PEM);
    ERR_clear_error();
    X509_STORE_lock(store);
    X509_OBJECT *object = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
    int isFound = object != NULL && X509_OBJECT_set1_X509(found, X509_OBJECT_get0_X509(object));
    X509_STORE_unlock(store);
    // The caller adds a reference of its own.
    if (isFound) X509_free(X509_OBJECT_get0_X509(found));
    return isFound;
}
// Lets a store look for issuers in directories with hashed names, separated by colons, then in a file. Both are read
// when a certificate is verified; they must exist as long as the store.
static inline int copenssl_look_up(X509_STORE *store, const char *directories, const char *file) {
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    if (lookup == NULL || !X509_LOOKUP_add_dir(lookup, directories, X509_FILETYPE_PEM)) return 0;
    X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("a file, when needed");
    if (method == NULL || !X509_LOOKUP_meth_set_get_by_subject(method, copenssl_find_in_file)) return 0;
    lookup = X509_STORE_add_lookup(store, method);
    return lookup != NULL && X509_LOOKUP_set_method_data(lookup, (void *)file);
}
// An environment variable, which a process with raised privileges ignores, as OpenSSL does.
static inline const char *copenssl_environment(const char *name) {
    return OPENSSL_issetugid() ? NULL : getenv(name);
}
static const unsigned long copenssl_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

#endif
