// A TLS server with one chosen fault, for everything that has to recognise it. It answers each request with a
// tiny JSON object.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/faultproxy/certificates.h"
#include "tests/faultproxy/sockets.h"

namespace psabridge::test {

enum class TlsFlaw {
  none,
  expired,
  not_yet_valid,
  wrong_name,  ///< for other.example
  self_signed,
  unknown_authority,  ///< a whole chain of an authority that nobody knows
  missing_intermediate,
  only_tls_1_0,
  only_tls_1_1,
  only_tls_1_2,  ///< no flaw
  only_tls_1_3,  ///< no flaw
  no_tls         ///< speaks plain HTTP
};

/// Thread-safe; serves on 127.0.0.1 until it is destroyed.
class TlsPeer {
 public:
  explicit TlsPeer(TlsFlaw flaw);
  ~TlsPeer();

  /// "https://localhost:1234"
  std::string url() const { return "https://localhost:" + std::to_string(port_); }
  std::uint16_t port() const noexcept { return port_; }
  /// The authority that a client has to know so that nothing but the flaw is wrong.
  std::filesystem::path ca_file() const { return root_.file(); }
  /// Requests whose head arrived: what a client sent that trusted the peer.
  std::uint64_t requests() const noexcept { return requests_; }

 private:
  using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
  using Session = std::unique_ptr<SSL, void (*)(SSL*)>;
  struct Client {
    Socket socket;
    std::atomic<bool> finished{false};
    std::jthread thread;
  };

  CertificateFiles make_certificate(TlsFlaw flaw);
  void configure(TlsFlaw flaw, const CertificateFiles& files);
  void accept_all();
  void serve(Client& client);
  void serve_plain(const Socket& socket);
  void serve_tls(const Socket& socket);

  Authority root_{"Test root"}, intermediate_{"Test intermediate", root_}, stranger_{"Stranger"},
      below_stranger_{"Below the stranger", stranger_};
  const bool plain_;
  Context context_;
  Socket listener_;
  const std::uint16_t port_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> stopping_{false};
  std::list<Client> clients_;  ///< of the acceptor's thread
  std::jthread acceptor_;
};

}  // namespace psabridge::test
