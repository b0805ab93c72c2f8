#include "tests/sandbox/webhooks.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <utility>

#include "tests/sandbox/catalog.h"
#include "tests/sandbox/webhook_records.h"

namespace sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kResource = "delivery";  // to the faults
// Numbers of the GUID streams, beyond those of rows.
constexpr std::int64_t kWebhookGuids = 50'000'000'000;
constexpr std::int64_t kDeliveryGuids = 60'000'000'000;
constexpr std::int64_t kMessageGuids = 70'000'000'000;

SenderSettings settings_with(std::string ca_file) {
  SenderSettings settings;
  settings.courier.ca_file = std::move(ca_file);
  return settings;
}

bool is_of(const json::object& notification, std::string_view webhook_id) {
  return std::string_view(notification.at("webhook_id").as_string()) == webhook_id;
}

std::string_view id_in(const json::object& item) {
  const auto* id = item.if_contains("id");
  return id != nullptr && id->is_string() ? std::string_view(id->get_string()) : std::string_view();
}

bool is_true(const json::object& item, std::string_view key) {
  const auto* value = item.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object figures_json(const DeliveryFigures& figures) {
  return {{"emitted", figures.emitted}, {"sent", figures.sent},       {"failed", figures.failed},
          {"dropped", figures.dropped}, {"pending", figures.pending}, {"held", figures.held},
          {"tries", figures.tries}};
}

}  // namespace

Webhooks::Webhooks(const Dataset& data, Faults& faults, const VirtualClock& clock, std::string ca_file)
    : data_(data),
      faults_(faults),
      clock_(clock),
      deliveries_(
          clock, log_, settings_with(std::move(ca_file)),
          [this](const std::string& id, const DeliveryAnswer& answer) { return note_outcome(id, answer); }) {}

// --- from a change to deliveries ---

void Webhooks::announce(const Change& change, const Row& after) {
  const std::scoped_lock lock(mutex_);
  if (notifications_.empty()) return;
  for (const EventKind* event : events_of(change, after)) {
    for (const json::object& notification : notifications_) {
      if (notification.at("eventno").as_int64() != event->number) continue;
      const Entry* webhook = find(notification.at("webhook_id").as_string());
      if (webhook != nullptr && webhook->record.at("active").as_bool())
        emit(*webhook, notification.at("id").as_int64(), *event, change, after);
    }
  }
}

void Webhooks::emit(const Entry& webhook, std::int64_t notification_id, const EventKind& event,
                    const Change& change, const Row& after) {
  const Heading heading = next_heading(webhook, notification_id);
  deliveries_.count_emitted(heading.webhook_id);
  if (is_chosen(Fault::webhook_drop, deliveries_made_)) return deliveries_.count_dropped(heading.webhook_id);
  TextBuffer envelope;
  write_envelope(envelope, data_, event, change, after, heading, presentation_of(webhook));
  if (faults_.strikes(Fault::webhook_garbage, kResource)) envelope.truncate(envelope.size() / 2);
  const WebhookDelivery delivery{
      .id = heading.id,
      .notification_id = notification_id,
      .event = event.number,
      .object_id = after.id,
      .body = std::string(envelope.view()),
      .badly_signed = faults_.strikes(Fault::webhook_bad_signature, kResource).has_value()};
  deliveries_.enqueue(heading.webhook_id, delivery, joining());
  if (is_chosen(Fault::webhook_duplicate, deliveries_made_))
    deliveries_.enqueue(heading.webhook_id, delivery, Joining::at_once);
}

Heading Webhooks::next_heading(const Entry& webhook, std::int64_t notification_id) {
  ++deliveries_made_;
  return {.id = guid_text(data_.seed(), kDeliveryGuids + deliveries_made_),
          .webhook_id = std::string(id_in(webhook.record)),
          .escmsg_id = guid_text(data_.seed(), kMessageGuids + deliveries_made_),
          .notification_id = notification_id};
}

Presentation Webhooks::presentation_of(const Entry& webhook) {
  Presentation presentation;
  presentation.payload = payload_of(webhook.record);
  constexpr std::pair<Fault, Payload> kKinds[] = {{Fault::webhook_payload_small, Payload::small},
                                                  {Fault::webhook_payload_event_only, Payload::event_only},
                                                  {Fault::webhook_payload_custom, Payload::custom}};
  for (const auto& [fault, payload] : kKinds) {
    if (faults_.strikes(fault, kResource)) presentation.payload = payload;
  }
  presentation.text_ids = faults_.strikes(Fault::webhook_text_ids, kResource).has_value();
  if (const auto seconds = faults_.strikes(Fault::webhook_stale, kResource))
    presentation.stale_by = *seconds * kSecond;
  return presentation;
}

bool Webhooks::is_chosen(Fault fault, std::int64_t number) {
  const auto percent = faults_.strikes(fault, kResource);
  return percent && number * *percent / 100 != (number - 1) * *percent / 100;
}

Joining Webhooks::joining() {
  if (faults_.strikes(Fault::webhook_delay, kResource)) return Joining::held;
  return faults_.strikes(Fault::webhook_reorder, kResource) ? Joining::after_next : Joining::at_once;
}

void Webhooks::send_test(const Entry& webhook) {
  const Heading heading = next_heading(webhook, 0);
  TextBuffer envelope;
  write_test_envelope(envelope, heading, clock_.now());
  deliveries_.count_emitted(heading.webhook_id);
  deliveries_.enqueue(heading.webhook_id, {.id = heading.id, .body = std::string(envelope.view())},
                      Joining::at_once);
}

void Webhooks::resend(const LoggedDelivery& logged) {
  deliveries_.count_emitted(logged.webhook_id);
  deliveries_.enqueue(logged.webhook_id, logged.delivery, Joining::at_once);
}

// Failed tries in a row switch the webhook off. False when it is off by now, or gone.
bool Webhooks::note_outcome(const std::string& webhook_id, const DeliveryAnswer& answer) {
  const std::scoped_lock lock(mutex_);
  Entry* webhook = find(webhook_id);
  if (webhook == nullptr) return false;
  json::object& record = webhook->record;
  record["last_status"] = answer.status;
  webhook->failures = answer.accepted() ? 0 : webhook->failures + 1;
  const std::int64_t limit = record.at("auto_disable_attempts").as_int64();
  if (limit == 0 || webhook->failures < limit) return true;
  record["active"] = false;
  record["disabled"] = true;
  record["last_auto_disable_date"] = datetime_text(clock_.now());
  return false;
}

// --- rows ---

Webhooks::Entry* Webhooks::find(std::string_view id) {
  return const_cast<Entry*>(std::as_const(*this).find(id));
}

const Webhooks::Entry* Webhooks::find(std::string_view id) const {
  const auto found = std::find_if(webhooks_.begin(), webhooks_.end(),
                                  [&](const Entry& entry) { return id_in(entry.record) == id; });
  return found == webhooks_.end() ? nullptr : &*found;
}

const json::object* Webhooks::find_notification(std::int64_t id) const {
  const auto found = std::find_if(notifications_.begin(), notifications_.end(),
                                  [&](const json::object& row) { return row.at("id").as_int64() == id; });
  return found == notifications_.end() ? nullptr : &*found;
}

std::vector<json::object> Webhooks::webhooks() const {
  const std::scoped_lock lock(mutex_);
  std::vector<json::object> rows;
  for (const Entry& entry : webhooks_) rows.push_back(without_secret(entry.record));
  return rows;
}

std::optional<json::object> Webhooks::webhook(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const Entry* entry = find(id);
  return entry == nullptr ? std::nullopt : std::optional(without_secret(entry->record));
}

std::vector<json::object> Webhooks::notifications(std::string_view webhook_id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<json::object> rows;
  std::copy_if(notifications_.begin(), notifications_.end(), std::back_inserter(rows),
               [&](const json::object& row) { return webhook_id.empty() || is_of(row, webhook_id); });
  return rows;
}

std::optional<Refusal> Webhooks::check_webhook(const json::object& item, std::size_t index) const {
  const std::scoped_lock lock(mutex_);
  const Entry* known = find(id_in(item));
  if (item.contains("id") && known == nullptr) return Refusal{400, std::string(kRecordNotFound)};
  json::object record = known == nullptr ? new_webhook() : known->record;
  if (auto refusal = merge(record, item, index)) return refusal;
  return sandbox::check_webhook(record);
}

std::optional<Refusal> Webhooks::check_notification(const json::object& item, std::size_t index) const {
  const std::scoped_lock lock(mutex_);
  const auto* id = item.if_contains("id");
  if (id != nullptr && !integer_in(*id)) return model_state(index, "id", *id, "integer");
  const json::object* known = find_notification(integer_of(item, "id").value_or(0));
  if (id != nullptr && known == nullptr) return Refusal{400, std::string(kRecordNotFound)};
  json::object record = known == nullptr ? new_notification() : *known;
  if (auto refusal = merge(record, item, index)) return refusal;
  if (find(record.at("webhook_id").as_string()) == nullptr) return Refusal{400, std::string(kRecordNotFound)};
  return sandbox::check_notification(record);
}

json::object Webhooks::save_webhook(const json::object& item) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = find(id_in(item));
  if (entry == nullptr) {
    entry = &webhooks_.emplace_back(Entry{new_webhook()});
    entry->record["id"] = guid_text(data_.seed(), kWebhookGuids + ++webhooks_made_);
  }
  const bool was_active = entry->record.at("active").as_bool();
  merge(entry->record, item, 0);
  if (!was_active && entry->record.at("active").as_bool()) {
    entry->record["disabled"] = false;
    entry->failures = 0;
  }
  deliveries_.open(std::string(id_in(entry->record)), route_of(entry->record));
  if (is_true(item, "_test")) send_test(*entry);
  return without_secret(entry->record);
}

json::object Webhooks::save_notification(const json::object& item) {
  const std::scoped_lock lock(mutex_);
  auto* row = const_cast<json::object*>(find_notification(integer_of(item, "id").value_or(0)));
  if (row == nullptr) {
    row = &notifications_.emplace_back(new_notification());
    (*row)["id"] = ++notifications_made_;
  }
  merge(*row, item, 0);
  return *row;
}

std::optional<json::object> Webhooks::remove_webhook(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  json::object record = without_secret(entry->record);
  deliveries_.close(std::string(id));
  std::erase_if(notifications_, [&](const json::object& row) { return is_of(row, id); });
  std::erase_if(webhooks_, [&](const Entry& other) { return id_in(other.record) == id; });
  return record;
}

std::optional<json::object> Webhooks::remove_notification(std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  const json::object* known = find_notification(id);
  if (known == nullptr) return std::nullopt;
  json::object row = *known;
  std::erase_if(notifications_, [&](const json::object& other) { return other.at("id").as_int64() == id; });
  return row;
}

// --- the control plane ---

void Webhooks::steer(const json::object& request) {
  SenderSettings settings = deliveries_.settings();
  for (const auto& [key, value] : request) {
    if (key == "ca_file") {
      settings.courier.ca_file = value.as_string();
    } else if (key == "retries") {
      settings.retries = value.as_int64();
    } else if (key == "retry_pause_seconds") {
      settings.retry_pause = value.as_int64() * kSecond;
    } else if (key == "time_limit_ms") {
      settings.courier.time_limit = std::chrono::milliseconds(value.as_int64());
    } else if (key != "pause" && key != "release" && key != "flush") {
      throw std::invalid_argument("Webhooks have no \"" + std::string(key) + "\".");
    }
  }
  deliveries_.configure(settings);
  if (const auto* pause = request.if_contains("pause"))
    pause->as_bool() ? deliveries_.pause() : deliveries_.resume();
  if (is_true(request, "release")) deliveries_.release();
  if (is_true(request, "flush")) deliveries_.flush();
}

std::string Webhooks::describe() const {
  json::array all;
  {
    const std::scoped_lock lock(mutex_);
    for (const Entry& entry : webhooks_) {
      json::object row = figures_json(deliveries_.figures(id_in(entry.record)));
      for (const char* key : {"id", "name", "url", "active", "disabled", "last_auto_disable_date"})
        row[key] = entry.record.at(key);
      row["failures"] = entry.failures;
      all.push_back(std::move(row));
    }
  }
  const SenderSettings settings = deliveries_.settings();
  json::object state = figures_json(deliveries_.total());
  state["webhooks"] = std::move(all);
  state["paused"] = deliveries_.paused();
  state["ca_file"] = settings.courier.ca_file;
  state["retries"] = settings.retries;
  state["retry_pause_seconds"] = settings.retry_pause / kSecond;
  state["time_limit_ms"] = settings.courier.time_limit.count();
  return json::serialize(state);
}

}  // namespace sandbox
