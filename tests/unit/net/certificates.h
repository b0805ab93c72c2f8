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
  std::filesystem::path certificate, key;
};

/// What a certificate shall say. Times are seconds from now.
struct CertificateWish {
  std::string name = "localhost";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";
  long valid_from = -3600, valid_until = 3600;
};

/// A certificate authority. One thread.
class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  std::filesystem::path file() const { return folder_ / "ca.pem"; }
  CertificateFiles issue(const CertificateWish& wish);

 private:
  std::filesystem::path folder_;
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  int issued_ = 0;
};

}  // namespace psabridge::test
