// The signed-in way to one Halo tenant: knows its servers, borrows a token from the host for each request,
// and turns every refusal into a Failure.
#pragma once
#include <mutex>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "server_answer.h"
#include "settings.h"

namespace psabridge::halo {

/// Thread-safe.
class Session {
 public:
  Session(const sdk::Host& host, const Settings& settings) : host_(host), settings_(settings) {}

  /// GET of a resource ("Tickets/5") with an encoded query, whatever its status but 401: that is answered
  /// with another token, once.
  sdk::HttpResponse get(const std::string& resource, const std::string& query);
  /// The same for an answer that must be a success. Throws Failure with the reason.
  sdk::HttpResponse expect(const std::string& resource, const std::string& query, std::string_view entity,
                           std::string_view scope);
  // For what changes something, so that the host repeats none of it by itself; else as get().
  /// POST of a JSON text.
  sdk::HttpResponse post(const std::string& resource, std::string body);
  sdk::HttpResponse remove(const std::string& resource);
  /// Why `answer` of a resource is no success.
  sdk::Failure failure(const sdk::HttpResponse& answer, const std::string& resource, std::string_view entity,
                       std::string_view scope) const;
  /// True when the API accepts the sign-in for anything at all.
  bool is_signed_in();

  /// The Authorisation Server: of the settings, else asked from the API, once.
  std::string auth_url();
  /// What the host signs in with; empty for an API key, which needs no token.
  std::string sign_in();

  std::string url_of(const std::string& resource) const { return settings_.api_url + "/" + resource; }
  Milliseconds now() const { return host_.now().time_since_epoch().count(); }

 private:
  sdk::HttpResponse signed_in(sdk::HttpRequest request);
  sdk::HttpResponse send(sdk::HttpRequest request, sdk::HttpHeader credential) const;

  const sdk::Host& host_;
  const Settings& settings_;
  std::mutex mutex_;
  std::string auth_url_, sign_in_;  // empty until they are known
};

}  // namespace psabridge::halo
