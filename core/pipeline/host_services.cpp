#include "core/pipeline/host_services.h"

#include <random>

#include "core/config/secrets.h"

namespace psabridge::pipeline {
namespace {

/// The addresses that the admin wrote down are the only ones that plugins may reach.
net::HttpPolicy policy_of(const config::Connection& connection, const std::filesystem::path& folder,
                          Redactor& redactor) {
  net::HttpPolicy policy;
  for (const auto& [key, value] : connection.settings.values)
    if (value.is_string() && (key == "url" || std::string_view(key).ends_with("_url")))
      policy.allowed_urls.emplace_back(value.get_string());
  policy.ca_file = connection.tls.ca_file;
  policy.proxy = config::resolve_secret(connection.proxy, folder);
  if (config::is_secret_reference(connection.proxy)) redactor.add(policy.proxy);
  return policy;
}

}  // namespace

ConnectionServices::ConnectionServices(const config::Connection& connection, std::filesystem::path folder,
                                       Clock& clock, Redactor& redactor, LogSink log, SharedWriter& store)
    : owner_("connection:" + connection.name),
      folder_(std::move(folder)),
      clock_(clock),
      redactor_(redactor),
      log_(std::move(log)),
      store_(store),
      limiter_(connection.rate_limit.requests, connection.rate_limit.per, clock),
      client_(policy_of(connection, folder_, redactor), limiter_, clock, std::random_device{}()) {}

plugin::HostServices::HttpResponse ConnectionServices::http(const HttpRequest& request,
                                                            const std::function<bool()>& stop) {
  net::HttpRequest out;
  out.method = request.method;
  out.url = request.url;
  out.body = request.body;
  out.retryable = request.retryable;
  for (const auto& [name, value] : request.headers) out.headers.emplace_back(name, value);
  net::HttpResponse answer = client_.send(out, stop);
  log(PSABRIDGE_DEBUG, "http", out.method + " " + out.url + " -> " + std::to_string(answer.status));
  return {answer.status, std::move(answer.headers), std::move(answer.body)};
}

std::int64_t ConnectionServices::now_ms() { return clock_.now().time_since_epoch().count(); }

std::string ConnectionServices::secret(std::string_view reference) {
  std::string value = config::resolve_secret(reference, folder_);
  redactor_.add(value);
  return value;
}

std::string ConnectionServices::state_get(std::string_view key) {
  const std::lock_guard lock(store_.mutex);
  return store_.writer.state_get(owner_, key);
}

void ConnectionServices::state_put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(store_.mutex);
  store_.writer.state_put(owner_, key, value);
}

void ConnectionServices::log(std::uint32_t level, std::string_view tag, std::string_view text) {
  log_(level, tag, redactor_.apply(std::string(text)));
}

}  // namespace psabridge::pipeline
