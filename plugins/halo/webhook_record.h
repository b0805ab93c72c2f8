// A webhook and its events as Halo writes them, and back.
#pragma once
#include <boost/json/object.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace psabridge::halo {

/// A row of Halo's notifications: one event of a webhook.
struct Notification {
  std::string id;
  std::string webhook;  ///< id of its webhook; empty: the row does not say
  sdk::Subscription event;
};
Notification notification_of(const boost::json::object& row);

/// Without its events, and without what their lack would mean.
sdk::Webhook webhook_of(const boost::json::object& row);

/// What is posted. Throws Failure(invalid) for a proof that Halo cannot give.
boost::json::object webhook_row(const sdk::WantedWebhook& wanted, const std::string& secret);
boost::json::object notification_row(const sdk::Subscription& event, std::string_view webhook);

/// A line of the delivery log. What was sent and answered is not told, but for the event's name and the words
/// of an error: headers hold secrets.
sdk::WebhookDelivery delivery_of(const boost::json::object& row);

}  // namespace psabridge::halo
