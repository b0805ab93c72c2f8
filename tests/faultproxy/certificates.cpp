#include "tests/faultproxy/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace psabridge::test {
namespace {

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "psabridge-ca-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder for certificates");
  return name;
}

std::shared_ptr<EVP_PKEY> make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()),
                             -1, -1, 0);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> make_certificate(const CertificateWish& wish, EVP_PKEY* key, int serial) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.valid_until);
  X509_set_pubkey(certificate.get(), key);
  set_name(X509_get_subject_name(certificate.get()), wish.name);
  return certificate;
}

template <class Write>
void write_file(const std::filesystem::path& file, Write write) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "w"), std::fclose);
  if (!out || !write(out.get())) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

Authority::Authority(const std::string& name) : folder_(make_folder()), key_(make_key()) {
  make(name, nullptr, key_.get());
}

Authority::Authority(const std::string& name, const Authority& issuer)
    : folder_(make_folder()), key_(make_key()) {
  make(name, issuer.certificate_.get(), issuer.key_.get());
}

Authority::~Authority() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Authority::make(const std::string& name, X509* issuer, EVP_PKEY* issuer_key) {
  certificate_ = make_certificate({.name = name, .alternative_names = {}}, key_.get(), 1);
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer ? issuer : certificate_.get()));
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), issuer_key, EVP_sha256());
  write_file(file(), [&](std::FILE* out) { return PEM_write_X509(out, certificate_.get()); });
}

CertificateFiles Authority::issue(const CertificateWish& wish) {
  return write(wish, make_key(), certificate_.get(), key_.get());
}

CertificateFiles Authority::self_sign(const CertificateWish& wish) {
  const auto key = make_key();
  return write(wish, key, nullptr, key.get());
}

CertificateFiles Authority::write(const CertificateWish& wish, const Key& key, X509* issuer,
                                  EVP_PKEY* issuer_key) {
  const auto number = std::to_string(++issued_);
  const CertificateFiles files{folder_ / (number + ".pem"), folder_ / (number + ".key")};
  const auto certificate = make_certificate(wish, key.get(), issued_ + 1);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer ? issuer : certificate.get()));
  add_extension(certificate.get(), NID_subject_alt_name, wish.alternative_names);
  X509_sign(certificate.get(), issuer_key, EVP_sha256());
  write_file(files.certificate, [&](std::FILE* out) {
    return PEM_write_X509(out, certificate.get()) && (!wish.with_issuer || PEM_write_X509(out, issuer));
  });
  write_file(files.key, [&](std::FILE* out) {
    return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

}  // namespace psabridge::test
