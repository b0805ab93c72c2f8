// The connector role "halo": reads HaloPSA (and its sister products with the same API) page by page.
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "custom_fields.h"
#include "entities.h"
#include "push.h"
#include "session.h"
#include "settings.h"
#include "walk.h"
#include "webhooks.h"

namespace psabridge::halo {

/// One tenant. Keeps nothing between pulls but the address of the authorisation server and the ids of the
/// custom fields: where a read stands is in its cursor, and tokens are the host's. Thread-safe.
class HaloConnector : public sdk::Connector {
 public:
  HaloConnector(sdk::Host& host, std::string_view settings_json);

  std::string describe() override;
  void pull(const sdk::Pull& pull, sdk::Page& page) override;
  void get(std::string_view entity, std::span<const std::string_view> ids, sdk::Fetched& fetched) override;
  std::string sign_in() override;
  void check(std::span<const std::string_view> entities, sdk::Findings& findings) override;
  void decode(std::string_view body, sdk::Events& events) override;
  std::vector<sdk::Webhook> webhooks() override;
  sdk::Webhook put_webhook(const sdk::WantedWebhook& wanted) override;
  void remove_webhook(std::string_view id) override;
  void test_webhook(std::string_view id) override;
  std::vector<sdk::WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit) override;
  void push(std::span<const sdk::Change> changes, sdk::Pushed& pushed) override;

 private:
  /// An answer in pieces. The rows view the body.
  struct Answer {
    sdk::HttpResponse response;
    Slicing slicing;
  };
  Answer ask(const Entity& entity, const Query& query);
  void pull_records(const Entity& entity, const sdk::Pull& pull, sdk::Page& page);
  void pull_children(const Entity& entity, const sdk::Pull& pull, sdk::Page& page);
  Milliseconds server_time(const sdk::HttpResponse& response) const;
  Cursor cursor_of(const Entity& entity, const sdk::Pull& pull) const;
  Query next_query(const Entity& entity, const sdk::Pull& pull, const Filters& filters, const Cursor& cursor);
  std::uint32_t read_children(const Entity& entity, std::string_view parent, bool ids_only, sdk::Page& page,
                              std::size_t& bytes);
  std::uint32_t push_details(const Entity& entity, const std::vector<Row>& rows, sdk::Page& page);
  sdk::HttpResponse ask_one(const Entity& entity, std::string_view id);
  void get_one(const Entity& entity, std::string_view id, sdk::Fetched& fetched);

  sdk::Host& host_;
  const Settings settings_;
  Session session_;
  CustomFields custom_fields_;
  Webhooks webhooks_;
  Push push_;
};

}  // namespace psabridge::halo
