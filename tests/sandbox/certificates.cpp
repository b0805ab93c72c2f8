#include "tests/sandbox/certificates.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace sandbox {
namespace {

constexpr long kBackdatedSeconds = 3600;  // clocks that are a little behind still accept it
constexpr long kValidSeconds = 90L * 24 * 3600;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;

// OpenSSL says 0 for failure.
void must(bool done, const std::string& what) {
  if (done) return;
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  throw std::runtime_error("Cannot " + what + ": " + reason);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  must(key != nullptr, "make a private key");
  return key;
}

void set_name(X509_NAME* name, const char* common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name);
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1, "name a certificate");
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extend a certificate");
}

// Without serial number clashes between runs, which browsers and curl refuse.
void set_random_serial(X509* certificate) {
  unsigned char bytes[15];
  must(RAND_bytes(bytes, sizeof bytes) == 1, "draw a serial number");
  std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
       "number a certificate");
}

Certificate begin_certificate(EVP_PKEY* key, const char* common_name) {
  Certificate certificate(X509_new());
  must(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1,
       "begin a certificate");
  set_random_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdatedSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
  must(X509_set_pubkey(certificate.get(), key) == 1, "set a public key");
  set_name(X509_get_subject_name(certificate.get()), common_name);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "set an issuer");
  must(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "sign a certificate");
}

Certificate make_authority(EVP_PKEY* key) {
  Certificate ca = begin_certificate(key, "psabridge sandbox CA");
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  sign(ca.get(), ca.get(), key);
  return ca;
}

Certificate make_server(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key) {
  Certificate server = begin_certificate(key, "localhost");
  add_extension(server.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca, NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), ca, NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  add_extension(server.get(), ca, NID_authority_key_identifier, "keyid");
  sign(server.get(), ca, ca_key);
  return server;
}

File open_for_writing(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr)
    throw std::runtime_error("Cannot write " + path.string() + "; is the directory writable?");
  return file;
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
  must(PEM_write_X509(open_for_writing(path).get(), certificate) == 1, "write " + path.string());
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key) {
  const File file = open_for_writing(path);
  std::filesystem::permissions(path,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  must(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write " + path.string());
}

}  // namespace

TlsFiles make_certificates(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  TlsFiles files{directory / "ca.pem", directory / "server.pem", directory / "server.key"};
  using std::filesystem::exists;
  if (exists(files.ca) && exists(files.certificate) && exists(files.key)) return files;
  const Key ca_key = make_key();
  const Certificate ca = make_authority(ca_key.get());
  const Key key = make_key();
  const Certificate server = make_server(key.get(), ca.get(), ca_key.get());
  write_key(files.key, key.get());
  write_certificate(files.certificate, server.get());
  write_certificate(files.ca, ca.get());
  return files;
}

}  // namespace sandbox
