#include "core/connection/services.h"

#include <algorithm>
#include <random>

#include "core/config/secrets.h"
#include "core/net/url.h"

namespace psabridge::connection {
namespace {

/// How often work looks whether an admin paused its connection.
constexpr Milliseconds kLookEvery = std::chrono::seconds{2};
constexpr Milliseconds kCheckPatience = std::chrono::seconds{15};

/// The addresses that the admin wrote down are the only ones that plugins may reach.
std::vector<std::string> allowed_urls(const config::Connection& connection) {
  std::vector<std::string> urls;
  for (const auto& [key, value] : connection.settings.values)
    if (value.is_string() && (key == "url" || std::string_view(key).ends_with("_url")))
      urls.emplace_back(value.get_string());
  return urls;
}

/// Hides what is secret in a proxy's address, so that messages can still name the proxy.
void hide_sign_in(const std::string& proxy, Redactor& redactor) try {
  redactor.add(net::parse_proxy(proxy).authorization);
  const std::size_t begin = proxy.find("://") + 3, end = proxy.rfind('@');
  if (end == std::string::npos) return;
  const std::string sign_in = proxy.substr(begin, end - begin);
  redactor.add(sign_in);
  redactor.add(sign_in.substr(std::min(sign_in.size(), sign_in.find(':') + 1)));
} catch (const Error&) {
  redactor.add(proxy);  // who knows which part of it is the secret
}

}  // namespace

net::HttpPolicy http_policy(const config::Connection& connection, vault::Secrets& secrets, Redactor& redactor,
                            Purpose purpose) {
  net::HttpPolicy policy;
  policy.allowed_urls = allowed_urls(connection);
  policy.ca_file = connection.tls.ca_file;
  policy.proxy = secrets.resolve(connection.proxy);
  if (config::is_secret_reference(connection.proxy)) hide_sign_in(policy.proxy, redactor);
  policy.no_proxy = connection.no_proxy;
  policy.allow_private = connection.allow_private;
  policy.connect_timeout = connection.timeouts.connect;
  policy.first_byte_timeout = connection.timeouts.first_byte;
  policy.total_timeout = connection.timeouts.total;
  if (purpose == Purpose::check) {
    policy.tries = 1;
    policy.total_timeout = std::min(policy.total_timeout, kCheckPatience);
  }
  return policy;
}

std::shared_ptr<net::RateLimiter> make_limiter(const config::Connection& connection, Clock& clock) {
  return std::make_shared<net::RateLimiter>(connection.rate_limit.requests, connection.rate_limit.per, clock);
}

Services::Services(const config::Connection& connection, const Installation& installation, Memory& memory,
                   Purpose purpose, std::shared_ptr<net::RateLimiter> limiter)
    : connection_(connection),
      installation_(installation),
      memory_(memory),
      purpose_(purpose),
      owner_("connection:" + connection.name),
      limiter_(std::move(limiter)),
      client_(policy(), *limiter_, installation.clock, std::random_device{}()),
      token_endpoint_(client_, installation.secrets, installation.redactor, installation.clock),
      tokens_(connection.name, renewal_lock(installation.control.file(), connection.name), token_endpoint_,
              installation.vault, installation.redactor, installation.clock),
      standing_(installation.control, installation.redactor, installation.clock) {}

/// A wait of minutes without a word would look like a program that hangs.
net::HttpPolicy Services::policy() {
  net::HttpPolicy policy = http_policy(connection_, installation_.secrets, installation_.redactor, purpose_);
  policy.on_throttled = [this](Milliseconds wait) {
    log(PSABRIDGE_INFO, "http",
        connection_.name + " asks to slow down (429): nothing is asked of it for " +
            std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s.");
  };
  return policy;
}

plugin::HostServices::HttpResponse Services::http(const HttpRequest& request,
                                                  const std::function<bool()>& stop) {
  if (purpose_ != Purpose::check) look_at_standing();
  net::HttpRequest out;
  out.method = request.method;
  out.url = request.url;
  out.body = request.body;
  out.retryable = request.retryable;
  out.urgency = purpose_ == Purpose::sync ? net::Urgency::routine : net::Urgency::urgent;
  for (const auto& [name, value] : request.headers) out.headers.emplace_back(name, value);
  net::HttpResponse answer = client_.send(out, stop);
  log(PSABRIDGE_DEBUG, "http", out.method + " " + out.url + " -> " + std::to_string(answer.status));
  return {answer.status, std::move(answer.headers), std::move(answer.body)};
}

/// An admin may pause a connection while it is at work, and a maintenance window may open.
void Services::look_at_standing() {
  {
    const std::lock_guard lock(mutex_);
    const Milliseconds now = installation_.clock.monotonic();
    if (looked_at_standing_ != Milliseconds{0} && now - looked_at_standing_ < kLookEvery) return;
    looked_at_standing_ = now;
  }
  standing_.require_usable(connection_);
}

std::int64_t Services::now_ms() { return installation_.clock.now().time_since_epoch().count(); }

std::string Services::secret(std::string_view reference) {
  std::string value = installation_.secrets.resolve(reference);
  installation_.redactor.add(value);
  return value;
}

std::string Services::token(std::string_view sign_in, std::string_view refused,
                            const std::function<bool()>& stop) {
  const std::shared_ptr<const SignIn> how = parsed(sign_in);
  // A kept token would hide that the credentials are wrong by now.
  if (purpose_ == Purpose::check && !proved_.exchange(true)) tokens_.renew(*how, stop);
  return tokens_.token(*how, refused, stop);
}

/// A connector says the same with every request.
std::shared_ptr<const SignIn> Services::parsed(std::string_view sign_in) {
  const std::lock_guard lock(mutex_);
  if (sign_in_text_ != sign_in) {
    sign_in_ = std::make_shared<const SignIn>(parse_sign_in(sign_in));
    sign_in_text_ = sign_in;
  }
  return sign_in_;
}

std::string Services::state_get(std::string_view key) { return memory_.get(owner_, key); }

void Services::state_put(std::string_view key, std::string_view value) { memory_.put(owner_, key, value); }

void Services::log(std::uint32_t level, std::string_view tag, std::string_view text) {
  installation_.log(level, tag, redacted(text));
}

std::string Services::redacted(std::string_view text) const {
  return installation_.redactor.apply(std::string(text));
}

}  // namespace psabridge::connection
