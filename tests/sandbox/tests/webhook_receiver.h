// A tiny receiver of webhooks for the sandbox's own tests: keeps what comes and answers what it is told to.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sandbox_test {

struct Received {
  std::string method;
  std::string path;  // with its query
  std::map<std::string, std::string> headers;
  std::string body;

  boost::json::value json() const;
};

// Listens on 127.0.0.1 from construction to destruction; make it before the sandbox, whose connections it
// waits for at its end. Thread-safe.
class WebhookReceiver {
 public:
  // Plain HTTP, or HTTPS with certificates made in `tls_dir`.
  explicit WebhookReceiver(const std::filesystem::path& tls_dir = {});
  ~WebhookReceiver();

  std::string url() const;                // "http://localhost:41234/hook?a=b"
  std::filesystem::path ca_file() const;  // empty for plain HTTP
  // The status of answers from here on; 200 at first.
  void answer_with(int status);
  // What came since the last call.
  std::vector<Received> take();
  // TCP connections that brought a request.
  std::size_t connections() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace sandbox_test
