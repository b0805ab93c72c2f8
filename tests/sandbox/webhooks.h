// The tenant's webhooks: their records, and what becomes of a change of data.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/dataset.h"
#include "tests/sandbox/deliveries.h"
#include "tests/sandbox/delivery_log.h"
#include "tests/sandbox/envelope.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/posting.h"

namespace sandbox {

// Thread-safe. Nothing but steer() with "flush" waits for a receiver.
class Webhooks {
 public:
  Webhooks(const Dataset& data, Faults& faults, const VirtualClock& clock, std::string ca_file);

  // Tells the active webhooks that have a notification for it. The caller holds the data set's lock, so that
  // deliveries are numbered in the order of the changes.
  void announce(const Change& change, const Row& after);

  // --- for the API: rows without secrets ---
  std::vector<boost::json::object> webhooks() const;
  std::optional<boost::json::object> webhook(std::string_view id) const;
  // Of one webhook; of all for "".
  std::vector<boost::json::object> notifications(std::string_view webhook_id) const;
  // What a save of the row would be refused for.
  std::optional<Refusal> check_webhook(const boost::json::object& item, std::size_t index) const;
  std::optional<Refusal> check_notification(const boost::json::object& item, std::size_t index) const;
  // Creates, or updates the row whose id the item names; the item has passed the check.
  boost::json::object save_webhook(const boost::json::object& item);
  boost::json::object save_notification(const boost::json::object& item);
  // The row as it was; nothing when there is none. A webhook takes its notifications with it.
  std::optional<boost::json::object> remove_webhook(std::string_view id);
  std::optional<boost::json::object> remove_notification(std::int64_t id);
  const DeliveryLog& log() const { return log_; }
  // Sends what the log has once more. Nothing happens when its webhook is gone.
  void resend(const LoggedDelivery& logged);

  // --- for the control plane ---
  // {"pause": bool, "release": true, "flush": true, "ca_file", "retries", "retry_pause_seconds",
  // "time_limit_ms"}. Throws std::exception with what is wrong.
  void steer(const boost::json::object& request);
  // State and figures, as JSON text.
  std::string describe() const;

 private:
  struct Entry {
    boost::json::object record;
    std::int64_t failures = 0;  // in a row
  };

  Entry* find(std::string_view id);
  const Entry* find(std::string_view id) const;
  const boost::json::object* find_notification(std::int64_t id) const;
  void emit(const Entry& webhook, std::int64_t notification_id, const EventKind& event, const Change& change,
            const Row& after);
  Heading next_heading(const Entry& webhook, std::int64_t notification_id);
  Presentation presentation_of(const Entry& webhook);
  // Whether a fault whose value is a percentage strikes the delivery of this number: spread evenly.
  bool is_chosen(Fault fault, std::int64_t number);
  Joining joining();
  void send_test(const Entry& webhook);
  bool note_outcome(const std::string& webhook_id, const DeliveryAnswer& answer);

  const Dataset& data_;
  Faults& faults_;
  const VirtualClock& clock_;
  DeliveryLog log_;
  mutable std::mutex mutex_;  // guards what follows; taken after the data set's, before that of deliveries_
  std::vector<Entry> webhooks_;
  std::vector<boost::json::object> notifications_;
  std::int64_t webhooks_made_ = 0;
  std::int64_t notifications_made_ = 0;
  std::int64_t deliveries_made_ = 0;
  Deliveries deliveries_;  // last: its threads end before what they use
};

}  // namespace sandbox
