// What Halo calls webhook events: one record for each delivery that was tried, with the receiver's answer.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/courier.h"
#include "tests/sandbox/text_buffer.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

// One event for one webhook, on its way.
struct WebhookDelivery {
  std::string id;  // GUID: of the envelope and of the record in the log
  std::int64_t notification_id = 0;
  std::int32_t event = 0;  // eventno
  std::int64_t object_id = 0;
  std::string body;           // the envelope
  bool badly_signed = false;  // proves with another secret than the webhook's
};

struct LoggedDelivery {
  std::string webhook_id;
  WebhookDelivery delivery;
  Ticks time = 0;  // of the last try
  std::int64_t duration_ms = 0;
  std::int64_t tries = 0;
  std::int64_t retention_days = 0;
  bool keeps_bodies = true;  // what was not kept cannot be sent again
  std::string request_body;  // as sent: with others in an array when batched
  DeliveryAnswer answer;
};

// Thread-safe. Keeps the last kKept deliveries.
class DeliveryLog {
 public:
  static constexpr std::size_t kKept = 20'000;

  // A delivery that is there already takes its new state.
  void record(LoggedDelivery logged);
  std::optional<LoggedDelivery> find(std::string_view id) const;
  // The newest first; of one webhook, or of all for "".
  std::vector<LoggedDelivery> list(std::string_view webhook_id) const;

 private:
  mutable std::mutex mutex_;
  std::deque<LoggedDelivery> rows_;  // the oldest first
};

// As Halo's API shows it.
void write_webhook_event(TextBuffer& out, const LoggedDelivery& logged);

}  // namespace sandbox
