#include "tests/sandbox/deliveries.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sandbox {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::minutes kFlushLimit{1};

bool may_join(Batching batching, const WebhookDelivery& first, const WebhookDelivery& next) {
  if (first.badly_signed != next.badly_signed) return false;
  switch (batching) {
    case Batching::none:
      return false;
    case Batching::same_notification:
      return first.notification_id == next.notification_id;
    case Batching::same_event:
      return first.event == next.event;
    case Batching::any:
      return true;
  }
  return false;
}

// Who batches always sends an array, be it of one.
std::string body_of(const Route& route, const std::vector<WebhookDelivery>& batch) {
  if (route.batching == Batching::none) return batch.front().body;
  std::string body = "[";
  for (const WebhookDelivery& delivery : batch) {
    if (body.size() > 1) body += ',';
    body += delivery.body;
  }
  return body + ']';
}

std::int64_t milliseconds_since(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start).count();
}

}  // namespace

DeliveryFigures& DeliveryFigures::operator+=(const DeliveryFigures& other) {
  emitted += other.emitted;
  sent += other.sent;
  failed += other.failed;
  dropped += other.dropped;
  pending += other.pending;
  held += other.held;
  tries += other.tries;
  return *this;
}

// Guarded by mutex_, but for what belongs to the thread alone.
struct Deliveries::Lane {
  std::string webhook_id;
  Route route;
  std::deque<WebhookDelivery> queue;
  std::vector<WebhookDelivery> held;
  std::optional<WebhookDelivery> overtaken;  // goes after the next one
  steady_clock::time_point oldest;           // since when the queue waits
  std::size_t under_way = 0;
  bool closed = false;
  DeliveryFigures counted;  // without what waits
  Courier courier;          // the thread's own
  std::thread thread;

  void push(WebhookDelivery delivery) {
    if (queue.empty()) oldest = steady_clock::now();
    queue.push_back(std::move(delivery));
  }
  void push_overtaken() {
    if (overtaken) push(*std::exchange(overtaken, std::nullopt));
  }
  std::size_t waiting() const { return queue.size() + (overtaken ? 1 : 0); }
  DeliveryFigures figures() const {
    DeliveryFigures all = counted;
    all.pending = static_cast<std::int64_t>(waiting() + under_way);
    all.held = std::ssize(held);
    return all;
  }
};

Deliveries::Deliveries(const VirtualClock& clock, DeliveryLog& log, SenderSettings settings, Outcome outcome)
    : clock_(clock), log_(log), outcome_(std::move(outcome)), settings_(std::move(settings)) {}

Deliveries::~Deliveries() {
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& lane : lanes_) lane->closed = true;
  }
  changed_.notify_all();
  for (const auto& lane : lanes_) lane->thread.join();
}

// The one that is open; a closed one is no longer found.
Deliveries::Lane* Deliveries::lane(std::string_view webhook_id) const {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    return !lane->closed && lane->webhook_id == webhook_id;
  });
  return found == lanes_.end() ? nullptr : found->get();
}

void Deliveries::open(const std::string& webhook_id, const Route& route) {
  const std::scoped_lock lock(mutex_);
  if (Lane* known = lane(webhook_id)) {
    known->route = route;
    return;
  }
  Lane& fresh = *lanes_.emplace_back(std::make_unique<Lane>());
  fresh.webhook_id = webhook_id;
  fresh.route = route;
  fresh.thread = std::thread([this, &fresh] { run(fresh); });
}

void Deliveries::close(const std::string& webhook_id) {
  const std::scoped_lock lock(mutex_);
  Lane* known = lane(webhook_id);
  if (known == nullptr) return;
  drop_waiting(*known);
  known->closed = true;
  changed_.notify_all();
}

void Deliveries::enqueue(const std::string& webhook_id, WebhookDelivery delivery, Joining joining) {
  const std::scoped_lock lock(mutex_);
  Lane* known = lane(webhook_id);
  if (known == nullptr) return;
  if (joining == Joining::held) {
    known->held.push_back(std::move(delivery));
    return;
  }
  if (joining == Joining::after_next && !known->overtaken) {
    known->overtaken = std::move(delivery);
    return;
  }
  known->push(std::move(delivery));
  known->push_overtaken();
  changed_.notify_all();
}

void Deliveries::count_emitted(const std::string& webhook_id) {
  const std::scoped_lock lock(mutex_);
  if (Lane* known = lane(webhook_id)) ++known->counted.emitted;
}

void Deliveries::count_dropped(const std::string& webhook_id) {
  const std::scoped_lock lock(mutex_);
  if (Lane* known = lane(webhook_id)) ++known->counted.dropped;
}

void Deliveries::drop_waiting(Lane& lane) {
  lane.counted.dropped += static_cast<std::int64_t>(lane.waiting() + lane.held.size());
  lane.queue.clear();
  lane.held.clear();
  lane.overtaken.reset();
}

// --- what tests steer ---

void Deliveries::pause() {
  const std::scoped_lock lock(mutex_);
  paused_ = true;
}

void Deliveries::resume() {
  const std::scoped_lock lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

bool Deliveries::paused() const {
  const std::scoped_lock lock(mutex_);
  return paused_;
}

void Deliveries::release() {
  const std::scoped_lock lock(mutex_);
  for (const auto& lane : lanes_) {
    for (WebhookDelivery& delivery : std::exchange(lane->held, {})) lane->push(std::move(delivery));
  }
  changed_.notify_all();
}

void Deliveries::flush() {
  std::unique_lock lock(mutex_);
  if (paused_) throw std::runtime_error("Deliveries are paused: nothing would ever be sent.");
  for (const auto& lane : lanes_) lane->push_overtaken();
  ++flushing_;
  changed_.notify_all();
  const bool done = changed_.wait_for(lock, kFlushLimit, [this] { return idle(); });
  --flushing_;
  if (!done) throw std::runtime_error("Deliveries are still pending after a minute.");
}

bool Deliveries::idle() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->queue.empty() && lane->under_way == 0; });
}

SenderSettings Deliveries::settings() const {
  const std::scoped_lock lock(mutex_);
  return settings_;
}

void Deliveries::configure(const SenderSettings& settings) {
  const std::scoped_lock lock(mutex_);
  settings_ = settings;
}

DeliveryFigures Deliveries::figures(std::string_view webhook_id) const {
  const std::scoped_lock lock(mutex_);
  const Lane* known = lane(webhook_id);
  return known == nullptr ? DeliveryFigures() : known->figures();
}

DeliveryFigures Deliveries::total() const {
  const std::scoped_lock lock(mutex_);
  DeliveryFigures all;
  for (const auto& lane : lanes_) all += lane->figures();
  return all;
}

// --- a webhook's thread ---

void Deliveries::run(Lane& lane) {
  std::unique_lock lock(mutex_);
  while (!lane.closed) {
    if (!may_send(lane)) {
      wait(lock, lane);
      continue;
    }
    const std::vector<WebhookDelivery> batch = take_batch(lane);
    const auto count = std::ssize(batch);
    lane.under_way = batch.size();
    const Route route = lane.route;
    lock.unlock();
    const bool accepted = carry(lane, route, batch).accepted();
    lock.lock();
    lane.under_way = 0;
    (accepted ? lane.counted.sent : lane.counted.failed) += count;
    changed_.notify_all();
  }
}

bool Deliveries::may_send(const Lane& lane) const {
  if (paused_ || lane.queue.empty()) return false;
  const bool full = lane.route.batching == Batching::none || lane.queue.size() >= lane.route.batch_limit;
  return full || flushing_ > 0 || steady_clock::now() >= lane.oldest + lane.route.batch_delay;
}

void Deliveries::wait(std::unique_lock<std::mutex>& lock, Lane& lane) {
  if (paused_ || lane.queue.empty()) return changed_.wait(lock);
  changed_.wait_until(lock, lane.oldest + lane.route.batch_delay);
}

// The first that waits, and those behind it that may travel with it.
std::vector<WebhookDelivery> Deliveries::take_batch(Lane& lane) {
  std::vector<WebhookDelivery> batch;
  do {
    batch.push_back(std::move(lane.queue.front()));
    lane.queue.pop_front();
  } while (!lane.queue.empty() && batch.size() < lane.route.batch_limit &&
           may_join(lane.route.batching, batch.front(), lane.queue.front()));
  lane.oldest = steady_clock::now();
  return batch;
}

// Tries until the receiver takes it, the tries are used up or the webhook is switched off.
DeliveryAnswer Deliveries::carry(Lane& lane, const Route& route, const std::vector<WebhookDelivery>& batch) {
  const SenderSettings settings = this->settings();
  Target target = route.target;
  if (batch.front().badly_signed) target.secret += "-of-somebody-else";
  LoggedDelivery common;
  common.request_body = body_of(route, batch);
  while (true) {
    const auto start = steady_clock::now();
    common.answer = lane.courier.deliver(target, settings.courier, common.request_body);
    common.duration_ms = milliseconds_since(start);
    common.time = clock_.now() + common.tries * settings.retry_pause;
    ++common.tries;
    for (const WebhookDelivery& delivery : batch) record(lane, route, delivery, common);
    const bool goes_on = outcome_(lane.webhook_id, common.answer);
    const std::scoped_lock lock(mutex_);
    ++lane.counted.tries;
    if (!goes_on) drop_waiting(lane);
    const bool last = common.tries > settings.retries || !goes_on || lane.closed;
    if (common.answer.accepted() || last) return common.answer;
  }
}

void Deliveries::record(const Lane& lane, const Route& route, const WebhookDelivery& delivery,
                        const LoggedDelivery& common) {
  LoggedDelivery logged = common;
  logged.webhook_id = lane.webhook_id;
  logged.delivery = delivery;
  logged.retention_days = route.retention_days;
  logged.keeps_bodies = route.keeps_bodies;
  log_.record(std::move(logged));
}

}  // namespace sandbox
