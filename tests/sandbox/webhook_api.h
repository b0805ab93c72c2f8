// /Webhook, /Notification and /WebhookEvent: how an integration sets its webhooks up and looks at their log.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/posting.h"
#include "tests/sandbox/resources.h"
#include "tests/sandbox/webhooks.h"

namespace sandbox {

// Thread-safe. The caller's rights have been checked.
class WebhookApi {
 public:
  WebhookApi(Webhooks& webhooks, Faults& faults) : webhooks_(webhooks), faults_(faults) {}

  void answer(const Resource& resource, std::string_view id, const Request& request, Response& response);

 private:
  void list(const Resource& resource, const Query& query, Response& response);
  void list_events(const Resource& resource, const Query& query, Response& response);
  void single(const Resource& resource, std::string_view id, const Query& query, Response& response);
  void post(const Resource& resource, const Request& request, Response& response);
  void remove(const Resource& resource, std::string_view id, Response& response);
  boost::json::object detailed(boost::json::object webhook, const Query& query) const;
  std::optional<Refusal> check(const Resource& resource, const boost::json::value& item, std::size_t index);
  std::string save(const Resource& resource, const boost::json::object& item);
  std::string send_again(const boost::json::object& item);

  Webhooks& webhooks_;
  Faults& faults_;
};

}  // namespace sandbox
