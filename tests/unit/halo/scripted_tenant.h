// A Halo tenant made of a function: the connector is driven through its C table, as the host does, and every
// request that it makes is answered by the test.
#pragma once
#include <psabridge/abi.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halo_test {

struct Request {
  std::string method, url, body;
  std::map<std::string, std::string> headers;
  bool retryable = true;

  std::string path() const;                            ///< "/api/Tickets"
  std::string parameter(std::string_view name) const;  ///< decoded; of the query
  bool has(std::string_view name) const;
};

struct Reply {
  int status = 200;
  std::string body = "{}";
  std::map<std::string, std::string> headers = {};
};

struct PushedSlice {
  std::string id, version, text;
  bool id_only, deleted;
};
struct PulledPage {
  std::vector<PushedSlice> slices;
  std::string next;
  bool more = false;
  std::int64_t expected = -1;
  std::uint32_t requests = 0;
};
/// What a call reported in place of a result.
struct Refusal {
  psabridge_code code = PSABRIDGE_OK;
  std::string error_code, message;
  std::uint32_t retry_after_ms = 0;
};

/// What to pull; the cursor is given apart.
struct PullOrder {
  std::string entity = "ticket";
  bool ids_only = false;
  std::uint32_t page_size = 0;
  std::string filters = "{}";
  std::vector<std::string> parents = {};
};

inline constexpr const char* kSettings =
    R"({"url":"https://acme.example","auth_url":"https://acme.example/auth","auth":{"client_id":"app","client_secret":"env://S"}})";

/// What the host is asked for when the connector needs a token.
struct TokenRequest {
  std::string sign_in, refused;
};
struct Finding {
  psabridge_health health;
  std::string check, subject, error_code, fact, fix;
};

struct PushedEvent {
  std::string key, kind, entity, id, occurred_at, actor, body;
  bool deleted;
  std::optional<PushedSlice> record;
};

/// One connector instance with its host. `answer` is called for every request, from any thread.
class Tenant {
 public:
  using Answer = std::function<Reply(const Request&)>;
  /// Gives the token; throws sdk::Failure where the host would fail.
  using Grant = std::function<std::string(const TokenRequest&)>;
  explicit Tenant(Answer answer, std::string settings = kSettings);
  ~Tenant();
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  /// "token-1", then "token-2" in place of a refused one.
  Grant grant;
  std::atomic<bool> stopped{false};  ///< what the host answers to "shall I stop?"
  std::atomic<std::int64_t> now_ms{1'790'000'000'000};
  std::map<std::string, std::string> state;

  /// One page. When the call fails, `refusal()` says why and the page is empty.
  PulledPage pull(const PullOrder& order, const std::string& cursor = "");
  /// All pages of a read, the failing one excluded; `cursor` becomes the last one's `next`.
  std::vector<PushedSlice> read(const PullOrder& order, std::string& cursor);
  struct Fetch {
    std::vector<PushedSlice> slices;
    std::map<std::string, psabridge_absence> absent;
  };
  Fetch get(const std::string& entity, const std::vector<std::string>& ids);
  std::string describe();
  std::string sign_in();
  /// What was found until the check ended, well or not.
  std::vector<Finding> check(const std::vector<std::string>& entities);

  /// Empty when the call fails.
  std::vector<PushedEvent> decode(const std::string& body);
  std::vector<psabridge::sdk::Webhook> webhooks();
  psabridge::sdk::Webhook put_webhook(const psabridge::sdk::WantedWebhook& wanted);
  void remove_webhook(const std::string& id);
  void test_webhook(const std::string& id);
  std::vector<psabridge::sdk::WebhookDelivery> webhook_log(const std::string& id, std::uint32_t limit);

  /// A change in the contract's own form: JSON texts.
  struct Change {
    std::string id, entity, source_id, fields, expected = "{}", tried_at = {};
  };
  struct ChangeEnd {
    bool done = false;
    std::string source_id;
    Refusal refused;
    std::map<std::string, std::string> before, after;  ///< what differing fields show
  };
  /// What was told, by the change's id; the call may have failed.
  std::map<std::string, ChangeEnd> push(const std::vector<Change>& changes);

  const Refusal& refusal() const { return refusal_; }
  std::vector<Request> requests() const;
  std::vector<TokenRequest> token_requests() const;
  /// Requests to a resource ("Tickets").
  std::size_t requests_to(std::string_view resource) const;
  std::vector<std::string> log() const;

 private:
  static psabridge_code http(void* host, const psabridge_http_request* request,
                             const psabridge_http_sink* sink, const psabridge_call* call);
  static psabridge_code token(void* host, psabridge_str sign_in, psabridge_str refused,
                              const psabridge_text_sink* sink, const psabridge_call* call);
  template <class Verb, class... Arguments>
  std::string text_of(Verb verb, Arguments... arguments);
  Reply reply_to(const Request& request);
  psabridge_call call();

  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<TokenRequest> token_requests_;
  std::vector<std::string> log_;
  static inline thread_local Refusal refusal_;
  psabridge_host host_{};
  void* connector_ = nullptr;
};

}  // namespace halo_test
