// A fake Halo that runs in this process: a real HTTPS server on loopback.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/sandbox/api.h"

namespace sandbox {

struct SandboxOptions {
  ApiOptions api;
  std::uint16_t port = 0;         // 0: any free one
  bool plain_http = false;        // without TLS
  std::filesystem::path tls_dir;  // for certificates; empty: a directory of its own, removed at the end
};

// Serves from construction to destruction. Thread-safe. Throws Poco::Exception or std::runtime_error when it
// cannot listen.
class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  // Ends every connection, finished or not.
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::uint16_t port() const;
  std::string url() const;                // "https://localhost:41234"
  std::filesystem::path ca_file() const;  // empty for plain HTTP
  const ClientCredentials& client() const;

  // A call of the control plane without the network: control("POST", "faults", R"({"html_503": true})"); the
  // path may carry a query. Returns the JSON text; throws std::runtime_error with the answer when it is not a
  // 200.
  std::string control(std::string_view method, std::string_view path, std::string_view body = {});

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace sandbox
