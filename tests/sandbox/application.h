// The API application as Halo's administrator registered it, and the agent that it works as.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/http_message.h"

namespace sandbox {

struct ClientCredentials {
  std::string id;
  std::string secret;
};

// Halo's "authentication method" of an application. `any` is the sandbox's own: a test need not choose.
enum class SignInMethod { any, client_credentials, authorization_code, api_key };
// What the agent does with the consent page; `ask` shows it.
enum class Consent { allow, deny, ask };

// Effective rights are those of the application and of its agent together.
struct ApplicationAgent {
  std::int64_t id = 2;
  bool disabled = false;  // may only look at itself
  bool admin = true;
  bool api_only = true;
  bool sees_clients = true;  // and their sites and contacts
  bool sees_tickets = true;  // and their notes
  bool sees_assets = true;

  // The scope bits that a token cannot go beyond.
  std::uint32_t rights() const;
  // Whether what is read with any of these scopes is outside the agent's visibility.
  bool is_blind_to(std::uint32_t read_scopes) const;
};

struct Application {
  std::string client_id;
  std::vector<std::string> secrets;  // each is good; none: a public client, which has no secret
  std::string api_key = "sandbox-api-key";
  bool active = true;
  SignInMethod method = SignInMethod::any;
  std::vector<std::string> scopes{"all"};  // permitted
  // Compared letter by letter. At first the one that psabridge uses when it is told nothing else.
  std::vector<std::string> redirect_uris{"http://127.0.0.1:8741/callback"};
  Consent consent = Consent::allow;
  std::string tenant;  // to be named by whoever signs in; empty: not needed
  std::int64_t refresh_life_seconds = 14 * 24 * 3600;
  ApplicationAgent agent;

  bool is_public() const { return secrets.empty(); }
  bool allows(SignInMethod wanted) const { return method == SignInMethod::any || method == wanted; }
  bool permits_scope(std::string_view name) const;
  // The tenant may come in the query or in the form.
  bool accepts_tenant(const Query& query, const Query& form) const;
};

// The one application of the sandbox. Thread-safe.
class Registration {
 public:
  explicit Registration(Application application);

  // As it is now; later changes make another one.
  std::shared_ptr<const Application> current() const;
  // Changes the settings named. Throws std::invalid_argument naming what is wrong; nothing is changed then.
  void apply(const boost::json::object& changes);
  // All settings, as JSON text.
  std::string describe() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Application> current_;
};

}  // namespace sandbox
