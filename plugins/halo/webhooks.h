// The webhooks of a tenant: its lists of webhooks, of their events and of their deliveries, and what changes
// them.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "entities.h"
#include "session.h"
#include "webhook_record.h"

namespace psabridge::halo {

/// Everything throws Failure; a right that is missing is told as such (PB1204), however Halo hides it.
/// Thread-safe; two calls that change the same webhook at once may leave an event twice, which the next put()
/// mends.
class Webhooks {
 public:
  Webhooks(const sdk::Host& host, Session& session) : host_(host), session_(session) {}

  std::vector<sdk::Webhook> all();
  sdk::Webhook put(const sdk::WantedWebhook& wanted);
  void remove(const std::string& id);
  void test(const std::string& id);
  /// One page of the log, so 100 lines at most.
  std::vector<sdk::WebhookDelivery> log(const std::string& id, std::uint32_t limit);

 private:
  std::vector<boost::json::object> rows(const std::string& resource, const Query& query);
  boost::json::object posted(const std::string& resource, const boost::json::object& row);
  void gone(const std::string& resource);
  std::string existing(const sdk::WantedWebhook& wanted);
  std::string saved(sdk::WantedWebhook wanted);
  std::vector<Notification> notifications(const std::string& webhook);
  void subscribe(const std::string& webhook, const std::vector<sdk::Subscription>& events);
  sdk::Webhook with_events(sdk::Webhook webhook);
  void check_right(const sdk::HttpResponse& answer, const std::string& resource);
  sdk::Failure no_right(const std::string& what, const std::string& resource) const;

  const sdk::Host& host_;
  Session& session_;
};

}  // namespace psabridge::halo
