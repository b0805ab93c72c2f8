// The sender: a queue and a thread for each webhook, so that a slow receiver delays nobody but itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/sandbox/courier.h"
#include "tests/sandbox/delivery_log.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

// What may travel in one array.
enum class Batching : std::int32_t { none = 0, same_notification = 1, same_event = 2, any = 3 };

// A webhook as its sender sees it.
struct Route {
  Target target;
  Batching batching = Batching::none;
  std::size_t batch_limit = 1;
  std::chrono::seconds batch_delay{0};  // how long a batch waits to be filled, in real time
  std::int64_t retention_days = 30;
  bool keeps_bodies = true;  // in the log
};

struct SenderSettings {
  CourierSettings courier;
  std::int64_t retries = 2;          // after the first try; they follow at once
  Ticks retry_pause = 30 * kSecond;  // between tries as the log tells it: no time passes
};

// Deliveries of one webhook, or of all. emitted + copies of duplicates = all the others but `tries`.
struct DeliveryFigures {
  std::int64_t emitted = 0;  // events that had a notification
  std::int64_t sent = 0;     // taken by the receiver
  std::int64_t failed = 0;   // given up after the last try
  std::int64_t dropped = 0;  // never tried: a fault, or the webhook was switched off or removed
  std::int64_t pending = 0;  // waiting or under way
  std::int64_t held = 0;     // until release()
  std::int64_t tries = 0;    // requests that were made

  DeliveryFigures& operator+=(const DeliveryFigures& other);
};

// How a delivery joins its queue.
enum class Joining {
  at_once,
  after_next,  // lets the next one pass
  held,        // waits for release()
};

// Thread-safe; no call but flush() waits for a receiver. The destructor waits for requests under way, at most
// their time limit.
class Deliveries {
 public:
  // Called by a webhook's thread, without locks, after each try. False: the webhook is off, and what waits is
  // dropped.
  using Outcome = std::function<bool(const std::string& webhook_id, const DeliveryAnswer& answer)>;

  Deliveries(const VirtualClock& clock, DeliveryLog& log, SenderSettings settings, Outcome outcome);
  ~Deliveries();
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  // Opens a webhook's queue, or changes its route from the next delivery on.
  void open(const std::string& webhook_id, const Route& route);
  // Drops what waits.
  void close(const std::string& webhook_id);
  void enqueue(const std::string& webhook_id, WebhookDelivery delivery, Joining joining);
  // An event that had a notification, whatever becomes of it.
  void count_emitted(const std::string& webhook_id);
  void count_dropped(const std::string& webhook_id);

  void pause();
  void resume();
  bool paused() const;
  // Sends what was held.
  void release();
  // Waits until nothing is pending; batches do not wait to be filled meanwhile. Throws std::runtime_error
  // while paused, and when it takes more than a minute.
  void flush();

  SenderSettings settings() const;
  void configure(const SenderSettings& settings);
  DeliveryFigures figures(std::string_view webhook_id) const;
  // Closed queues included.
  DeliveryFigures total() const;

 private:
  struct Lane;

  Lane* lane(std::string_view webhook_id) const;
  void run(Lane& lane);
  bool may_send(const Lane& lane) const;
  void wait(std::unique_lock<std::mutex>& lock, Lane& lane);
  std::vector<WebhookDelivery> take_batch(Lane& lane);
  DeliveryAnswer carry(Lane& lane, const Route& route, const std::vector<WebhookDelivery>& batch);
  void record(const Lane& lane, const Route& route, const WebhookDelivery& delivery,
              const LoggedDelivery& common);
  void drop_waiting(Lane& lane);
  bool idle() const;

  const VirtualClock& clock_;
  DeliveryLog& log_;
  const Outcome outcome_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  SenderSettings settings_;
  bool paused_ = false;
  int flushing_ = 0;
  std::vector<std::unique_ptr<Lane>> lanes_;  // closed ones stay until the end, for their threads and figures
};

}  // namespace sandbox
