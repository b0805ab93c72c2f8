// Certificates made for a test, in a folder that vanishes with it.
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace psabridge::test {

/// Files of one certificate, PEM.
struct CertificateFiles {
  std::filesystem::path certificate;  ///< the server's own first, then what it sends beside it
  std::filesystem::path key;
};

/// What a certificate shall say. Times are seconds from now.
struct CertificateWish {
  std::string name = "localhost";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";
  long valid_from = -3600, valid_until = 3600;
  bool with_issuer = false;  ///< the issuer's certificate is sent beside it
};

/// A certificate authority. One thread.
class Authority {
 public:
  /// A root.
  explicit Authority(const std::string& name);
  /// One below `issuer`.
  Authority(const std::string& name, const Authority& issuer);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::filesystem::path file() const { return folder_ / "ca.pem"; }
  CertificateFiles issue(const CertificateWish& wish);
  /// A certificate that is its own issuer, in a folder of this authority.
  CertificateFiles self_sign(const CertificateWish& wish);

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Certificate = std::shared_ptr<X509>;

  void make(const std::string& name, X509* issuer, EVP_PKEY* issuer_key);
  CertificateFiles write(const CertificateWish& wish, const Key& key, X509* issuer, EVP_PKEY* issuer_key);

  std::filesystem::path folder_;
  Key key_;
  Certificate certificate_;
  int issued_ = 0;
};

}  // namespace psabridge::test
