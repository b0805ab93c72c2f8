// The fake Halo without its transport: from a request to the answer, by way of faults, rights and the ledger.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/application.h"
#include "tests/sandbox/authorize.h"
#include "tests/sandbox/control.h"
#include "tests/sandbox/dataset.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/ledger.h"
#include "tests/sandbox/reads.h"
#include "tests/sandbox/resources.h"
#include "tests/sandbox/tokens.h"
#include "tests/sandbox/webhook_api.h"
#include "tests/sandbox/webhooks.h"
#include "tests/sandbox/writes.h"

namespace sandbox {

struct ApiOptions {
  Shape shape;
  std::uint64_t seed = 1;
  std::optional<Ticks> now;  // where the virtual clock starts; the machine's time otherwise
  ClientCredentials client{"sandbox-client", "sandbox-secret"};
  std::string tenant = "sandbox";
  std::string webhook_ca;  // file of the authority that webhooks trust; empty: those of the machine
};

// Thread-safe.
class Api {
 public:
  explicit Api(const ApiOptions& options);

  // The server's own address, known once it listens: "https://localhost:41234". Call before the first
  // request.
  void set_base_url(std::string url) { base_url_ = std::move(url); }
  // `response` arrives cleared. What is thrown inside becomes a 500.
  void handle(const Request& request, Response& response);
  Control& control() { return control_; }

 private:
  void answer(const Request& request, std::string_view endpoint, Response& response);
  void answer_token(const Request& request, Response& response);
  void answer_api(const Request& request, std::string_view resource_name, std::string_view id,
                  Response& response);
  void answer_resource(const Resource& resource, std::string_view id, const Request& request,
                       Response& response);
  bool answer_in_place(std::string_view resource_name, Response& response);
  // False when the rate limit refuses; what it has to say is in the response.
  bool within_rate(std::string_view resource_name, Response& response);
  // True when the caller may go on; the refusal is in the response otherwise.
  bool authorize(const Resource& resource, std::string_view id, const Request& request, Response& response);
  void answer_discovery(Response& response) const;
  void answer_auth_info(Response& response);
  void answer_instance_info(Response& response) const;
  void answer_agent_me(Response& response);
  void spoil_delivery(std::string_view resource_name, Response& response);

  VirtualClock clock_;
  Dataset data_;
  Faults faults_;
  Ledger ledger_;
  Registration registration_;
  Tokens tokens_;
  Authorize authorize_;
  Webhooks webhooks_;
  WebhookApi webhook_api_;
  Reads reads_;
  Writes writes_;
  Control control_;
  std::string tenant_;
  std::string base_url_;
};

}  // namespace sandbox
