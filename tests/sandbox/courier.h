// Carries a webhook's body to its receiver: one HTTP or HTTPS connection, kept open between deliveries.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace sandbox {

// Numbered as in Halo's records.
enum class WebhookAuthentication : std::int32_t { none = 0, basic = 1, bearer = 2, signature = 3 };

// Where a webhook delivers, and how it shows who it is.
struct Target {
  std::string url;
  std::string method = "POST";
  std::string content_type = "application/json";
  WebhookAuthentication authentication = WebhookAuthentication::none;
  std::string header;  // for the signature
  std::string signature_prefix;
  std::string user;
  std::string secret;  // password, bearer token or key of the signature
};

// How the sender works, whichever the webhook.
struct CourierSettings {
  std::string ca_file;                         // trusted for HTTPS; empty: the machine's authorities
  std::chrono::milliseconds time_limit{5000};  // to connect, and for each read
};

struct DeliveryAnswer {
  int status = 0;               // 0: none came
  std::string request_headers;  // a line each; what proves who sends is left out
  std::string headers;          // a line each
  std::string body;             // or why no answer came

  bool accepted() const { return status >= 200 && status < 300; }
};

// Base64 of the HMAC-SHA256 of `body`.
std::string signature_of(const std::string& secret, const std::string& body);

// Not thread-safe: each webhook's thread has one.
class Courier {
 public:
  Courier();
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // Does not throw: what goes wrong is in the answer.
  DeliveryAnswer deliver(const Target& target, const CourierSettings& settings, const std::string& body);

 private:
  struct Connection;

  void connect(const Target& target, const CourierSettings& settings);
  void exchange(const Target& target, const std::string& body, DeliveryAnswer& answer);

  std::unique_ptr<Connection> connection_;
};

}  // namespace sandbox
