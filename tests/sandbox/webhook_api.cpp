#include "tests/sandbox/webhook_api.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <vector>

namespace sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kNotFound = R"({"Message":"Record not found"})";
constexpr std::string_view kWebhook = "webhook";
constexpr std::string_view kNotification = "notification";
constexpr std::int64_t kDefaultRows = 50;

void answer_rows(json::array rows, Response& response) {
  response.json(200, json::serialize(rows));
  response.rows = std::ssize(rows);
}

void answer_row(const std::optional<json::object>& row, Response& response) {
  if (!row) return response.json(404, kNotFound);
  response.json(200, json::serialize(*row));
  response.rows = 1;
}

std::string text_member(const json::object& item, std::string_view key) {
  return has_text(item, key) ? std::string(item.at(key).get_string()) : std::string();
}

std::int64_t number_in(std::string_view id) {
  std::int64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

std::string event_text(const LoggedDelivery& logged) {
  TextBuffer out;
  write_webhook_event(out, logged);
  return std::string(out.view());
}

}  // namespace

void WebhookApi::answer(const Resource& resource, std::string_view id, const Request& request,
                        Response& response) {
  const bool events = resource.path != kWebhook && resource.path != kNotification;
  if (request.method == "GET" && id.empty()) return list(resource, request.query, response);
  if (request.method == "GET") return single(resource, id, request.query, response);
  if (request.method == "POST" && id.empty()) return post(resource, request, response);
  if (request.method == "DELETE" && !id.empty() && !events) return remove(resource, id, response);
  response.empty(405);
}

// --- reading ---

json::object WebhookApi::detailed(json::object webhook, const Query& query) const {
  if (!query.flag("includedetails")) return webhook;
  json::array events;
  for (json::object& row : webhooks_.notifications(webhook.at("id").as_string()))
    events.push_back(std::move(row));
  webhook["events"] = std::move(events);
  return webhook;
}

void WebhookApi::list(const Resource& resource, const Query& query, Response& response) {
  json::array rows;
  if (resource.path == kWebhook) {
    const auto type = query.integer("type");
    for (json::object& row : webhooks_.webhooks()) {
      if (!type || row.at("type").as_int64() == *type) rows.push_back(detailed(std::move(row), query));
    }
  } else if (resource.path == kNotification) {
    for (json::object& row : webhooks_.notifications(query.get("webhook_id"))) rows.push_back(std::move(row));
  } else {
    return list_events(resource, query, response);
  }
  answer_rows(std::move(rows), response);
}

// In an envelope when paged, as a bare array otherwise.
void WebhookApi::list_events(const Resource& resource, const Query& query, Response& response) {
  const auto all = webhooks_.log().list(query.get("webhook_id"));
  const bool paged = query.flag("pageinate");
  const std::int64_t total = std::ssize(all);
  const std::int64_t number = std::max<std::int64_t>(query.integer("page_no").value_or(1), 1);
  const std::int64_t size = std::clamp<std::int64_t>(
      query.integer(paged ? "page_size" : "count").value_or(kDefaultRows), 1, resource.page_limit);
  const std::int64_t begin = paged ? std::min(total, (number - 1) * size) : 0;
  const std::int64_t end = std::min(total, begin + size);
  std::string rows;
  for (std::int64_t i = begin; i < end; ++i) {
    if (i > begin) rows += ',';
    rows += event_text(all[static_cast<std::size_t>(i)]);
  }
  std::string head = "[";
  if (paged) {
    head = R"({"page_no":)" + std::to_string(number) + R"(,"page_size":)" + std::to_string(size) +
           R"(,"record_count":)" + std::to_string(total) + ",\"" + std::string(resource.envelope) + "\":[";
  }
  response.json(200, head + rows + (paged ? "]}" : "]"));
  response.rows = end - begin;
}

void WebhookApi::single(const Resource& resource, std::string_view id, const Query& query,
                        Response& response) {
  if (resource.path == kWebhook) {
    auto row = webhooks_.webhook(id);
    if (row) row = detailed(std::move(*row), query);
    return answer_row(row, response);
  }
  if (resource.path == kNotification) {
    for (const json::object& row : webhooks_.notifications("")) {
      if (row.at("id").as_int64() == number_in(id)) return answer_row(row, response);
    }
    return response.json(404, kNotFound);
  }
  const auto logged = webhooks_.log().find(id);
  if (!logged) return response.json(404, kNotFound);
  response.json(200, event_text(*logged));
  response.rows = 1;
}

// --- writing ---

void WebhookApi::post(const Resource& resource, const Request& request, Response& response) {
  const auto items = posted_rows(request, response);
  if (!items) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto refusal = check(resource, (*items)[i], i);
    if (refusal) return response.json(refusal->status, refusal->json);
  }
  std::vector<std::string> written;
  for (const json::value& item : *items) written.push_back(save(resource, item.get_object()));
  answer_post(faults_, resource.path, request, written, response);
}

std::optional<Refusal> WebhookApi::check(const Resource& resource, const json::value& item,
                                         std::size_t index) {
  if (!item.is_object()) return Refusal{400, std::string(kNeedsArray)};
  const json::object& row = item.get_object();
  if (resource.path == kWebhook) return webhooks_.check_webhook(row, index);
  if (resource.path == kNotification) return webhooks_.check_notification(row, index);
  const auto logged = webhooks_.log().find(text_member(row, "id"));
  if (!logged) return Refusal{400, std::string(kRecordNotFound)};
  if (!logged->keeps_bodies)
    return Refusal{400, R"({"Message":"This delivery cannot be resent as it uses lightweight logs"})"};
  return std::nullopt;
}

std::string WebhookApi::save(const Resource& resource, const json::object& item) {
  if (resource.path == kWebhook) return json::serialize(webhooks_.save_webhook(item));
  if (resource.path == kNotification) return json::serialize(webhooks_.save_notification(item));
  return send_again(item);
}

// Answers with the delivery as it is in the log so far.
std::string WebhookApi::send_again(const json::object& item) {
  const auto logged = webhooks_.log().find(text_member(item, "id"));
  if (!logged) return "null";
  webhooks_.resend(*logged);
  return event_text(*logged);
}

void WebhookApi::remove(const Resource& resource, std::string_view id, Response& response) {
  answer_row(
      resource.path == kWebhook ? webhooks_.remove_webhook(id) : webhooks_.remove_notification(number_in(id)),
      response);
}

}  // namespace sandbox
