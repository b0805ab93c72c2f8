// The signed-in way to one Halo tenant: finds its servers, keeps one token, and turns every refusal into a
// Failure.
#pragma once
#include <cstdint>
#include <mutex>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "server_answer.h"
#include "settings.h"

namespace psabridge::halo {

/// One token for all threads. Whoever finds it stale renews it while the others wait, so that there is one
/// renewal at a time (a new token may end the ones before it).
class TokenSource {
 public:
  TokenSource(const sdk::Host& host, const Settings& settings) : host_(host), settings_(settings) {}
  /// A token that is good for some time yet. Throws Failure.
  std::string token();
  /// The API refused `token`: the next call of token() gets another one.
  void discard(std::string_view token);

 private:
  std::string token_url();
  void renew();

  const sdk::Host& host_;
  const Settings& settings_;
  std::mutex mutex_;
  std::string token_url_;  // empty until it is known
  std::string token_;      // empty: none
  Milliseconds renew_at_ = 0;
};

/// Thread-safe.
class Session {
 public:
  Session(const sdk::Host& host, const Settings& settings)
      : host_(host), settings_(settings), tokens_(host, settings) {}

  /// GET of a resource ("Tickets/5") with an encoded query, whatever its status but 401: that is answered
  /// with a fresh token, once.
  sdk::HttpResponse get(const std::string& resource, const std::string& query);
  /// The same for an answer that must be a success. Throws Failure with the reason.
  sdk::HttpResponse expect(const std::string& resource, const std::string& query, std::string_view entity,
                           std::string_view scope);
  /// True when the API accepts the token for anything at all.
  bool is_signed_in();

  std::string url_of(const std::string& resource) const { return settings_.api_url + "/" + resource; }
  Milliseconds now() const { return host_.now().time_since_epoch().count(); }

 private:
  sdk::HttpResponse send(const std::string& url, const std::string& token);

  const sdk::Host& host_;
  const Settings& settings_;
  TokenSource tokens_;
};

}  // namespace psabridge::halo
