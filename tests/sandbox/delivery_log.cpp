#include "tests/sandbox/delivery_log.h"

#include <algorithm>

#include "tests/sandbox/row_writer.h"

namespace sandbox {
namespace {

// Halo's numbers are not known; these are the sandbox's.
constexpr std::int64_t kDelivered = 1;
constexpr std::int64_t kFailed = 2;

template <typename Rows>
auto newest(Rows& rows, std::string_view id) {
  return std::find_if(rows.rbegin(), rows.rend(),
                      [&](const LoggedDelivery& row) { return row.delivery.id == id; });
}

}  // namespace

void DeliveryLog::record(LoggedDelivery logged) {
  const std::scoped_lock lock(mutex_);
  const auto known = newest(rows_, logged.delivery.id);
  if (known != rows_.rend()) {
    *known = std::move(logged);
    return;
  }
  rows_.push_back(std::move(logged));
  if (rows_.size() > kKept) rows_.pop_front();
}

std::optional<LoggedDelivery> DeliveryLog::find(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = newest(rows_, id);
  return known == rows_.rend() ? std::nullopt : std::optional(*known);
}

std::vector<LoggedDelivery> DeliveryLog::list(std::string_view webhook_id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<LoggedDelivery> rows;
  std::copy_if(rows_.rbegin(), rows_.rend(), std::back_inserter(rows),
               [&](const LoggedDelivery& row) { return webhook_id.empty() || row.webhook_id == webhook_id; });
  return rows;
}

void write_webhook_event(TextBuffer& buffer, const LoggedDelivery& logged) {
  const ValueQuirks none;
  RowWriter out(buffer, none);
  const bool accepted = logged.answer.accepted();
  out.text("id", logged.delivery.id);
  out.text("webhook_id", logged.webhook_id);
  out.integer("integration_method_id", 0);
  out.null("integration_method_name");
  out.integer("notification_id", logged.delivery.notification_id);
  out.date("timestamp", logged.time);
  out.integer("status", accepted ? kDelivered : kFailed);
  out.integer("duration", logged.duration_ms);
  out.text("requestheaders", logged.answer.request_headers);
  out.text("requestbody", logged.keeps_bodies ? logged.request_body : std::string());
  out.integer("responsestatus", logged.answer.status);
  out.text("responseheaders", logged.answer.headers);
  out.text("responsebody", logged.keeps_bodies ? logged.answer.body : std::string());
  out.null("automation_id");
  out.integer("automation_step", 0);
  out.integer("entity_id", logged.delivery.object_id);
  out.boolean("error", !accepted);
  out.date("log_retention_policy_deletion_date", logged.time + logged.retention_days * kDay);
  out.end();
}

}  // namespace sandbox
